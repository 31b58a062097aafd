// The line that tor sends first, from whoever reaches the socket. Promises: it reads at most
// bytes_max, decides the same for a line however much follows it, and a legal beginning never
// becomes malformed by cutting it shorter.
#include "wamp/framing/proxy_line.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using sallyport::wamp::ProxyLine;
using sallyport::wamp::read_proxy_line;

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_line(std::string_view bytes) {
    const auto whole = read_proxy_line(bytes);
    if (whole.kind == ProxyLine::Kind::incomplete) {
        must(bytes.size() < ProxyLine::bytes_max);
    }
    if (whole.kind != ProxyLine::Kind::complete) {
        return;
    }
    must(whole.bytes <= bytes.size() && whole.bytes <= ProxyLine::bytes_max);
    must(bytes.substr(0, whole.bytes).ends_with("\r\n"));
    const auto alone = read_proxy_line(bytes.substr(0, whole.bytes));
    must(alone.kind == ProxyLine::Kind::complete && alone.circuit == whole.circuit);
    for (std::size_t cut = 0; cut < whole.bytes; ++cut) {
        must(read_proxy_line(bytes.substr(0, cut)).kind == ProxyLine::Kind::incomplete);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(bytes);
    check_line(size == 0 ? std::string_view{} : std::string_view(text, size));
    return 0;
}
