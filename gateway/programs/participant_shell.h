#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "gateway/config/policy_version.h"
#include "gateway/host/packet_channel.h"
#include "gateway/host/start_error.h"
#include "gateway/supervision/reload_participant.h"

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

/// ", 1 link added and 0 removed", or "" if there are no such.
inline std::string describe_links(std::size_t added, std::size_t removed) {
    if (added + removed == 0) return {};
    return ", " + std::to_string(added) + (added == 1 ? " link" : " links") + " added and " +
           std::to_string(removed) + " removed";
}

/// Carries out the effects of a ReloadParticipant in a program with a core: compiles a version on a
/// separate thread, so that the reactor does not wait, and switches the core to it in one step of
/// the reactor. `Compiled` is what the program makes of a version.
template <class Compiled>
class ParticipantShell {
public:
    struct Core {
        /// Runs on another thread; may throw.
        std::function<Compiled(const PolicyVersion& version)> compile;
        /// Throws if the version cannot be adopted.
        std::function<std::string(const Compiled& compiled)> describe_change;
        std::function<std::string(Compiled compiled)> adopt;  ///< returns a summary of the changes
    };
    using Answer = std::function<void(const supervision::Message& message)>;

    ParticipantShell(boost::asio::io_context& io, Core core, Answer answer)
        : io_(io), core_(std::move(core)), answer_(std::move(answer)) {}
    ~ParticipantShell() {
        if (compiler_.joinable()) compiler_.join();
    }
    ParticipantShell(const ParticipantShell&) = delete;
    ParticipantShell& operator=(const ParticipantShell&) = delete;

    /// A packet of the supervisor; false if it is not part of a reload.
    bool on_packet(Packet& packet) {
        const auto command = supervision::parse_reload_command(packet.text);
        if (!command) return false;
        if (command->kind == supervision::ReloadCommand::Kind::prepare)
            memory_ = std::make_shared<Descriptor>(std::move(packet.descriptor));
        participant_.on_command(*command, outbox_);
        carry_out();
        return true;
    }

private:
    using Participant = supervision::ReloadParticipant;

    void carry_out() {
        while (!outbox_.empty()) {
            for (const auto& wanted : std::exchange(outbox_, {}))
                std::visit([this](const auto& one) { apply(one); }, wanted);
        }
    }

    void apply(const Participant::Compile& wanted) {
        if (compiler_.joinable()) compiler_.join();  // its result has been received
        compiler_ = std::thread([this, round = wanted.round, memory = memory_] {
            auto compiled = std::make_shared<std::optional<Compiled>>();
            std::string why_not;
            try {
                const auto version = from_memory(*memory);
                if (!version) throw std::runtime_error("the policy version was not received");
                *compiled = core_.compile(*version);
            } catch (const std::exception& error) {
                why_not = reason_of(error);
            }
            boost::asio::post(
                io_, [this, round, compiled, why_not] { on_compiled(round, *compiled, why_not); });
        });
    }

    void on_compiled(supervision::Round round, std::optional<Compiled>& compiled,
                     std::string why_not) {
        std::string change;
        try {
            if (compiled) change = core_.describe_change(*compiled);
        } catch (const std::exception& error) {
            why_not = reason_of(error);
            compiled.reset();
        }
        if (compiled) {
            participant_.on_compiled(round, change, outbox_);
            compiled_ = std::move(compiled);
        } else {
            participant_.on_compile_failed(round, why_not, outbox_);
        }
        carry_out();
    }

    void apply(const Participant::Commit& wanted) {
        if (!compiled_) return;
        const std::string summary = core_.adopt(*std::move(compiled_));
        compiled_.reset();
        participant_.on_committed(wanted.round, summary, outbox_);
    }

    void apply(const Participant::Drop&) { compiled_.reset(); }

    void apply(const Participant::Answer& wanted) { answer_(wanted.message); }

    boost::asio::io_context& io_;
    Core core_;
    Answer answer_;
    Participant participant_;
    Participant::Outbox outbox_;
    std::shared_ptr<Descriptor> memory_;  ///< of the last prepare
    std::thread compiler_;                ///< at most one version at a time
    std::optional<Compiled> compiled_;
};

}  // namespace sallyport::gateway
