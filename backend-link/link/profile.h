#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::backend_link {

/// The kind of the router at the other end of a link.
enum class BackendKind : std::uint8_t { sallyport, crossbar, nexus, generic };

/// The properties of a kind as data (W-GWY-12), so that no code tests for the kind itself.
struct Profile {
    BackendKind kind = BackendKind::generic;
    bool conveys_identity = false;  ///< trusts the gateway's forward_for (W-R2R-04)
    /// Applies the lists of receivers of a PUBLISH to its sessions, and brings those of a service
    /// to the gateway in EVENT.Details (W-BWL-03).
    bool lists = false;
    /// Has an audit log, in which a request of a conveyed session has the number of that session.
    bool audits = false;
    bool rawsocket_ping = true;  ///< false if a PING would abort the connection (W-RAW-08)
    bool cancels = true;   ///< understands CANCEL killnowait; the gateway itself answers the caller
                           ///< (W-CAN-08)
    bool retains = false;  ///< keeps retained events, and announces it
    bool pattern_options = true;  ///< Options.match on SUBSCRIBE and REGISTER
    /// Understands payloads of other serializers and in parts, if it says so (W-GWY-13).
    bool carries_payloads = false;
    bool tells_causes = false;  ///< of its `unavailable`, in ERROR.Details._cause
    bool passthru = true;  ///< false if the options of payload passthru mode are dropped (W-PPT-06)
    /// Keeps several callees of ours in one registration, and names the one that it calls
    /// (W-SHR-02).
    bool shares = false;
    bool times_calls = false;  ///< CALL.Options.timeout is in milliseconds (W-TMO-04)
    bool streams = true;       ///< false if CALL.Options.progress is dropped (W-PCI-11)
};

Profile profile_of(BackendKind kind) noexcept;
/// The kind that a configuration calls "sallyport", "crossbar" and so on.
std::optional<BackendKind> backend_kind(std::string_view name) noexcept;

}  // namespace sallyport::backend_link
