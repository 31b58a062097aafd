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
#include "gateway/programs/listeners.h"
#include "gateway/programs/tor_process.h"
#include "gateway/supervision/supervisor_core.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// `sallyport serve`: binds what is listened on and carries out what the supervision core decides:
/// starts tor, the worker and embedded insides, starts again what ends, dials backends for the
/// worker, reads the policy again when it is told to, and stops all in order. It reads nothing that
/// a stranger wrote; from its children it takes the messages of gateway/supervision/message.h.
/// Children die with it, whatever ends it.
class Supervisor {
public:
    /// `version` is what `loaded` was made of.
    Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version);
    ~Supervisor();

    /// Runs until all is stopped; the program's exit code. Throws StartError when something is not
    /// right before the first child is started.
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
    void start_program(supervision::ProcessId process, std::string_view program,
                       const std::string& config_file);
    void send(supervision::ProcessId to, const std::string& text, int descriptor = -1);

    /// Hands an event to the core, and carries out what it wants done.
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
    void apply(const supervision::effect::DialAddress& wanted);
    void apply(const supervision::effect::DialInside& wanted);
    void apply(const supervision::effect::SendConnection& wanted);
    void apply(const supervision::effect::CloseConnection& wanted);
    void apply(const supervision::effect::AttachTor& wanted);
    void apply(const supervision::effect::ReadOnionAddress& wanted);

    boost::asio::io_context& io_;
    LoadedGateway loaded_;
    Descriptor lock_;
    PolicyVersion first_version_;  ///< until `versions_` has it
    std::unique_ptr<VersionStore> versions_;
    PolicyVersion candidate_;      ///< of the reload under way
    Descriptor candidate_memory_;  ///< the same, for the children
    std::unique_ptr<Control> control_;
    std::map<supervision::RequestId, Control::Reply> replies_;
    supervision::RequestId last_request_ = supervision::nobody_waits;
    Descriptor audit_target_;  ///< the worker's; invalid when it writes no records
    Listeners listeners_;
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    wamp::Instant armed_ = wamp::never;
    SystemdNotifier notifier_;
    ChildTable children_;
    std::unique_ptr<TorProcess> tor_;
    std::map<supervision::AttemptId, Descriptor> connections_;  ///< made, and not passed on yet
    supervision::SupervisorCore core_;
    supervision::Outbox outbox_;
    bool carrying_out_ = false;
    int exit_code_ = 0;
};

}  // namespace sallyport::gateway
