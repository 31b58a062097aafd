#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/control.h"
#include "gateway/config/load_config.h"
#include "gateway/config/version_store.h"
#include "gateway/host/notify.h"
#include "gateway/programs/child_table.h"
#include "gateway/programs/inside_resources.h"
#include "gateway/programs/listeners.h"
#include "gateway/programs/tor_process.h"
#include "gateway/supervision/supervisor_core.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// `sallyport serve`: binds the listeners and carries out the decisions of the supervision core:
/// starts tor, the worker and embedded insides, restarts processes that end, dials backends for the
/// worker, reloads the policy on request, and stops everything in order. It reads no untrusted
/// data; its children send it the messages of gateway/supervision/message.h. The children die with
/// it, however it ends.
class Supervisor {
public:
    /// `version` is the one that `loaded` was loaded from.
    Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version);
    ~Supervisor();

    /// Runs until all processes have stopped; returns the program's exit code. Throws StartError
    /// for errors before the first child is started.
    int run();

private:
    void listen();
    void close_listeners() noexcept;
    TorProcess::Events tor_events();
    void await_child_signal();
    void await_signal();
    void reap();
    void on_packet(supervision::ProcessId from, const std::string& text);
    void on_command(std::string_view line, Control::Reply reply);
    void start_process(supervision::ProcessId process);
    void reopen_audit();
    void send(supervision::ProcessId to, const std::string& text, int descriptor = -1);

    /// Passes an event to the core and carries out its effects.
    template <class Event>
    void event(Event what) {
        what();
        carry_out();
    }
    void carry_out();
    void arm();
    void apply(const supervision::effect::Log& wanted);
    void apply(const supervision::effect::Start& wanted);
    void apply(const supervision::effect::Terminate& wanted);
    void apply(const supervision::effect::Kill& wanted);
    void apply(const supervision::effect::SendPacket& wanted);
    void apply(const supervision::effect::Ping& wanted);
    void apply(const supervision::effect::SendOnion& wanted);
    void apply(const supervision::effect::NotifyReady& wanted);
    void apply(const supervision::effect::NotifyStopping& wanted);
    void apply(const supervision::effect::NotifyStatus& wanted);
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
    void apply(const supervision::effect::DialAddress& wanted);
    void apply(const supervision::effect::DialInside& wanted);
    void apply(const supervision::effect::SendConnection& wanted);
    void apply(const supervision::effect::CloseConnection& wanted);
    void apply(const supervision::effect::AttachTor& wanted);
    void apply(const supervision::effect::ReadOnionAddress& wanted);

    boost::asio::io_context& io_;
    LoadedGateway loaded_;
    Descriptor lock_;
    PolicyVersion first_version_;  ///< until it is in `versions_`
    std::unique_ptr<VersionStore> versions_;
    PolicyVersion candidate_;      ///< of the current reload
    Descriptor candidate_memory_;  ///< the same, to pass to the children
    std::unique_ptr<Control> control_;
    std::map<supervision::RequestId, Control::Reply> replies_;
    supervision::RequestId last_request_ = supervision::nobody_waits;
    Descriptor audit_target_;  ///< for the worker; invalid if it writes no records
    Listeners listeners_;
    std::map<std::uint32_t, std::unique_ptr<InsideResources>> insides_;  ///< by backend
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    wamp::Instant armed_ = wamp::never;
    SystemdNotifier notifier_;
    ChildTable children_;
    std::unique_ptr<TorProcess> tor_;
    /// Established, and not passed on yet.
    std::map<supervision::AttemptId, Descriptor> connections_;
    supervision::SupervisorCore core_;
    supervision::Outbox outbox_;
    bool carrying_out_ = false;
    int exit_code_ = 0;
};

}  // namespace sallyport::gateway
