#include "policy/door/joining.h"

#include <string>
#include <utility>
#include <vector>

#include "wamp/base/check.h"
#include "wamp/base/text.h"
#include "wamp/base/uri.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

namespace uris = wamp::uris;

namespace {

JoinSource source_of(const Peer& peer) noexcept {
    return {peer.transport.circuit, peer.transport.address};
}

/// Where checks of the peer's tickets are counted together.
wamp::IdPair group_of(const Peer& peer) noexcept {
    const JoinSource source = source_of(peer);
    return source.is_known() ? source.key()
                             : wamp::IdPair{static_cast<wamp::Id>(peer.id), UINT64_MAX};
}

}  // namespace

Joining::Joining(DoorState& state, AuthCalls& auth_calls)
    : state_(state), auth_calls_(auth_calls), order_(state.limits.checks_max) {
    state_.random.fill(decoy_key_);
}

bool Joining::refuse_waiting(Peer& peer, wamp::Instant now, wamp::Outbox& out) {
    if (!peer.join.guessable || !failures_.waits(source_of(peer), now)) return false;
    ++refused_waiting_;
    refuse(peer, uris::authentication_denied, out, "it has to wait after failed attempts");
    return true;
}

DoorEvent Joining::on_hello(Peer& peer, const wamp::Hello& hello, wamp::Instant now,
                            wamp::Outbox& out) {
    peer.join = {};
    if (!wamp::is_valid_uri(hello.realm)) {
        refuse(peer, uris::invalid_uri, out);
        return {};
    }
    const auto realm = state_.realms.find(hello.realm);
    if (realm == nullptr) {
        refuse(peer, uris::no_such_realm, out);
        return {};
    }
    peer.realm = realm;
    peer.join.session = state_.unused_session_id();
    if (peer.trust == Trust::link) {
        Authenticator::Admitted link;
        link.principal = {std::string(gateway_role), std::string(gateway_role), "link"};
        return welcome(peer, std::move(link), out);
    }
    peer.join.name = Authenticator::name_of(hello);
    const auto method = realm->authenticator->method_of(hello);
    peer.join.guessable = method && is_guessable(*method);
    if (refuse_waiting(peer, now, out)) return {};
    return follow(peer, realm->authenticator->open(hello, arrival(peer)), now, out);
}

DoorEvent Joining::on_authenticate(Peer& peer, const wamp::Authenticate& message, wamp::Instant now,
                                   wamp::Outbox& out) {
    auto attempt = std::exchange(peer.join.attempt, std::nullopt);  // one use only (W-AUT-05)
    SALLYPORT_CHECK(attempt.has_value());
    // Checked before any work is spent on a guess.
    if (refuse_waiting(peer, now, out)) return {};
    return follow(peer,
                  peer.realm->authenticator->verify(*std::move(attempt), message, arrival(peer)),
                  now, out);
}

DoorEvent Joining::follow(Peer& peer, Authenticator::Step&& step, wamp::Instant now,
                          wamp::Outbox& out) {
    if (auto* admitted = std::get_if<Authenticator::Admitted>(&step))
        return welcome(peer, std::move(*admitted), out);
    if (auto* challenged = std::get_if<Authenticator::Challenged>(&step)) {
        challenge(peer, std::move(*challenged), out);
    } else if (auto* request = std::get_if<Authenticator::CallAuthenticator>(&step)) {
        if (state_.realms.has(peer.realm->policy->realm())) {
            auth_calls_.call(peer, std::move(*request), now, out);
        } else {  // removed by a reload
            fail(peer, {uris::authentication_denied, "the realm was removed"}, now, out);
        }
    } else if (auto* deferred = std::get_if<Authenticator::DeferredCheck>(&step)) {
        check(peer, std::move(*deferred), now, out);
    } else {
        fail(peer, std::get<Authenticator::Refused>(step), now, out);
    }
    return {};
}

