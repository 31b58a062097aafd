#pragma once

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
#include "gateway/supervision/supervisor_core.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// `sallyport inside` on a machine of its own: starts the sandboxed process that is the internal
/// router, gives it what it cannot open, restarts it, reloads the policy on request and stops it.
/// It reads no untrusted data. The supervision core is that of a gateway whose worker is the
/// inside.
class InsideSupervisor {
public:
    /// `version` is the one that `loaded` was loaded from.
    InsideSupervisor(boost::asio::io_context& io, LoadedInside loaded, PolicyVersion version);
    ~InsideSupervisor();
    InsideSupervisor(const InsideSupervisor&) = delete;
    InsideSupervisor& operator=(const InsideSupervisor&) = delete;

    /// Runs until the process has stopped; returns the program's exit code. Throws StartError for
    /// errors before it is started.
    int run();

private:
    void listen();
    void close_listeners() noexcept;
    void await_child_signal();
    void await_signal();
    void reap();
    void on_packet(const std::string& text);
    void on_command(std::string_view line, Control::Reply reply);
    void start_process();
    void send(const std::string& text, int descriptor = -1);

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
    /// Those of tor and of backends, which an inside does not have.
    template <class Other>
    void apply(const Other&) {}

    boost::asio::io_context& io_;
    LoadedInside loaded_;
    InsideResources resources_;
    PolicyVersion first_version_;  ///< until it is in `versions_`
    std::unique_ptr<VersionStore> versions_;
    PolicyVersion candidate_;      ///< of the current reload
    Descriptor candidate_memory_;  ///< the same, to pass on
    std::unique_ptr<Control> control_;
    std::map<supervision::RequestId, Control::Reply> replies_;
    supervision::RequestId last_request_ = supervision::nobody_waits;
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    wamp::Instant armed_ = wamp::never;
    SystemdNotifier notifier_;
    ChildTable children_;
    supervision::SupervisorCore core_;
    supervision::Outbox outbox_;
    bool carrying_out_ = false;
    int exit_code_ = 0;
};

}  // namespace sallyport::gateway
