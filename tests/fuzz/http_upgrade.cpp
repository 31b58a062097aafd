// The head of a stranger's HTTP request. Promises: it is accepted with a key of 16 bytes and a
// subprotocol, or refused with one of the fixed answers and a reason for the log; and whatever is
// accepted is still accepted with one more header line that means nothing.
#include "wamp/framing/http_upgrade.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/base64.h"
#include "wamp/base/check.h"

namespace {

using sallyport::wamp::HttpUpgrade;
using sallyport::wamp::read_http_upgrade;

void check_head(std::string head) {
    head.resize(head.find(HttpUpgrade::end) == std::string::npos ? head.size()
                                                                 : head.find(HttpUpgrade::end));
    head += HttpUpgrade::end;
    const HttpUpgrade read = read_http_upgrade(head);
    if (!read.refusal.empty()) {
        SALLYPORT_CHECK(read.refusal.starts_with("HTTP/1.1 ") && read.refusal.size() < 200);
        SALLYPORT_CHECK(read.refusal.ends_with("\r\nContent-Length: 0\r\n\r\n"));
        SALLYPORT_CHECK(!read.why.empty() && read.subprotocol == nullptr && read.key.empty());
        return;
    }
    SALLYPORT_CHECK(read.why.empty() && read.subprotocol != nullptr);
    SALLYPORT_CHECK(&subprotocol_of(read.subprotocol->serializer) == read.subprotocol);
    SALLYPORT_CHECK(!sallyport::wamp::too_long_http_upgrade().refusal.empty());
    SALLYPORT_CHECK(sallyport::wamp::from_base64(read.key).value_or("").size() == 16);
    head.insert(head.size() - 2, "X-More: 1\r\n");
    SALLYPORT_CHECK(read_http_upgrade(head).refusal.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(bytes);
    check_head(size == 0 ? std::string() : std::string(text, size));
    return 0;
}
