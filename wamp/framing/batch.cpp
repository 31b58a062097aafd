#include "wamp/framing/batch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t prefix_bytes = 4;

bool is_separator(char c) noexcept {
    return c == batch_separator || c == autobahn_batch_separator;
}

/// Where the first message is, and how many bytes it takes with its length or separator.
struct First {
    std::string_view message;
    std::size_t bytes = 0;  ///< 0: malformed
};

First first_of(Serializer serializer, std::string_view batch) noexcept {
    if (serializer == Serializer::json) {
        const auto end = std::find_if(batch.begin(), batch.end(), is_separator);
        if (end == batch.end() || end == batch.begin()) return {};
        const auto length = static_cast<std::size_t>(end - batch.begin());
        return {batch.substr(0, length), length + 1};
    }
    if (batch.size() < prefix_bytes) return {};
    std::size_t length = 0;
    for (const char octet : batch.substr(0, prefix_bytes))
        length = (length << 8U) | static_cast<unsigned char>(octet);
    if (length == 0 || length > batch.size() - prefix_bytes) return {};
    return {batch.substr(prefix_bytes, length), prefix_bytes + length};
}

}  // namespace

bool is_valid_batch(Serializer serializer, std::string_view batch) noexcept {
    if (batch.empty()) return false;
    while (!batch.empty()) {
        const First first = first_of(serializer, batch);
        if (first.bytes == 0) return false;
        batch.remove_prefix(first.bytes);
    }
    return true;
}

std::string_view take_batched(Serializer serializer, std::string_view& batch) noexcept {
    const First first = first_of(serializer, batch);
    SALLYPORT_CHECK(first.bytes != 0);
    batch.remove_prefix(first.bytes);
    return first.message;
}

std::string batch_prefix(Serializer serializer, std::size_t bytes) {
    if (serializer == Serializer::json) return {};
    SALLYPORT_CHECK(bytes <= std::numeric_limits<std::uint32_t>::max());
    std::string prefix(prefix_bytes, '\0');
    for (std::size_t octet = prefix_bytes; octet > 0; --octet) {
        prefix[octet - 1] = static_cast<char>(bytes & 0xFF);
        bytes >>= 8U;
    }
    return prefix;
}

std::string_view batch_suffix(Serializer serializer, const char& separator) noexcept {
    return serializer == Serializer::json ? std::string_view(&separator, 1) : std::string_view();
}

}  // namespace sallyport::wamp
