// What a child takes for a version of the policy, as bytes in shared memory. Promises: what is
// taken for one is the same after it was handed on.
#include "gateway/config/policy_version.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "wamp/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using sallyport::gateway::PolicyVersion;
    const std::string text(bytes, bytes + size);
    const auto version = PolicyVersion::decode(text);
    if (!version) return 0;
    const auto again = PolicyVersion::decode(version->encode());
    SALLYPORT_CHECK(again.has_value() && *again == *version);
    SALLYPORT_CHECK(again->encode() == version->encode());
    const auto read = version->reader();
    for (const auto& [path, content] : version->files()) {
        const auto found = read(path, false);
        SALLYPORT_CHECK(found.has_value() && *found == content);
    }
    return 0;
}
