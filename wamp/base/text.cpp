#include "wamp/base/text.h"

#include <cstddef>

namespace sallyport::wamp {

std::string printable(std::string_view text) {
    constexpr std::size_t bytes_max = 64;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, bytes_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F && c != '\\') {
            out += c;
        } else {
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 0xF];
        }
    }
    if (text.size() > bytes_max) out += "…";
    return out;
}

std::string of_session(SessionId session) {
    return session == 0 ? std::string() : ", session " + std::to_string(session);
}

std::string on_circuit(std::uint64_t circuit) {
    return circuit == 0 ? std::string() : ", circuit " + std::to_string(circuit);
}

}  // namespace sallyport::wamp
