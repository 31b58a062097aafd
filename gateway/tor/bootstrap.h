#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// How far tor's way into the network has come.
struct Bootstrap {
    int percent = 0;
    std::string tag;      ///< "conn_dir", "done" …
    std::string summary;  ///< for people
    std::string warning;  ///< why it does not go on; "" when it does

    bool operator==(const Bootstrap&) const = default;
};

/// Reads the text of a STATUS_CLIENT event or of `GETINFO status/bootstrap-phase`:
/// `NOTICE BOOTSTRAP PROGRESS=75 TAG=… SUMMARY="…"`. Nothing when it is about something else.
std::optional<Bootstrap> parse_bootstrap(std::string_view status);

/// Reads a line of tor's own log: `… [notice] Bootstrapped 75% (enough_dirinfo): Loaded enough
/// directory info …`.
std::optional<Bootstrap> parse_bootstrap_log(std::string_view line);

/// What a line of tor's log says, without its date; nothing below the level `warn`.
std::optional<std::string_view> complaint_of_log(std::string_view line);

/// As one line for the log: `tor: bootstrapped 75% (Loaded enough directory info to build
/// circuits)`.
std::string to_text(const Bootstrap& bootstrap);

}  // namespace sallyport::gateway
