#include "gateway/supervision/reload_participant.h"

#include <utility>

namespace sallyport::gateway::supervision {

void ReloadParticipant::on_command(const ReloadCommand& command, Outbox& out) {
    switch (command.kind) {
        case ReloadCommand::Kind::prepare:
            return prepare(command.round, out);
        case ReloadCommand::Kind::commit:
            if (compiled_ != command.round) return;
            compiled_ = none;
            out.emplace_back(Commit{command.round});
            return;
        case ReloadCommand::Kind::abort:
            if (wanted_ == command.round) wanted_ = none;
            if (compiled_ == command.round) out.emplace_back(Drop{std::exchange(compiled_, none)});
            return;
    }
}

void ReloadParticipant::prepare(Round round, Outbox& out) {
    if (compiled_ != none) out.emplace_back(Drop{std::exchange(compiled_, none)});
    wanted_ = round;
    if (compiling_ == none) compile_wanted(out);
}

void ReloadParticipant::compile_wanted(Outbox& out) {
    compiling_ = wanted_;
    if (wanted_ != none) out.emplace_back(Compile{wanted_});
}

void ReloadParticipant::on_compiled(Round round, std::string summary, Outbox& out) {
    if (compiling_ != round) return;
    if (wanted_ != round) {
        out.emplace_back(Drop{round});
        return compile_wanted(out);
    }
    compiling_ = wanted_ = none;
    compiled_ = round;
    out.emplace_back(Answer{message::Prepared{round, std::move(summary)}});
}

void ReloadParticipant::on_compile_failed(Round round, std::string why, Outbox& out) {
    if (compiling_ != round) return;
    if (wanted_ != round) return compile_wanted(out);
    compiling_ = wanted_ = none;
    out.emplace_back(Answer{message::Refused{round, std::move(why)}});
}

void ReloadParticipant::on_committed(Round round, std::string summary, Outbox& out) {
    out.emplace_back(Answer{message::Committed{round, std::move(summary)}});
}

}  // namespace sallyport::gateway::supervision
