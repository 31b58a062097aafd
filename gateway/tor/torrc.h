#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::gateway {

/// Why a path cannot be used in a torrc; nothing if it can. Tor does not accept blanks, quotes,
/// backslashes and comment signs in these options.
std::optional<std::string> unfit_for_torrc(std::string_view path);

/// The configuration of a managed tor. Every path passed unfit_for_torrc().
struct Torrc {
    std::string data_directory;
    std::string control_socket;
    std::string onion_directory;
    std::string front_socket;  ///< where the gateway listens and expects a PROXY line
    std::string socks_socket;  ///< "" for none
    std::string extra;         ///< further lines, checked by parse_extra_torrc()
    std::uint16_t virtual_port = 80;
    bool single_onion = false;   ///< the server's location is not hidden; one hop instead of three
    std::int64_t owner_pid = 0;  ///< tor exits when this process ends; 0 omits that
};

/// The text of the torrc: a version 3 onion service on a unix socket, circuit ids exported, no TCP
/// listener.
std::string to_text(const Torrc& torrc);

/// The options of its onion service, in their order.
std::vector<std::pair<std::string, std::string>> onion_options(const Torrc& torrc);

/// The content of the marker file next to the onion key. Tor starts an anonymous service with the
/// directory of a single onion, and the reverse, without a warning (tor-testnet: "no poison file"),
/// so the mode in which a key was first used is recorded.
std::string_view onion_mode(bool single_onion) noexcept;

}  // namespace sallyport::gateway
