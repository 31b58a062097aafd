#include "policy/door/joining.h"

#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "policy/auth/auth_dynamic.h"
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
    : state_(state), auth_calls_(auth_calls), order_(state.limits.checks_max) {}

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
        const std::string name(gateway_role);
        return welcome(peer, {{name, name, "link"}}, out);
    }
    peer.join.name = name_of(hello);
    const JoinTerms& terms = *realm->terms;
    const auto method = terms.method_of(hello);
    peer.join.guessable = method && is_guessable(*method);
    if (refuse_waiting(peer, now, out)) return {};
    if (!method) {
        refuse(peer, JoinTerms::refusal_of(hello), out);
        return {};
    }
    auto request = read_request(hello, *method);
    if (const auto* why = std::get_if<std::string_view>(&request)) {
        fail(peer, *why, now, out);
        return {};
    }
    peer.join.request = std::get<JoinRequest>(std::move(request));
    if (*method == Method::anonymous) {
        peer.join.request.authid = "anonymous-" + std::to_string(state_.random.global_id());
        if (!terms.asks_for(*method)) {
            return welcome(peer,
                           {{peer.join.request.authid, terms.anonymous_role(),
                             std::string(to_string(*method))}},
                           out);
        }
    }
    ask(peer, auth_question::Open{peer.join.request, peer.join.session}, out);
    return {};
}

DoorEvent Joining::on_authenticate(Peer& peer, const wamp::Authenticate& message, wamp::Instant now,
                                   wamp::Outbox& out) {
    const AttemptId attempt = std::exchange(peer.join.attempt, 0);  // one use only (W-AUT-05)
    // Checked before any work is spent on a guess.
    if (refuse_waiting(peer, now, out)) return {};
    if (peer.join.request.method == Method::ticket) {
        if (peer.realm->terms->asks_for(Method::ticket)) peer.join.ticket = message.signature;
        check(peer, attempt, read_proof(message), now, out);
    } else {
        ask(peer, auth_question::Prove{attempt, read_proof(message)}, out);
    }
    return {};
}

// Questions and answers
// ---------------------------------------------------------------------------------------------

void Joining::ask(Peer& peer, Question question, wamp::Outbox& out) {
    peer.join.question = ++last_question_;
    out.push_back(
        wamp::effect::Ask{encode(AuthQuestion{last_question_, peer.id, std::move(question)})});
}

Peer* Joining::peer_of(wamp::PeerId id, std::uint64_t question) const noexcept {
    Peer* const peer = state_.peers.find(id);
    return peer != nullptr && question != 0 && peer->join.question == question ? peer : nullptr;
}

DoorEvent Joining::on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out) {
    auto answer = decode_answer(packet);
    if (!answer) return {};
    const bool was_check = checks_.erase(answer->number) != 0;
    if (was_check) order_.end(answer->number);
    DoorEvent event = act_on(*std::move(answer), now, out);
    // Only now, as what was wrong counts for those who wait.
    if (was_check) start_checks(now, out);
    return event;
}

DoorEvent Joining::act_on(AuthAnswer&& answer, wamp::Instant now, wamp::Outbox& out) {
    Peer* const peer = peer_of(answer.peer, answer.number);
    if (peer == nullptr) return {};
    peer->join.question = 0;
    if (refuse_waiting(*peer, now, out)) return {};
    if (auto* admitted = std::get_if<auth_answer::Admitted>(&answer.body)) {
        return welcome(*peer,
                       {{std::move(admitted->authid), std::move(admitted->role),
                         std::string(to_string(peer->join.request.method))},
                        admitted->dynamic ? "dynamic" : "static",
                        std::move(admitted->extra)},
                       out);
    }
    if (auto* challenged = std::get_if<auth_answer::Challenge>(&answer.body)) {
        challenge(*peer, std::move(*challenged), out);
    } else if (const auto* asked = std::get_if<auth_answer::Call>(&answer.body)) {
        call(*peer, *asked, now, out);
    } else {
        const auto& refused = std::get<auth_answer::Refused>(answer.body);
        if (refused.reason == auth_answer::Refused::Reason::denied) {
            fail(*peer, refused.why, now, out);
        } else {
            refuse(*peer, uris::unavailable, out, refused.why);
        }
    }
    return {};
}

// Checks that wait for their turn are not asked yet, and go on.
void Joining::on_authenticator_lost(wamp::Instant now, wamp::Outbox& out) {
    for (Peer* const peer : state_.peers.without_session()) {
        if (peer->join.question == 0) continue;
        const auto waits = checks_.find(peer->join.question);
        if (waits != checks_.end() && waits->second.gives_up == wamp::never) continue;
        refuse(*peer, uris::unavailable, out, "the authenticator has ended");
    }
    for (auto entry = checks_.begin(); entry != checks_.end();) {
        const bool asked = entry->second.gives_up != wamp::never;
        if (asked) order_.end(entry->first);
        entry = asked ? checks_.erase(entry) : std::next(entry);
    }
    start_checks(now, out);
}

