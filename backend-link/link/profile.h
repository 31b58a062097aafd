#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::backend_link {

/// What kind of router stands at the far end of a link.
enum class BackendKind : std::uint8_t { sallyport, crossbar, nexus, generic };

/// The quirks of a kind as data (W-GWY-12), so that no code asks for the kind itself.
struct Profile {
    BackendKind kind = BackendKind::generic;
    bool conveys_identity = false;  ///< trusts our forward_for (W-R2R-04)
    bool rawsocket_ping = true;     ///< false where a PING would abort the connection (W-RAW-08)
    bool cancels = true;   ///< CANCEL killnowait is understood; the answer to the caller is always
                           ///< ours (W-CAN-08)
    bool retains = false;  ///< keeps retained events, and says so
    bool pattern_options = true;  ///< Options.match on SUBSCRIBE and REGISTER
    bool passthru =
        true;  ///< false where the options of payload passthru mode are dropped (W-PPT-06)
};

Profile profile_of(BackendKind kind) noexcept;
std::optional<BackendKind> backend_kind(
    std::string_view name) noexcept;  ///< "sallyport", "crossbar" …

}  // namespace sallyport::backend_link
