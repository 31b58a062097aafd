#include "gateway/tor/onion.h"

#include <algorithm>

namespace sallyport::gateway {

std::string onion_key_file(const std::string& folder) {
    return folder + "/hs_ed25519_secret_key";
}

bool is_onion_address(std::string_view text) noexcept {
    constexpr std::string_view suffix = ".onion";
    constexpr std::size_t name_bytes = 56;
    if (text.size() != name_bytes + suffix.size() || !text.ends_with(suffix)) return false;
    return std::all_of(text.begin(), text.begin() + name_bytes,
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

std::optional<std::string> wrong_with_onion_key(std::string_view content) {
    using namespace std::string_view_literals;
    constexpr std::string_view head = "== ed25519v1-secret: type0 ==\0\0\0"sv;
    if (content.size() != onion_key_bytes) {
        return "has " + std::to_string(content.size()) + " bytes, not " +
               std::to_string(onion_key_bytes);
    }
    if (!content.starts_with(head)) return "does not begin as tor's version 3 key files do";
    return std::nullopt;
}

}  // namespace sallyport::gateway
