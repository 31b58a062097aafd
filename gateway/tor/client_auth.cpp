#include "gateway/tor/client_auth.h"

#include <cstddef>

namespace sallyport::gateway {

namespace {

constexpr std::string_view base32_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t key_characters = 52;  // of 32 bytes; the last one holds one bit
constexpr std::string_view onion_suffix = ".onion";

}  // namespace

std::string onion_key_text(const OnionClientKey& key) {
    std::string text;
    unsigned held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : key) {
        held = (held << 8U | byte) & 0xFFFFU;
        for (bits += 8; bits >= 5; bits -= 5) text += base32_digits[held >> (bits - 5) & 31U];
    }
    if (bits > 0) text += base32_digits[held << (5 - bits) & 31U];
    return text;
}

std::optional<OnionClientKey> parse_onion_key(std::string_view text) noexcept {
    if (text.size() != key_characters) return std::nullopt;
    OnionClientKey key{};
    unsigned held = 0;
    unsigned bits = 0;
    std::size_t at = 0;
    for (const char c : text) {
        const std::size_t digit = base32_digits.find(c >= 'a' && c <= 'z' ? char(c - 32) : c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 5U | static_cast<unsigned>(digit)) & 0xFFFFU;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        key[at++] = static_cast<std::uint8_t>(held >> bits & 0xFFU);
    }
    return key;
}

std::string authorized_clients(const std::string& onion_folder) {
    return onion_folder + "/authorized_clients";
}

std::string authorized_client_file(const std::string& onion_folder, std::string_view name) {
    return authorized_clients(onion_folder) + "/" + std::string(name) + ".auth";
}

std::string authorized_client(const OnionClientKey& public_key) {
    return "descriptor:x25519:" + onion_key_text(public_key) + "\n";
}

std::string auth_private(std::string_view address, const OnionClientKey& private_key) {
    if (address.ends_with(onion_suffix)) address.remove_suffix(onion_suffix.size());
    return std::string(address) + ":descriptor:x25519:" + onion_key_text(private_key) + "\n";
}

std::string to_text(const ClientTorrc& torrc) {
    return torrc.extra + "DataDirectory " + torrc.data_directory() +
           "\nSocksPort unix:" + torrc.socks_socket() + " ExtendedErrors\nClientOnionAuthDir " +
           torrc.auth_folder() + "\nLog notice file " + torrc.log_file() +
           "\n__OwningControllerProcess " + std::to_string(torrc.owner_pid) + "\n";
}

}  // namespace sallyport::gateway