void Joining::challenge(Peer& peer, Authenticator::Challenged&& challenge, wamp::Outbox& out) {
    peer.machine.challenged();
    peer.join.method = challenge.method;
    Peers::send(peer, wamp::Challenge{std::string(challenge.method), std::move(challenge.extra)},
                out);
    peer.join.attempt = std::move(challenge.attempt);
}

Peer* Joining::peer_of(const Check& check, std::uint64_t work) const noexcept {
    Peer* const peer = state_.peers.find(check.peer);
    return peer != nullptr && peer->join.work == work ? peer : nullptr;
}

// A flood of guesses must not delay existing sessions, and clients with a valid ticket only
// briefly.
void Joining::check(Peer& peer, Authenticator::DeferredCheck&& deferred, wamp::Instant now,
                    wamp::Outbox& out) {
    if (order_.waiting() >= state_.limits.checks_max) {
        order_.remove_gone([this](const TicketChecks::Check& check) {
            const auto found = checks_.find(check.work);
            const bool gone = peer_of(found->second, check.work) == nullptr;
            if (gone) checks_.erase(found);
            return gone;
        });
    }
    const std::uint64_t work = ++last_work_;
    peer.join.work = work;
    checks_[work] = {peer.id, peer.realm->authenticator, std::move(deferred)};
    const auto removed =
        order_.add({work, peer.id, group_of(peer), failures_.suspects(source_of(peer), now)});
    if (removed) {
        checks_.erase(removed->work);
        Peer* const other = state_.peers.find(removed->peer);
        if (other != nullptr && other->join.work == removed->work)
            refuse(*other, uris::unavailable, out, "too many tickets are being checked");
    }
    start_checks(now, out);
}

void Joining::start_checks(wamp::Instant now, wamp::Outbox& out) {
    while (const auto next = order_.start()) {
        const auto found = checks_.find(next->work);
        Peer* const peer = peer_of(found->second, next->work);
        if (peer == nullptr || refuse_waiting(*peer, now, out)) {  // it costs nothing
            checks_.erase(found);
            order_.end(next->work);
        } else {
            out.push_back(wamp::effect::Work{next->work, std::move(found->second.deferred.check)});
        }
    }
}

DoorEvent Joining::on_work_done(std::uint64_t work, bool result, wamp::Instant now,
                                wamp::Outbox& out) {
    auto found = checks_.extract(work);
    if (found.empty()) return {};
    order_.end(work);
    DoorEvent event = finish(std::move(found.mapped()), work, result, now, out);
    start_checks(now, out);
    return event;
}

DoorEvent Joining::finish(Check&& check, std::uint64_t work, bool result, wamp::Instant now,
                          wamp::Outbox& out) {
    Peer* const peer = peer_of(check, work);
    if (peer == nullptr) return {};
    peer->join.work = 0;
    if (refuse_waiting(*peer, now, out)) return {};
    return follow(*peer,
                  check.authenticator->conclude(std::move(check.deferred), result, arrival(*peer)),
                  now, out);
}

DoorEvent Joining::on_answer(AuthCalls::Answer&& answer, wamp::Instant now, wamp::Outbox& out) {
    Peer* const peer = state_.peers.find(answer.peer);
    if (peer == nullptr || peer->join.auth_request != answer.request) return {};
    peer->join.auth_request = 0;
    const wamp::Value* const result = answer.result ? &*answer.result : nullptr;
    return follow(
        *peer,
        peer->realm->authenticator->resume(std::move(answer.attempt), result, arrival(*peer)), now,
        out);
}

void Joining::fail(Peer& peer, const Authenticator::Refused& refused, wamp::Instant now,
                   wamp::Outbox& out) {
    if (refused.reason == uris::authentication_denied && peer.join.guessable) {
        const wamp::Duration wait =
            failures_.count(source_of(peer), peer.realm->authenticator->failures(), now);
        if (wait > wamp::Duration::zero()) note_wait(peer, wait, now, out);
    }
    refuse(peer, refused.reason, out, refused.why);
}

