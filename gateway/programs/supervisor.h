#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/config/link_plan.h"
#include "gateway/config/load_config.h"
#include "gateway/host/descriptor.h"
#include "gateway/programs/inside_resources.h"
#include "gateway/programs/listeners.h"
#include "gateway/programs/supervisor_shell.h"
#include "gateway/programs/tor_process.h"

namespace sallyport::gateway {

/// `sallyport serve`: binds the listeners, starts tor, the worker and embedded insides, and dials
/// backends for the worker.
class Supervisor final : public SupervisorShell {
public:
    /// `version` is the one that `loaded` was loaded from.
    Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version);

private:
    void open_files() override;
    void open_listeners() override;
    void close_listeners() noexcept override;
    void start_process(supervision::ProcessId process) override;
    void start_authenticator(supervision::ProcessId process);
    void ping(supervision::ProcessId process) override;
    void on_ended(supervision::ProcessId process) override;
    void on_message(supervision::ProcessId from, const supervision::Message& message) override;
    PolicyVersion read_version(const PolicyVersion* previous, std::string& notes) override;
    std::map<supervision::ProcessId, LinkParts> next_links() const override;
    void adopt_links() override;
    void discard_links() noexcept override;
    /// The one with that number; null if it has been removed.
    const BackendText* backend_of(std::uint32_t number) const noexcept;
    void reopen_audit() override;
    void reopen_audit_of(supervision::ProcessId process) override;
    void carry_out_own(const supervision::Effect& wanted) override;

    /// `onion reload`, and `onion close CIRCUIT…`.
    bool answer_own_command(std::string_view line, const Control::Reply& reply) override;
    /// Has tor read the keys of clients again, once the descriptor that it makes then can replace
    /// the one before. Answers when a directory has that one.
    void reload_tor(const Control::Reply& reply);
    void await_upload();
    void answer_reload(int exit_code, std::string_view text);
    /// Has those removed whose time is over, by the command that removes anybody.
    void await_expiry();
    void remove_expired();

    TorProcess::Events tor_events();
    void reopen_audit_of_worker();
    void give_audit_to_worker();
    void apply(const supervision::effect::SendOnion& wanted);
    void apply(const supervision::effect::NotifyStatus& wanted);
    void apply(const supervision::effect::DialAddress& wanted);
    void apply(const supervision::effect::DialInside& wanted);
    void apply(const supervision::effect::SendConnection& wanted);
    void apply(const supervision::effect::CloseConnection& wanted);
    void apply(const supervision::effect::AttachTor& wanted);
    void apply(const supervision::effect::ReadOnionAddress& wanted);

    /// Of a reload that is under way.
    struct Next {
        LoadedGateway loaded;
        LinkParts links;
        std::map<std::uint32_t, LinkParts> links_of_insides;  ///< by backend
    };
    /// An embedded one.
    struct Inside {
        LoadedInside loaded;
        std::unique_ptr<InsideResources> resources;
    };

    LoadedGateway loaded_;
    LinkBook book_;
    Next next_;
    Descriptor lock_;
    Descriptor audit_target_;  ///< for the worker; invalid if it writes no records
    Listeners listeners_;
    std::map<std::uint32_t, Inside> insides_;  ///< by backend
    std::unique_ptr<TorProcess> tor_;
    boost::asio::steady_timer reload_timer_;
    std::vector<Control::Reply> reload_waiters_;
    bool reloaded_ = false;       ///< of them, which wait for the upload
    wamp::Instant upload_due_{};  ///< from when on a descriptor replaces the one before
    boost::asio::steady_timer expiry_timer_;
    pid_t expiry_command_ = 0;  ///< 0 if none is running
    /// Established, and not passed on yet.
    std::map<supervision::AttemptId, Descriptor> connections_;
};

}  // namespace sallyport::gateway
