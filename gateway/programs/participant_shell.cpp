#include "gateway/programs/participant_shell.h"

#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {

using supervision::ReloadCommand;
using supervision::ReloadParticipant;

ParticipantShell::ParticipantShell(boost::asio::io_context& io, Core core, Answer answer)
    : io_(io), core_(std::move(core)), answer_(std::move(answer)) {}

ParticipantShell::~ParticipantShell() {
    if (compiler_.joinable()) compiler_.join();
}

bool ParticipantShell::on_packet(Packet& packet) {
    const auto command = supervision::parse_reload_command(packet.text);
    if (!command) return false;
    auto memory = std::make_shared<Descriptor>(std::move(packet.descriptor));
    on_command(*command, [memory] {
        auto version = from_memory(*memory);
        if (!version) throw std::runtime_error("the policy version was not received");
        return *std::move(version);
    });
    return true;
}

void ParticipantShell::on_command(const ReloadCommand& command, Read read) {
    if (command.kind == ReloadCommand::Kind::prepare) read_ = std::move(read);
    participant_.on_command(command, outbox_);
    carry_out();
}

void ParticipantShell::carry_out() {
    while (!outbox_.empty()) {
        for (const auto& wanted : std::exchange(outbox_, {}))
            std::visit([this](const auto& one) { apply(one); }, wanted);
    }
}

void ParticipantShell::apply(const ReloadParticipant::Compile& wanted) {
    if (compiler_.joinable()) compiler_.join();  // its result has been received
    compiler_ = std::thread([this, round = wanted.round, read = read_] {
        auto realms = std::make_shared<Realms>();
        std::string why_not;
        try {
            *realms = core_.compile(read());
        } catch (const std::exception& error) {
            why_not = reason_of(error);
        }
        boost::asio::post(io_, [this, round, realms, why_not] {
            on_compiled(round, std::move(*realms), why_not);
        });
    });
}

void ParticipantShell::on_compiled(supervision::Round round, Realms&& realms,
                                   const std::string& why_not) {
    if (why_not.empty()) {
        participant_.on_compiled(round, core_.describe_change(realms), outbox_);
        compiled_ = std::move(realms);
    } else {
        participant_.on_compile_failed(round, why_not, outbox_);
    }
    carry_out();
}

void ParticipantShell::apply(const ReloadParticipant::Commit& wanted) {
    if (!compiled_) return;
    const std::string summary = core_.adopt(std::move(*compiled_));
    compiled_.reset();
    participant_.on_committed(wanted.round, summary, outbox_);
}

void ParticipantShell::apply(const ReloadParticipant::Drop&) {
    compiled_.reset();
}

void ParticipantShell::apply(const ReloadParticipant::Answer& wanted) {
    answer_(wanted.message);
}

}  // namespace sallyport::gateway
