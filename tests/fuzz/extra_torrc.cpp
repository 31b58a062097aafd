// Any text as the file of torrc_extra. Promises: what is kept is read again as it is, each line of
// it begins with a permitted option, and no line of the file can make two.
#include "gateway/tor/extra_torrc.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wamp/base/check.h"

namespace {

using sallyport::gateway::ExtraTorrc;
using sallyport::gateway::parse_extra_torrc;
using sallyport::gateway::permitted_torrc_options;

bool permitted(std::string_view line) {
    const std::string_view option = line.substr(0, line.find(' '));
    const auto& options = permitted_torrc_options();
    return std::any_of(options.begin(), options.end(), [&](std::string_view one) {
        return std::equal(one.begin(), one.end(), option.begin(), option.end(),
                          [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    });
}

void check(std::string_view content) {
    const ExtraTorrc extra = parse_extra_torrc(content);
    const ExtraTorrc again = parse_extra_torrc(extra.lines);
    SALLYPORT_CHECK(again.errors.empty() && again.lines == extra.lines);
    std::ptrdiff_t kept = 0;
    for (std::string_view rest = extra.lines; !rest.empty(); ++kept) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        SALLYPORT_CHECK(permitted(line) && !line.ends_with('\\'));
        rest.remove_prefix(line.size() + 1);
    }
    const auto lines = std::count(content.begin(), content.end(), '\n') + 1;
    SALLYPORT_CHECK(kept + static_cast<std::ptrdiff_t>(extra.errors.size()) <= lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto* const text = reinterpret_cast<const char*>(bytes);
    check(size == 0 ? std::string_view{} : std::string_view(text, size));
    return 0;
}
