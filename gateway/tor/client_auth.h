#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// A public or private key of the client authorization of onion services (rend-spec-v3, appendix
/// G).
using OnionClientKey = std::array<std::uint8_t, 32>;

/// In base32 without padding, in capitals: 52 characters.
std::string onion_key_text(const OnionClientKey& key);
std::optional<OnionClientKey> parse_onion_key(std::string_view text) noexcept;

/// The folder with one file for each client of an onion service, as tor names it.
std::string authorized_clients(const std::string& onion_folder);
/// The file of one client, and its content. Once tor finds one such file, nobody can read the
/// service's descriptor without one of the keys.
std::string authorized_client_file(const std::string& onion_folder, std::string_view name);
std::string authorized_client(const OnionClientKey& public_key);
/// The name of a client that does not exist. Without any file the service would be open to
/// everybody, also after the last client has been revoked.
inline constexpr std::string_view nobody = "nobody";

/// The line of a file `*.auth_private` in the ClientOnionAuthDir of a client's tor. `address` ends
/// with ".onion".
std::string auth_private(std::string_view address, const OnionClientKey& private_key);

/// The configuration of the tor that a client command starts, in a folder of its own that passed
/// unfit_for_torrc(). `extra` passed parse_extra_torrc().
struct ClientTorrc {
    std::string folder;
    std::string extra;
    std::int64_t owner_pid = 0;

    std::string data_directory() const { return folder + "/data"; }
    std::string auth_folder() const { return folder + "/auth"; }
    std::string socks_socket() const { return folder + "/socks"; }
    std::string log_file() const { return folder + "/log"; }
};
std::string to_text(const ClientTorrc& torrc);

}  // namespace sallyport::gateway
