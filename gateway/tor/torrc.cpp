#include "gateway/tor/torrc.h"

#include <algorithm>

namespace sallyport::gateway {

std::optional<std::string> unfit_for_torrc(std::string_view path) {
    if (path.empty() || path.front() != '/') return "is not an absolute path";
    const bool odd = std::any_of(path.begin(), path.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '"' || c == '\\' ||
               c == '#';
    });
    if (odd) return "has a blank, quote, backslash or # in its path, which tor does not read";
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> onion_options(const Torrc& torrc) {
    return {
        {"HiddenServiceDir", torrc.onion_directory},
        {"HiddenServiceVersion", "3"},
        {"HiddenServicePort", std::to_string(torrc.virtual_port) + " unix:" + torrc.front_socket},
        {"HiddenServiceExportCircuitID", "haproxy"}};
}

std::string to_text(const Torrc& torrc) {
    std::string text = torrc.extra;
    const auto line = [&text](std::string_view key, std::string_view value) {
        text.append(key).append(" ").append(value).append("\n");
    };
    line("DataDirectory", torrc.data_directory);
    line("ControlSocket", torrc.control_socket);
    line("CookieAuthentication", "1");
    line("Log", "notice stdout");
    if (torrc.socks_socket.empty()) {
        line("SocksPort", "0");
    } else {
        line("SocksPort", "unix:" + torrc.socks_socket + " ExtendedErrors");
    }
    if (torrc.single_onion) {
        line("HiddenServiceNonAnonymousMode", "1");
        line("HiddenServiceSingleHopMode", "1");
    }
    if (torrc.owner_pid > 0) line("__OwningControllerProcess", std::to_string(torrc.owner_pid));
    for (const auto& [option, value] : onion_options(torrc)) line(option, value);
    return text;
}

std::string_view onion_mode(bool single_onion) noexcept {
    return single_onion ? "single-onion\n" : "anonymous\n";
}

}  // namespace sallyport::gateway
