#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// The progress of tor's bootstrap.
struct BootstrapProgress {
    int percent = 0;
    std::string summary;
    std::string warning;   ///< why it does not proceed; "" if it does
    std::string log_line;  ///< the complete line for the log
};

/// Monitors a managed tor: connects its control socket once it exists, and again if that connection
/// is lost; ends a tor that cannot be asked what it does, or that does not run as configured;
/// tracks the state of bootstrap and onion service and sends each change to the worker; warns if
/// the bootstrap stalls. The address remains known while tor restarts.
class TorMonitor {
public:
    /// Between attempts while a new tor has not created its control socket yet.
    static constexpr wamp::Duration attach_interval = std::chrono::milliseconds(50);
    /// Before the next attempt after a failure.
    static constexpr wamp::Duration retry_delay = std::chrono::seconds(1);
    static constexpr wamp::Duration stalled_after = std::chrono::seconds(30);
    /// From its start, or from the loss of the control connection, until tor is verified.
    static constexpr wamp::Duration verify_limit = std::chrono::seconds(30);

    enum class State : std::uint8_t {
        down,       ///< there is no tor, or it is stopped
        waiting,    ///< for the next attempt to connect the control socket
        attaching,  ///< the effect AttachTor is being carried out
        attached,
        ending,  ///< the effect Kill was wanted
    };

    /// `mode` is "managed", "external" or "off"; without a managed tor there are no events.
    explicit TorMonitor(std::string mode) { status_.mode = std::move(mode); }

    void on_started(wamp::Instant now);
    void on_exit(Outbox& out);
    void on_attached(Outbox& out);
    /// It has the listeners and the settings of its torrc.
    void on_verified();
    /// It has others (`how`).
    void on_unconfigured(std::string_view how, Outbox& out);
    /// `why` is "" as long as tor has not created its control socket.
    void on_attach_failed(std::string_view why, wamp::Instant now, Outbox& out);
    /// The connection to the control socket ended or became unusable (`why`).
    void on_control_lost(std::string_view why, wamp::Instant now, Outbox& out);
    void on_bootstrap(const BootstrapProgress& progress, wamp::Instant now, Outbox& out);
    /// A directory accepted the service's descriptor.
    void on_descriptor_uploaded(Outbox& out);
    void on_address(std::string_view address, Outbox& out);
    /// A warning or error in tor's log.
    void on_complaint(std::string_view line, Outbox& out);
    /// Stops monitoring, at shutdown.
    void stop();
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// Sends the current state to the worker.
    void send_status(Outbox& out) const;
    const OnionStatus& status() const noexcept { return status_; }
    State state() const noexcept { return state_; }
    /// "" if tor has logged no warning.
    const std::string& last_complaint() const noexcept { return last_complaint_; }

private:
    void attach_after(wamp::Duration delay, wamp::Instant now);
    void end(const std::string& why, Outbox& out);
    void look_for_address(Outbox& out) const;

    OnionStatus status_;
    State state_ = State::down;
    std::string last_complaint_;
    bool lost_ = false;  ///< the control connection, and not connected again yet
    wamp::Instant attach_deadline_ = wamp::never;
    wamp::Instant stall_deadline_ = wamp::never;
    wamp::Instant verify_deadline_ = wamp::never;
};

}  // namespace sallyport::gateway::supervision
