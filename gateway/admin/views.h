#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// A session as `sallyport sessions` shows it.
struct SessionView {
    std::uint64_t id = 0;
    std::string realm;
    std::string authid;
    std::string role;
    std::string method;
    std::uint64_t circuit = 0;  ///< of Tor; 0 if there is none
};

/// The sessions that one answer lists; it says how many more there are.
inline constexpr std::size_t sessions_shown_max = 1000;

/// One line of JSON with the line end, for the admin socket. The ids of sessions grow at random, so
/// they are sorted by realm, authid and id.
std::string sessions_line(std::vector<SessionView> sessions, std::size_t more);

/// The table in such a line; nothing if the line is invalid.
std::optional<std::string> sessions_text(std::string_view line);

/// The links in the line of a status, as one line of JSON and as a table.
std::optional<std::string> links_line(std::string_view status);
std::optional<std::string> links_text(std::string_view status);

/// `sallyport sessions` and `sallyport links`. They return the exit code.
int print_sessions(const std::string& config_file, bool json);
int print_links(const std::string& config_file, bool json);

}  // namespace sallyport::gateway
