#include "gateway/tor/verification.h"

#include <algorithm>
#include <vector>

namespace sallyport::gateway {

namespace {

constexpr std::string_view listeners_prefix = "net/listeners/";

std::vector<std::string> expected_settings(const Torrc& torrc) {
    std::vector<std::string> settings{
        "DataDirectory=" + torrc.data_directory,
        std::string("HiddenServiceNonAnonymousMode=") + (torrc.single_onion ? "1" : "0")};
    for (const auto& [option, value] : onion_options(torrc))
        settings.push_back(option + "=" + value);
    std::sort(settings.begin(), settings.end());
    return settings;
}

}  // namespace

std::string_view listeners_command() noexcept {
    return "GETINFO net/listeners/or net/listeners/dir net/listeners/socks net/listeners/trans "
           "net/listeners/natd net/listeners/dns net/listeners/control net/listeners/extor "
           "net/listeners/httptunnel net/listeners/metrics";
}

std::string_view settings_command() noexcept {
    return "GETCONF DataDirectory HiddenServiceNonAnonymousMode HiddenServiceOptions";
}

std::optional<std::string> unconfigured_listener(const ControlReply& answer, const Torrc& torrc) {
    const std::string control = "\"unix:" + torrc.control_socket + "\"";
    const std::string socks =
        torrc.socks_socket.empty() ? "" : "\"unix:" + torrc.socks_socket + "\"";
    for (const std::string_view line : answer.lines) {
        if (!line.starts_with(listeners_prefix)) continue;
        const std::size_t equals = std::min(line.find('='), line.size() - 1);
        const std::string_view kind =
            line.substr(listeners_prefix.size(), equals - listeners_prefix.size());
        const std::string_view addresses = line.substr(equals + 1);
        if (addresses.empty() || (kind == "control" && addresses == control) ||
            (kind == "socks" && addresses == socks))
            continue;
        return "it listens on " + std::string(addresses) + " (" + std::string(kind) +
               "), which is not configured";
    }
    return std::nullopt;
}

std::optional<std::string> unconfigured_setting(const ControlReply& answer, const Torrc& torrc) {
    std::vector<std::string> settings = answer.lines;
    std::sort(settings.begin(), settings.end());
    const std::vector<std::string> expected = expected_settings(torrc);
    std::vector<std::string> different;
    std::set_difference(settings.begin(), settings.end(), expected.begin(), expected.end(),
                        std::back_inserter(different));
    if (!different.empty())
        return "it runs with \"" + different.front() + "\", which is not configured";
    std::set_difference(expected.begin(), expected.end(), settings.begin(), settings.end(),
                        std::back_inserter(different));
    if (!different.empty()) return "it runs without \"" + different.front() + "\"";
    return std::nullopt;
}

}  // namespace sallyport::gateway