// Who guesses on many circuits must not fill the log: the status has the numbers, the audit log
// each attempt.
void Joining::note_wait(const Peer& peer, wamp::Duration wait, wamp::Instant now,
                        wamp::Outbox& out) {
    if (now < next_note_) return;
    next_note_ = now + note_interval;
    wamp::note(out, wamp::effect::Note::Level::warning, "guessed secrets: ", failures_.failed(),
               " attempts to join have failed so far; a source of them has to wait for ",
               std::chrono::duration_cast<std::chrono::seconds>(wait).count(), " s",
               wamp::on_circuit(peer.transport.circuit));
}

bool Joining::still_admits(Peer& peer, const Principal& principal, bool dynamic) const {
    const auto current = state_.realms.find(peer.realm->policy->realm());
    if (current == nullptr) return false;
    const bool reloaded = current != peer.realm;
    peer.realm = current;
    return !reloaded || peer.trust == Trust::link ||
           admits(*current->authenticator, principal, dynamic);
}

DoorEvent Joining::welcome(Peer& peer, Authenticator::Admitted&& admitted, wamp::Outbox& out) {
    const bool dynamic = admitted.provider == "dynamic";
    if (!still_admits(peer, admitted.principal, dynamic)) {
        refuse(peer, uris::authentication_denied, out);
        return {};
    }
    const bool guest = peer.trust == Trust::client && admitted.principal.method == guest_method;
    if (guest && state_.sessions.guests() >= state_.limits.guests_max) {
        refuse(peer, uris::unavailable, out, "no place is left for anonymous sessions");
        return {};
    }
    Session session;
    session.id = std::exchange(peer.join.session, 0);
    if (session.id == 0 || state_.sessions.has(session.id)) session.id = state_.unused_session_id();
    session.circuit = peer.transport.circuit;
    session.features = peer.machine.features();
    session.policy = peer.realm->policy;
    session.hits = peer.realm->hits;
    session.role = session.policy->role(admitted.principal.role);
    session.dynamic = dynamic;
    session.principal = std::move(admitted.principal);
    const Principal& who = session.principal;
    wamp::Welcome message{session.id,
                          {{"realm", session.policy->realm()},
                           {"authid", who.authid},
                           {"authrole", who.role},
                           {"authmethod", who.method},
                           {"authprovider", admitted.provider},
                           {"roles", state_.roles}}};
    if (!admitted.authextra.empty())
        message.details.set("authextra", std::move(admitted.authextra));
    peer.carried.reset();
    if (peer.trust == Trust::link && session.features.has(wamp::Feature::carries_payloads) &&
        peer.transport.serializer == wamp::Serializer::msgpack) {
        peer.carried = std::make_unique<wamp::CarriedPayloads>(state_.limits.message);
        message.details.append(std::string(wamp::carries_payloads_key), true);
    }
    wamp::Frame frame = wamp::encode(peer.transport.serializer, message);
    // RawSocket allows as little as 512 bytes.
    if (frame.message().size() > peer.transport.peer_receives_max) {
        refuse(peer, uris::payload_size_exceeded, out);
        return {};
    }
    Session& joined = state_.sessions.add(std::move(session));
    state_.peers.bind(peer, joined);
    peer.machine.welcomed(joined.id);
    out.push_back(wamp::effect::Joined{peer.id, true});
    out.push_back(wamp::effect::Send{peer.id, std::move(frame)});
    state_.recorder().record_join(joined);
    return door_event::Joined{joined.id};
}

void Joining::refuse(Peer& peer, std::string_view reason, wamp::Outbox& out, std::string_view why) {
    std::string text(reason);
    if (!why.empty()) text.append(": ").append(why);
    state_.recorder().record_join_refused(
        {peer.transport.circuit, peer.realm == nullptr ? nullptr : peer.realm->policy.get(),
         peer.join.name, peer.join.method},
        text);
    Peers::send(peer, wamp::Abort{{}, std::string(reason), {}}, out);
    state_.peers.close(peer, out);
}

}  // namespace sallyport::policy
