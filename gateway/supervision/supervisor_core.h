#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/supervision/dial_requests.h"
#include "gateway/supervision/effect.h"
#include "gateway/supervision/heartbeats.h"
#include "gateway/supervision/message.h"
#include "gateway/supervision/process_tree.h"
#include "gateway/supervision/reload_coordinator.h"
#include "gateway/supervision/tor_monitor.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// All decisions of a supervisor in one object: the process tree, policy reloads, the worker's dial
/// requests, heartbeats and the managed tor. Events in, effects out: the shell translates
/// descriptors, signals, packets and timers.
class SupervisorCore {
public:
    struct Backend {
        std::string name;
        DialRequests::Target target;
    };
    struct Config {
        std::vector<Backend> backends;
        bool managed_tor = false;
        std::string onion_mode;         ///< "managed", "external" or "off"
        std::string worker = "worker";  ///< its name in messages
    };

    explicit SupervisorCore(const Config& config);

    void start(wamp::Instant now, Outbox& out);

    // Of processes
    void on_start_failed(ProcessId process, std::string_view why, wamp::Instant now, Outbox& out);
    void on_exit(ProcessId process, const Exit& exit, wamp::Instant now, Outbox& out);
    void on_message(ProcessId from, const Message& message, wamp::Instant now, Outbox& out);
    /// A message to that process could not be sent: it has ended, or does not read.
    void on_unreachable(ProcessId process, wamp::Instant now, Outbox& out);

    // Of the operator
    /// SIGTERM or SIGINT.
    void on_stop_signal(wamp::Instant now, Outbox& out);
    /// SIGHUP: applies the policy.
    void on_hangup(Outbox& out);
    /// SIGUSR1: opens the logs again.
    void on_reopen_signal(Outbox& out);
    /// A line of the control socket; answered by the effect Reply.
    void on_command(RequestId request, std::string_view line, Outbox& out);

    // Answers to effects
    void on_version_read(Round round, std::string notes, wamp::Instant now, Outbox& out);
    void on_version_unreadable(Round round, const std::string& why, Outbox& out);
    void on_no_previous_version(Round round, Outbox& out);
    void on_version_adopted(Round round, std::string why_not_stored, Outbox& out);
    /// The backends of the version that is now in use, by number.
    void on_targets(const std::vector<DialRequests::Target>& targets) {
        dials_.set_targets(targets);
    }
    void on_dial_connected(AttemptId attempt, Outbox& out);
    void on_dial_failed(AttemptId attempt, std::string_view why, Outbox& out);
    void on_tor_attached(wamp::Instant now, Outbox& out);
    void on_tor_verified(Outbox& out);
    void on_tor_control_lost(std::string_view why, wamp::Instant now, Outbox& out);
    void on_onion_address(std::string_view address, Outbox& out);
    /// The audit log of that process could not be opened again: the old one is still in use.
    void on_audit_not_opened(ProcessId process, wamp::Instant now);
    /// Receives all other events of tor: progress, warnings, its settings.
    TorMonitor& tor() noexcept { return tor_; }

    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// Whether the watchdog of the service manager is to be fed: not while processes that are
    /// needed do not answer. Start and stop have limits of their own.
    bool feeds_watchdog() const noexcept;

    ProcessTree::Phase phase() const noexcept { return tree_.phase(); }
    const ReloadCoordinator& reload() const noexcept { return reload_; }

private:
    void on_dial_request(std::uint32_t backend, Outbox& out);
    void on_audit_lost(ProcessId process, wamp::Instant now, Outbox& out);
    void open_audits(wamp::Instant now, Outbox& out);
    wamp::Instant audit_deadline() const noexcept;
    /// Notifies the other machines of processes that the tree has started, from `begin` on.
    void note_starts(std::size_t begin, wamp::Instant now, Outbox& out);

    ProcessTree tree_;
    ReloadCoordinator reload_;
    DialRequests dials_;
    Heartbeats heartbeats_;
    TorMonitor tor_;
    std::map<ProcessId, wamp::Instant> audit_due_;  ///< when its audit log may be opened again
    std::set<ProcessId> audit_waits_;               ///< for that moment
};

}  // namespace sallyport::gateway::supervision
