#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// How far tor has come on its way into the network.
struct BootstrapProgress {
    int percent = 0;
    std::string summary;
    std::string warning;   ///< why it does not go on; "" when it does
    std::string log_line;  ///< all of it for the log
};

/// Follows a managed tor: connects its control socket once it is there, and again when that
/// connection is lost; keeps the state of bootstrap and onion service and sends the worker each
/// change; warns when the bootstrap stands still. The address stays known while tor is restarted.
class TorMonitor {
public:
    /// Between two tries while a new tor has not made its control socket yet.
    static constexpr wamp::Duration attach_interval = std::chrono::milliseconds(50);
    /// Before the next try after a failure.
    static constexpr wamp::Duration retry_delay = std::chrono::seconds(1);
    static constexpr wamp::Duration stalled_after = std::chrono::seconds(30);

    enum class State : std::uint8_t {
        down,       ///< there is no tor, or it is stopped
        waiting,    ///< for the next try to connect the control socket
        attaching,  ///< the effect AttachTor is being carried out
        attached,
    };

    /// `mode` is "managed", "external" or "off"; without a managed tor no event comes.
    explicit TorMonitor(std::string mode) { status_.mode = std::move(mode); }

    void on_started(wamp::Instant now);
    void on_exit(Outbox& out);
    void on_attached(Outbox& out);
    /// `why` is "" as long as tor has not made its control socket.
    void on_attach_failed(std::string_view why, wamp::Instant now, Outbox& out);
    /// The connection to the control socket ended, or is of no use any more (`why`).
    void on_control_lost(std::string_view why, wamp::Instant now, Outbox& out);
    void on_bootstrap(const BootstrapProgress& progress, wamp::Instant now, Outbox& out);
    /// A directory took the service's descriptor.
    void on_descriptor_uploaded(Outbox& out);
    void on_address(std::string_view address, Outbox& out);
    /// A warning or an error that tor has logged.
    void on_complaint(std::string_view line, Outbox& out);
    /// Follows tor no longer: all stops.
    void stop();
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// Sends the worker the state as it is.
    void send_status(Outbox& out) const;
    const OnionStatus& status() const noexcept { return status_; }
    State state() const noexcept { return state_; }
    /// "" when tor has not complained.
    const std::string& last_complaint() const noexcept { return last_complaint_; }

private:
    void attach_after(wamp::Duration delay, wamp::Instant now);
    void look_for_address(Outbox& out) const;

    OnionStatus status_;
    State state_ = State::down;
    std::string last_complaint_;
    bool lost_ = false;  ///< the control connection, and not connected again yet
    wamp::Instant attach_deadline_ = wamp::never;
    wamp::Instant stall_deadline_ = wamp::never;
};

}  // namespace sallyport::gateway::supervision
