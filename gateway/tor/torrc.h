#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// Why a path cannot stand in a torrc, or nothing. Tor reads no blanks, quotes, backslashes and
/// comment signs in the places where ours stand.
std::optional<std::string> unfit_for_torrc(std::string_view path);

/// What a managed tor is told. Every path passed unfit_for_torrc().
struct Torrc {
    std::string data_directory;
    std::string control_socket;
    std::string onion_directory;
    std::string front_socket;  ///< where the gateway listens, with a PROXY line
    std::string socks_socket;  ///< "" for none
    std::string extra;         ///< a file to include; "" for none
    std::uint16_t virtual_port = 80;
    bool single_onion = false;  ///< the service's own place is not hidden; one hop instead of three
    std::int64_t owner_pid = 0;  ///< tor ends when this process is gone; 0 leaves that out
};

/// The torrc's text: version 3 onion service on a unix socket, circuit ids exported, no TCP
/// listener whatever.
std::string to_text(const Torrc& torrc);

/// What stands in the marker file beside the onion key. Tor starts an anonymous service on the
/// directory of a single onion and the reverse without a word (tor-testnet: "no poison file"), so
/// the mode in which a key was first used is kept.
std::string_view onion_mode(bool single_onion) noexcept;

}  // namespace sallyport::gateway