void Joining::challenge(Peer& peer, auth_answer::Challenge&& challenge, wamp::Outbox& out) {
    peer.machine.challenged();
    peer.join.method = to_string(peer.join.request.method);
    peer.join.attempt = challenge.attempt;
    Peers::send(peer, wamp::Challenge{std::string(peer.join.method), std::move(challenge.extra)},
                out);
}

void Joining::call(Peer& peer, const auth_answer::Call& call, wamp::Instant now,
                   wamp::Outbox& out) {
    peer.join.attempt = call.attempt;
    if (!state_.realms.has(peer.realm->policy->realm())) {  // removed by a reload
        fail(peer, "the realm was removed", now, out);
    } else if (peer.realm->terms->dynamic() == nullptr) {
        fail(peer, "there is no procedure", now, out);
    } else {
        auth_calls_.call(peer, call.hide_ticket, now, out);
        peer.join.ticket.clear();
    }
}

DoorEvent Joining::on_procedure_answer(AuthCalls::Answer&& answer, wamp::Outbox& out) {
    Peer* const peer = state_.peers.find(answer.peer);
    if (peer == nullptr || peer->join.auth_request != answer.request) return {};
    peer->join.auth_request = 0;
    const JoinRequest& request = peer->join.request;
    auto found = answer.result ? read_dynamic_answer(*answer.result, request.method, request.realm,
                                                     request.authid)
                               : nullptr;
    ask(*peer, auth_question::Resume{std::exchange(peer->join.attempt, 0), std::move(found)}, out);
    return {};
}

// Tickets
// ---------------------------------------------------------------------------------------------

// A flood of guesses must not delay clients with a valid ticket more than briefly.
void Joining::check(Peer& peer, AttemptId attempt, Proof&& proof, wamp::Instant now,
                    wamp::Outbox& out) {
    if (order_.waiting() >= state_.limits.checks_max) {
        order_.remove_gone([this](const TicketChecks::Check& check) {
            const bool gone = peer_of(check.peer, check.work) == nullptr;
            if (gone) checks_.erase(check.work);
            return gone;
        });
    }
    const std::uint64_t question = ++last_question_;
    peer.join.question = question;
    checks_[question] = {peer.id, attempt, std::move(proof)};
    const auto removed =
        order_.add({question, peer.id, group_of(peer), failures_.suspects(source_of(peer), now)});
    if (removed) {
        checks_.erase(removed->work);
        if (Peer* const other = peer_of(removed->peer, removed->work))
            refuse(*other, uris::unavailable, out, "too many tickets are being checked");
    }
    start_checks(now, out);
}

void Joining::start_checks(wamp::Instant now, wamp::Outbox& out) {
    for (auto entry = checks_.begin(); entry != checks_.end();) {
        const bool lost = entry->second.gives_up <= now;
        if (lost) order_.end(entry->first);
        entry = lost ? checks_.erase(entry) : std::next(entry);
    }
    while (const auto next = order_.start()) {
        const auto found = checks_.find(next->work);
        Check& check = found->second;
        Peer* const peer = peer_of(check.peer, next->work);
        if (peer == nullptr || refuse_waiting(*peer, now, out)) {  // it costs nothing
            checks_.erase(found);
            order_.end(next->work);
            continue;
        }
        check.gives_up = now + check_patience;
        out.push_back(wamp::effect::Ask{encode(AuthQuestion{
            next->work, peer->id, auth_question::Prove{check.attempt, std::move(check.proof)}})});
    }
}

// The end of an attempt
// ---------------------------------------------------------------------------------------------

void Joining::fail(Peer& peer, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    if (peer.join.guessable) {
        const wamp::Duration wait =
            failures_.count(source_of(peer), peer.realm->terms->failures(), now);
        if (wait > wamp::Duration::zero()) note_wait(peer, wait, now, out);
    }
    refuse(peer, uris::authentication_denied, out, why);
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
    peer.realm = current;
    return peer.trust == Trust::link || current->terms->admits(principal, dynamic);
}

DoorEvent Joining::welcome(Peer& peer, Admission&& admission, wamp::Outbox& out) {
    const bool dynamic = admission.provider == "dynamic";
    if (!still_admits(peer, admission.principal, dynamic)) {
        refuse(peer, uris::authentication_denied, out);
        return {};
    }
    const bool guest = peer.trust == Trust::client && admission.principal.method == guest_method;
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
    session.counts = peer.realm->counts;
    session.role = session.policy->role(admission.principal.role);
    session.dynamic = dynamic;
    session.principal = std::move(admission.principal);
    const Principal& who = session.principal;
    wamp::Welcome message{session.id,
                          {{"realm", session.policy->realm()},
                           {"authid", who.authid},
                           {"authrole", who.role},
                           {"authmethod", who.method},
                           {"authprovider", admission.provider},
                           {"roles", state_.roles}}};
    if (!admission.extra.empty()) message.details.set("authextra", std::move(admission.extra));
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
    peer.join.request = {};
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
