#include "gateway/programs/local_reload.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "gateway/host/log.h"
#include "gateway/programs/effect_log.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace effect = supervision::effect;
using supervision::ReloadCommand;

namespace {

const supervision::Process participant{supervision::inside_process(0), ""};

}  // namespace

LocalReload::LocalReload(boost::asio::io_context& io, VersionStore versions, ReadAgain read_again,
                         ParticipantShell::Core core)
    : versions_(std::move(versions)),
      read_again_(std::move(read_again)),
      coordinator_({participant}),
      participant_(io, std::move(core),
                   [this](const supervision::Message& message) { on_answer(message); }),
      timer_(io) {
    coordinator_.on_started(participant.id, outbox_);
}

void LocalReload::on_command(std::string_view line, Control::Reply reply) {
    replies_[++last_request_] = std::move(reply);
    coordinator_.on_command(last_request_, line, outbox_);
    carry_out();
}

void LocalReload::on_hangup() {
    coordinator_.on_hangup(outbox_);
    carry_out();
}

void LocalReload::stop() {
    coordinator_.stop(outbox_);
    carry_out();
}

void LocalReload::on_answer(const supervision::Message& message) {
    coordinator_.on_message(participant.id, message, wamp::now(), outbox_);
    carry_out();
}

void LocalReload::carry_out() {
    if (std::exchange(carrying_out_, true)) return;
    while (!outbox_.empty()) {
        for (const supervision::Effect& wanted : std::exchange(outbox_, {})) apply(wanted);
    }
    carrying_out_ = false;
    arm();
}

void LocalReload::arm() {
    const wamp::Instant due = coordinator_.deadline();
    if (due == armed_) return;
    armed_ = due;
    timer_.cancel();
    if (due == wamp::never) return;
    timer_.expires_after(std::max(due - wamp::now(), wamp::Duration::zero()));
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        armed_ = wamp::never;
        coordinator_.on_deadline(wamp::now(), outbox_);
        carry_out();
    });
}

/// For a coordinator whose only participant is this process.
void LocalReload::apply(const supervision::Effect& wanted) {
    if (const auto* const line = std::get_if<effect::Log>(&wanted)) {
        log(level_of(line->level), line->text);
    } else if (const auto* const read = std::get_if<effect::ReadVersion>(&wanted)) {
        read_version(*read);
    } else if (const auto* const prepare = std::get_if<effect::SendPrepare>(&wanted)) {
        participant_.on_command({ReloadCommand::Kind::prepare, prepare->round}, read_);
    } else if (const auto* const send = std::get_if<effect::SendPacket>(&wanted)) {
        if (const auto command = supervision::parse_reload_command(send->text))
            participant_.on_command(*command, {});
    } else if (const auto* const adopt = std::get_if<effect::AdoptVersion>(&wanted)) {
        coordinator_.on_version_adopted(adopt->round, versions_.adopt(std::move(*candidate_)),
                                        outbox_);
    } else if (const auto* const answer = std::get_if<effect::Reply>(&wanted)) {
        const auto reply = replies_.extract(answer->request);
        if (reply) reply.mapped()(answer->exit_code, answer->text);
    }
}

void LocalReload::read_version(const effect::ReadVersion& wanted) {
    std::string notes;
    ParticipantShell::Read read;
    if (const auto& previous = versions_.previous(); !wanted.previous) {
        read = read_again_(versions_.running(), notes);
    } else if (previous) {
        read = [version = *previous] { return version; };
    } else {
        return coordinator_.on_no_previous_version(wanted.round, outbox_);
    }
    candidate_ = std::make_shared<PolicyVersion>();
    read_ = [read, candidate = candidate_] { return *candidate = read(); };
    coordinator_.on_version_read(wanted.round, notes, wamp::now(), outbox_);
}

}  // namespace sallyport::gateway
