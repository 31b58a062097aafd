#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// A procedure or topic as `sallyport services` shows it.
struct ServiceView {
    std::string realm;
    bool procedure = false;
    std::string uri;
    std::string match;   ///< "exact", "prefix" or "wildcard"
    std::string invoke;  ///< of a procedure: "single", "roundrobin" …
    std::string since;   ///< as RFC 3339 has it
    struct Holder {
        std::uint64_t session = 0;
        std::string authid;
        std::string role;
    };
    std::vector<Holder> by;    ///< the first holders_shown_max
    std::size_t sessions = 0;  ///< all that have registered or subscribed to it
};

/// The services that one answer lists, and the sessions of each; it says how many more there are.
inline constexpr std::size_t services_shown_max = 1000;
inline constexpr std::size_t holders_shown_max = 16;

/// One line of JSON with the line end, for the admin socket: by realm, procedures first, by URI.
std::string services_line(std::vector<ServiceView> services, std::size_t more);

/// The table in such a line; nothing if the line is invalid.
std::optional<std::string> services_text(std::string_view line);

/// `sallyport services`. Returns the exit code.
int print_services(const std::string& config_file, bool json);

}  // namespace sallyport::gateway
