#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/control.h"
#include "gateway/config/load_config.h"
#include "gateway/host/notify.h"
#include "gateway/host/packet_channel.h"
#include "gateway/programs/kept_child.h"
#include "gateway/programs/reloader.h"
#include "gateway/programs/tor_child.h"

namespace sallyport::gateway {

/// `sallyport serve`: binds what is listened on, starts tor, the worker and embedded insides,
/// starts again what ends, dials backends for the worker, reads the policy again when it is told
/// to, and stops all in order. It reads nothing that a stranger wrote; from the worker it takes
/// "ready", "dial N" and what it says to a reload. Children die with it, whatever ends it.
class Supervisor {
public:
    /// `version` is what `loaded` was made of.
    Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version);
    ~Supervisor();

    /// Runs until all is stopped; the program's exit code. Throws StartError when something is not
    /// right before the first child is started.
    int run();

private:
    struct Listener {
        std::string name;       ///< "front", "local", "admin", "listen N"
        std::string unix_path;  ///< "" for tcp
        Descriptor socket;
    };
    struct EmbeddedInside {
        std::unique_ptr<PacketChannel> channel;
        std::unique_ptr<KeptChild> child;
        bool ready = false;
    };

    void listen();
    void start_children();
    pid_t launch_worker();
    pid_t launch_inside(std::uint32_t backend);
    void on_worker_packet(const std::string& text);
    void on_dial(std::uint32_t backend);
    void dial_embedded(std::uint32_t backend);
    void dial_address(std::uint32_t backend);
    void tell_worker_onion();
    void on_control(const std::string& line, Control::Reply reply);
    void on_hangup();
    void reopen_audit();
    void reload(bool only_check, Control::Reply reply);
    /// The files of the policy as they are now. Throws StartError.
    PolicyVersion read_version(std::string& notes);
    std::vector<Reloader::Child> policy_children();
    void reap();
    void await_child_signal();
    void await_stop_signal();
    /// Before everything was up it means that the start has failed.
    void on_child_end(const std::string& name, int status);
    void on_tor_end(const std::string& why);
    void maybe_ready();
    void fail_start(const std::string& line);
    void stop();
    void stop_others();
    void kill_all() noexcept;
    void finish_if_done();
    void remove_sockets() noexcept;

    boost::asio::io_context& io_;
    LoadedGateway loaded_;
    Descriptor lock_;
    PolicyVersion first_version_;  ///< until `versions_` has it
    std::unique_ptr<VersionKeeper> versions_;
    std::unique_ptr<Reloader> reloader_;
    std::unique_ptr<Control> control_;
    Descriptor audit_target_;  ///< the worker's; invalid when it writes no records
    std::vector<Listener> listeners_;
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set stop_signal_;
    boost::asio::steady_timer start_timer_;
    SystemdNotifier notifier_;
    std::unique_ptr<PacketChannel> worker_channel_;
    std::unique_ptr<KeptChild> worker_;
    std::vector<std::unique_ptr<EmbeddedInside>> insides_;  ///< by backend; null for other kinds
    std::unique_ptr<TorChild> tor_;
    OnionState onion_;
    std::uint64_t worker_run_ = 0;  ///< tells late answers to an earlier worker
    std::vector<bool> dialling_;    ///< by backend
    bool worker_ready_ = false;
    bool tor_attached_ = false;
    bool all_ready_ = false;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace sallyport::gateway
