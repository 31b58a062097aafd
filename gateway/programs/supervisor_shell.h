#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/control.h"
#include "gateway/config/config.h"
#include "gateway/config/policy_version.h"
#include "gateway/config/version_store.h"
#include "gateway/host/descriptor.h"
#include "gateway/host/notify.h"
#include "gateway/programs/child_table.h"
#include "gateway/supervision/message.h"
#include "gateway/supervision/supervisor_core.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// What every supervisor does: carries out the decisions of the supervision core on processes,
/// signals, the control socket, the policy and the service manager. It reads no untrusted data; its
/// children send it the messages of gateway/supervision/message.h, and die with it, however it
/// ends. The program derived from it opens what its children need and starts them.
class SupervisorShell {
public:
    SupervisorShell(const SupervisorShell&) = delete;
    SupervisorShell& operator=(const SupervisorShell&) = delete;

    /// Runs until all processes have stopped; returns the program's exit code. Throws StartError
    /// for errors before the first child is started.
    int run();

protected:
    /// `version` is the one of the running configuration.
    SupervisorShell(boost::asio::io_context& io, PathText state_dir,
                    const supervision::SupervisorCore::Config& core, PolicyVersion version);
    virtual ~SupervisorShell();

    /// Locks the state directory and opens the files. Throws StartError.
    virtual void open_files() = 0;
    /// After the control socket. Throws StartError.
    virtual void open_listeners() = 0;
    virtual void close_listeners() noexcept = 0;
    /// Throws if it cannot be started.
    virtual void start_process(supervision::ProcessId process) = 0;
    /// Asks it for an answer.
    virtual void ping(supervision::ProcessId process);
    /// It has ended.
    virtual void on_ended(supervision::ProcessId process);
    virtual void on_message(supervision::ProcessId from, const supervision::Message& message);
    /// Reads another version, loads it and prepares its links: the files as they are now, or those
    /// of `previous`. `notes` gets a line for what differs and is not used. Throws StartError;
    /// nothing has changed then.
    virtual PolicyVersion read_version(const PolicyVersion* previous, std::string& notes) = 0;
    /// The links of each process, apart from authenticators, in the version that was read last.
    virtual std::map<supervision::ProcessId, LinkParts> next_links() const = 0;
    /// The version that was read last is now the running one.
    virtual void adopt_links() = 0;
    /// It is not used.
    virtual void discard_links() noexcept = 0;
    /// Opens the audit logs again.
    virtual void reopen_audit() = 0;
    /// That of one process.
    virtual void reopen_audit_of(supervision::ProcessId process) = 0;
    /// An effect for which this class has no apply().
    virtual void carry_out_own(const supervision::Effect&) {}

    /// Whether it was a command of the control socket that the core does not know; then it has been
    /// answered.
    virtual bool answer_own_command(std::string_view, const Control::Reply&) { return false; }

    /// Passes an event to the core and carries out its effects.
    template <class Event>
    void event(Event what) {
        what();
        carry_out();
    }

    boost::asio::io_context& io_;
    std::unique_ptr<VersionStore> versions_;
    ChildTable children_;
    supervision::SupervisorCore core_;
    supervision::Outbox outbox_;

private:
    void listen_for_commands();
    /// Connects a door and its authenticator, one of which has just been started.
    void connect_authenticator(supervision::ProcessId started);
    void close_all_listeners() noexcept;
    void run_until_finished();
    void await_child_signal();
    void await_signal();
    void reap();
    void on_packet(supervision::ProcessId from, const std::string& text);
    void on_command(std::string_view line, Control::Reply reply);
    void send(supervision::ProcessId to, const std::string& text, int descriptor = -1);

    void discard_candidate() noexcept;
    void carry_out();
    void arm();
    void apply(const supervision::effect::Log& wanted);
    void apply(const supervision::effect::Start& wanted);
    void apply(const supervision::effect::Terminate& wanted);
    void apply(const supervision::effect::Kill& wanted);
    void apply(const supervision::effect::SendPacket& wanted);
    void apply(const supervision::effect::Ping& wanted);
    void apply(const supervision::effect::NotifyReady& wanted);
    void apply(const supervision::effect::NotifyStopping& wanted);
    void apply(const supervision::effect::CloseListeners& wanted);
    void apply(const supervision::effect::PrintFailure& wanted);
    void apply(const supervision::effect::Finish& wanted);
    void apply(const supervision::effect::ReadVersion& wanted);
    void apply(const supervision::effect::SendPrepare& wanted);
    void apply(const supervision::effect::AdoptVersion& wanted);
    void apply(const supervision::effect::DiscardVersion& wanted);
    void apply(const supervision::effect::Reply& wanted);
    void apply(const supervision::effect::ReopenAudit& wanted);
    void apply(const supervision::effect::SendAudit& wanted);

    PathText state_dir_;
    PolicyVersion first_version_;  ///< until it is in `versions_`
    PolicyVersion candidate_;      ///< of the current reload
    Descriptor candidate_secret_;  ///< the same, to pass to the authenticators
    /// The same without secrets but for those of links, to pass to the other processes.
    std::map<supervision::ProcessId, Descriptor> candidate_memory_;
    std::unique_ptr<Control> control_;
    std::map<supervision::RequestId, Control::Reply> replies_;
    supervision::RequestId last_request_ = supervision::nobody_waits;
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    wamp::Instant armed_ = wamp::never;
    bool carrying_out_ = false;
    int exit_code_ = 0;

protected:
    /// Whether every supervisor carries it out in the same way.
    template <class Wanted>
    static constexpr bool is_common();

    SystemdNotifier notifier_;
};

template <class Wanted>
constexpr bool SupervisorShell::is_common() {
    return requires(SupervisorShell& shell, const Wanted& wanted) { shell.apply(wanted); };
}

}  // namespace sallyport::gateway
