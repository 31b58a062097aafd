#include "backend-link/link/link_machine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "wamp/base/check.h"
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
    : config_(with_features(std::move(config))), session_(config_.session), backoff_(random) {}

void LinkMachine::start(wamp::Instant now, Outbox& out) {
    if (state_ != State::idle) return;
    if (!config_.dials) {
        wait(now);
        return;
    }
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
    last_received_ = now;
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
            out.note = "no link: " + std::string(why);
            wait(now);
            return Verdict::none;
        case State::up:
            break;
    }
    out.note = "link lost: " + std::string(why);
    wait(now);
    return Verdict::lost;
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
            last_received_ = now;
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

LinkMachine::Verdict LinkMachine::handle(Session::Verdict verdict, wamp::Instant now, Outbox& out) {
    switch (verdict) {
        case Session::Verdict::send:
            out.send.push_back(session_.take_reply());
            if (session_.state() != Session::State::ended) return Verdict::none;
            return drop("the router sent GOODBYE: " + std::string(session_.reason()), now, out);
        case Session::Verdict::joined:
            state_ = State::up;
            backoff_.succeeded();
            due_ = config_.profile.rawsocket_ping ? now + config_.heartbeat : wamp::never;
            return Verdict::up;
        case Session::Verdict::dispatch:
            return Verdict::dispatch;
        case Session::Verdict::ignore:
            return Verdict::none;
        case Session::Verdict::ended:
            return drop("the session has ended", now, out);
        case Session::Verdict::aborted:
            return drop("the router refused: " + std::string(session_.reason()), now, out);
        case Session::Verdict::violation:
            break;
    }
    out.send.emplace_back(wamp::Abort{{}, std::string(wamp::uris::protocol_violation), {}});
    return drop("the router violated the protocol: " + std::string(session_.reason()), now, out);
}

LinkMachine::Verdict LinkMachine::on_deadline(wamp::Instant now, Outbox& out) {
    if (now < due_) return Verdict::none;
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
            return drop("no link: no connection in time", now, out);
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
    if (now - last_received_ >= config_.dead_after)
        return drop("link lost: no data received in time", now, out);
    check_alive(now, out);
    return Verdict::none;
}

// Sends a PING after each period of silence, so that one lost reply does not end the link.
void LinkMachine::check_alive(wamp::Instant now, Outbox& out) {
    if (now - last_received_ < config_.heartbeat) {
        due_ = last_received_ + config_.heartbeat;
        return;
    }
    out.ping = true;
    due_ = std::min(now + config_.heartbeat, last_received_ + config_.dead_after);
}

wamp::Instant LinkMachine::deadline() const noexcept {
    return due_;
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
    out.note = std::move(note);
    wait(now);
    return was_up ? Verdict::lost : Verdict::none;
}

void LinkMachine::wait(wamp::Instant now) {
    state_ = State::waiting;
    due_ = config_.dials ? now + backoff_.next() : wamp::never;
}

}  // namespace sallyport::backend_link
