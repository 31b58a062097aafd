// What a SOCKS5 proxy answers. The first byte says how the stream is cut, and where to. Promises:
// the machine never wants more than the longest reply, comes to an end within it, and decides the
// same however the stream is cut.
#include "wamp/framing/socks5.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using sallyport::wamp::Socks5;

constexpr std::size_t reply_bytes_max = 2 + 4 + 1 + 255 + 2;

void must(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    std::size_t taken = 0;
    bool connected = false;
    bool failed = false;
    std::string why;
    bool operator==(const Outcome&) const = default;
};

Outcome run(std::string_view bytes, std::string_view host, std::size_t step) {
    Socks5 socks(host, 80);
    Outcome outcome;
    while (socks.bytes_needed() > 0 && !bytes.empty()) {
        must(socks.bytes_needed() <= reply_bytes_max);
        const std::size_t count = std::min({step, socks.bytes_needed(), bytes.size()});
        socks.feed(bytes.substr(0, count));
        bytes.remove_prefix(count);
        outcome.taken += count;
        socks.take_to_send();
    }
    outcome.connected = socks.connected();
    outcome.failed = socks.failed();
    outcome.why = socks.why();
    must(!(outcome.connected && outcome.failed));
    must((outcome.connected || outcome.failed) == (socks.bytes_needed() == 0));
    must(outcome.failed == !outcome.why.empty());
    must(outcome.taken <= reply_bytes_max);
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    constexpr std::array<std::string_view, 3> hosts{"abcdefghijklmnop.onion", "10.0.0.1",
                                                    "fd00::1"};
    const std::string_view host = hosts[std::size_t{bytes[0]} / 7 % hosts.size()];
    must(run(stream, host, std::size_t{bytes[0]} % 7 + 1) == run(stream, host, stream.size() + 1));
    return 0;
}
