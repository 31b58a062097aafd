#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// The progress of tor's connection to the network.
struct Bootstrap {
    int percent = 0;
    std::string tag;      ///< "conn_dir", "done" …
    std::string summary;  ///< for people
    std::string warning;  ///< why it does not proceed; "" if it does

    bool operator==(const Bootstrap&) const = default;
};

/// Parses the text of a STATUS_CLIENT event or of `GETINFO status/bootstrap-phase`: `NOTICE
/// BOOTSTRAP PROGRESS=75 TAG=… SUMMARY="…"`. Nothing if it is about something else.
std::optional<Bootstrap> parse_bootstrap(std::string_view status);

/// Parses a line of tor's log: `… [notice] Bootstrapped 75% (enough_dirinfo): Loaded enough
/// directory info …`.
std::optional<Bootstrap> parse_bootstrap_log(std::string_view line);

/// The message of a line of tor's log, without its date; nothing below the level `warn`.
std::optional<std::string_view> complaint_of_log(std::string_view line);

/// As one line for the log: `tor: bootstrapped 75% (Loaded enough directory info to build
/// circuits)`.
std::string to_text(const Bootstrap& bootstrap);

}  // namespace sallyport::gateway
