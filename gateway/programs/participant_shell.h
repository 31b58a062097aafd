#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/config/policy_version.h"
#include "gateway/host/descriptor.h"
#include "gateway/supervision/reload_participant.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// "2 sessions ended, 3 subscriptions and 0 registrations revoked".
template <class Reloaded>
std::string describe(const Reloaded& done) {
    std::string text = std::to_string(done.sessions_ended) + " sessions ended, " +
                       std::to_string(done.subscriptions_revoked) + " subscriptions and " +
                       std::to_string(done.registrations_revoked) + " registrations revoked";
    if constexpr (requires { done.moved; })
        text += ", " + std::to_string(done.moved) + " moved to another backend";
    return text;
}

/// Carries out the effects of a ReloadParticipant in a program with a core: compiles a version on a
/// separate thread, so that the reactor does not wait, and switches the core to it in one step of
/// the reactor.
class ParticipantShell {
public:
    using Realms = std::vector<policy::LoadedRealm>;
    /// Reads the version of a round. Runs on another thread; may throw.
    using Read = std::function<PolicyVersion()>;
    struct Core {
        /// Runs on another thread; may throw.
        std::function<Realms(const PolicyVersion& version)> compile;
        std::function<std::string(const Realms& realms)> describe_change;
        std::function<std::string(Realms realms)> adopt;  ///< returns a summary of the changes
    };
    using Answer = std::function<void(const supervision::Message& message)>;

    ParticipantShell(boost::asio::io_context& io, Core core, Answer answer);
    ~ParticipantShell();
    ParticipantShell(const ParticipantShell&) = delete;
    ParticipantShell& operator=(const ParticipantShell&) = delete;

    /// A packet of the supervisor; false if it is not part of a reload.
    bool on_packet(Packet& packet);
    /// `read` is used by a prepare.
    void on_command(const supervision::ReloadCommand& command, Read read);

private:
    void carry_out();
    void apply(const supervision::ReloadParticipant::Compile& wanted);
    void apply(const supervision::ReloadParticipant::Commit& wanted);
    void apply(const supervision::ReloadParticipant::Drop& wanted);
    void apply(const supervision::ReloadParticipant::Answer& wanted);
    void on_compiled(supervision::Round round, Realms&& realms, const std::string& why_not);

    boost::asio::io_context& io_;
    Core core_;
    Answer answer_;
    supervision::ReloadParticipant participant_;
    supervision::ReloadParticipant::Outbox outbox_;
    Read read_;             ///< of the last prepare
    std::thread compiler_;  ///< at most one version at a time
    std::optional<Realms> compiled_;
};

}  // namespace sallyport::gateway
