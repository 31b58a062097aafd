#include "backend-link/link/link_machine.h"

#include <chrono>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/text.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

constexpr wamp::Duration goodbye_wait = std::chrono::seconds(1);

/// Sealed payloads of clients are forwarded unchanged.
LinkMachine::Config with_features(LinkMachine::Config config) {
    config.session.passthru = true;
    config.session.carries_payloads = config.profile.carries_payloads;
    return config;
}

}  // namespace

LinkMachine::LinkMachine(Config config, wamp::Random random)
    : config_(with_features(std::move(config))),
      session_(config_.session),
      backoff_(random),
      pulse_(config_.pulse, config_.dials) {}

void LinkMachine::start(wamp::Instant now, Outbox& out) {
    if (state_ != State::idle) return;
    if (!config_.dials) return wait({}, now);
    state_ = State::dialling;
    due_ = now + config_.join_timeout;
    out.dial = true;
}

void LinkMachine::on_open(wamp::Instant now, Outbox& out) {
    SALLYPORT_CHECK(state_ != State::joining && state_ != State::up);
    if (state_ == State::stopping || state_ == State::stopped) {
        out.close = true;
        return;
    }
    session_ = Session(config_.session);
    state_ = State::joining;
    pulse_.begin(now);
    due_ = now + config_.join_timeout;
    out.send.emplace_back(session_.hello());
}

LinkMachine::Verdict LinkMachine::on_closed(std::string_view why, wamp::Instant now, Outbox& out) {
    switch (state_) {
        case State::idle:
        case State::waiting:
        case State::stopped:
            return Verdict::none;
        case State::stopping:
            state_ = State::stopped;
            due_ = wamp::never;
            return Verdict::none;
        case State::dialling:
        case State::joining:
            note_failure("no link: " + std::string(why), now, out);
            wait(backoff_.after_end(now), now);
            return Verdict::none;
        case State::up:
            break;
    }
    out.note = "link lost: " + std::string(why);
    wait(backoff_.after_end(now), now);
    return Verdict::lost;
}

void LinkMachine::on_failed(Failure failure, std::string_view why, wamp::Instant now, Outbox& out) {
    const bool beside = state_ == State::up && pulse_.dialling();
    if (state_ != State::dialling && !beside) return;
    // The first connection has not ended, and either answers or is given up soon.
    if (beside) return pulse_.on_dial_failed(now, backoff_.after_no_answer());
    const bool reached = failure == Failure::not_opened;
    note_failure("no link: " + std::string(why), now, out);
    wait(reached ? backoff_.after_end(now) : backoff_.after_no_answer(), now);
}

void LinkMachine::note_failure(std::string note, wamp::Instant now, Outbox& out) {
    if (const auto more = failures_.note(note, now)) out.note = std::move(note) + *more;
}

LinkMachine::Verdict LinkMachine::on_message(const wamp::Message& message, wamp::Instant now,
                                             Outbox& out) {
    switch (state_) {
        case State::idle:
        case State::waiting:
        case State::dialling:
        case State::stopped:
            return Verdict::none;  // from an abandoned transport
        case State::joining:
        case State::up:
            pulse_.on_alive(now);
            return handle(session_.judge(message), now, out);
        case State::stopping:
            break;
    }
    const Session::Verdict verdict = session_.judge(message);
    if (verdict == Session::Verdict::ended || verdict == Session::Verdict::aborted ||
        verdict == Session::Verdict::violation) {
        state_ = State::stopped;
        due_ = wamp::never;
        out.close = true;
    }
    return Verdict::none;
}

std::string LinkMachine::end_of_session() const {
    std::string text(session_.reason());
    if (!session_.message().empty()) text += ": " + wamp::printable(session_.message());
    return text;
}

LinkMachine::Verdict LinkMachine::handle(Session::Verdict verdict, wamp::Instant now, Outbox& out) {
    switch (verdict) {
        case Session::Verdict::send:
            out.send.push_back(session_.take_reply());
            if (session_.state() != Session::State::ended) return Verdict::none;
            return drop("the router sent GOODBYE: " + end_of_session(), now, out);
        case Session::Verdict::joined:
            state_ = State::up;
            backoff_.up(now);
            failures_.forget();
            due_ = wamp::never;
            return Verdict::up;
        case Session::Verdict::dispatch:
            return Verdict::dispatch;
        case Session::Verdict::ignore:
            return Verdict::none;
        case Session::Verdict::ended:
            return drop("the session has ended", now, out);
        case Session::Verdict::aborted:
            return drop("the router refused: " + end_of_session(), now, out);
        case Session::Verdict::violation:
            break;
    }
    out.send.emplace_back(wamp::Abort{{}, std::string(wamp::uris::protocol_violation), {}});
    return drop("the router violated the protocol: " + std::string(session_.reason()), now, out);
}

LinkMachine::Verdict LinkMachine::on_deadline(wamp::Instant now, Outbox& out) {
    if (now < deadline()) return Verdict::none;
    switch (state_) {
        case State::idle:
        case State::stopped:
            return Verdict::none;
        case State::waiting:
            state_ = State::dialling;
            due_ = now + config_.join_timeout;
            out.dial = true;
            return Verdict::none;
        case State::dialling:
            out.close = true;
            note_failure("no link: no connection in time", now, out);
            wait(backoff_.after_no_answer(), now);
            return Verdict::none;
        case State::joining:
            return drop("no link: no WELCOME in time", now, out);
        case State::stopping:
            state_ = State::stopped;
            due_ = wamp::never;
            out.close = true;
            return Verdict::none;
        case State::up:
            break;
    }
    const Pulse::Due due = pulse_.on_deadline(now);
    if (due == Pulse::Due::dead) return drop("link lost: no data received in time", now, out);
    if (due == Pulse::Due::probe || due == Pulse::Due::probe_and_dial) probe(out);
    out.dial = due == Pulse::Due::dial || due == Pulse::Due::probe_and_dial;
    return Verdict::none;
}

void LinkMachine::probe(Outbox& out) const noexcept {
    const bool up = state_ == State::up;
    out.ping = config_.profile.rawsocket_ping && (up || state_ == State::joining);
    out.request = up && !config_.profile.rawsocket_ping;
}

wamp::Instant LinkMachine::deadline() const noexcept {
    return state_ == State::up ? pulse_.deadline() : due_;
}

LinkMachine::Verdict LinkMachine::stop(wamp::Instant now, Outbox& out) {
    switch (state_) {
        case State::stopping:
        case State::stopped:
            return Verdict::none;
        case State::idle:
        case State::waiting:
            state_ = State::stopped;
            due_ = wamp::never;
            return Verdict::none;
        case State::dialling:
        case State::joining:
            state_ = State::stopped;
            due_ = wamp::never;
            out.close = true;
            return Verdict::none;
        case State::up:
            break;
    }
    state_ = State::stopping;
    due_ = now + goodbye_wait;
    out.send.emplace_back(session_.leave(wamp::uris::system_shutdown));
    return Verdict::lost;
}

LinkMachine::Verdict LinkMachine::drop(std::string note, wamp::Instant now, Outbox& out) {
    const bool was_up = state_ == State::up;
    out.close = true;
    if (was_up) {
        out.note = std::move(note);
    } else {
        note_failure(std::move(note), now, out);
    }
    wait(backoff_.after_end(now), now);
    return was_up ? Verdict::lost : Verdict::none;
}

void LinkMachine::wait(wamp::Duration wait, wamp::Instant now) {
    state_ = State::waiting;
    pulse_.end();
    due_ = config_.dials ? now + wait : wamp::never;
}

}  // namespace sallyport::backend_link
