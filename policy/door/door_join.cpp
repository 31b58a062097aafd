// How a peer of a door becomes a session.
#include <algorithm>
#include <utility>

#include "policy/door/door.h"
#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::PeerId;

namespace {

constexpr std::string_view too_many = "too many failed attempts";

}  // namespace

bool Door::is_blocked(const Peer& peer, wamp::Instant now) const noexcept {
    return failures_.blocks(peer.transport.circuit, peer.realm->policy->realm(), peer.joining.name,
                            peer.realm->authenticator->failures(), now);
}

Door::Event Door::join(PeerId id, Peer& peer, const wamp::Hello& hello, wamp::Instant now,
                       wamp::Outbox& out) {
    peer.joining = {};
    if (!wamp::is_valid_uri(hello.realm)) return refuse_join(id, peer, uris::invalid_uri, out);
    const auto realm = realms_.find(hello.realm);
    if (realm == realms_.end()) return refuse_join(id, peer, uris::no_such_realm, out);
    peer.realm = realm->second;
    do {
        peer.joining.session = random_.global_id();
    } while (sessions_.has(peer.joining.session));
    if (peer.trust == Trust::link) {
        Authenticator::Admitted link;
        link.principal = {std::string(gateway_role), std::string(gateway_role), "link"};
        return welcome(id, peer, std::move(link), out);
    }
    const Authenticator& authenticator = *peer.realm->authenticator;
    peer.joining.name = Authenticator::name_of(hello);
    if (is_blocked(peer, now))
        return refuse_join(id, peer, uris::authentication_denied, out, too_many);
    return step(id, peer, authenticator.open(hello, arrival(peer)), now, out);
}

Door::Event Door::authenticate(PeerId id, Peer& peer, const wamp::Authenticate& message,
                               wamp::Instant now, wamp::Outbox& out) {
    SALLYPORT_CHECK(peer.joining.attempt.has_value());
    auto attempt = *std::exchange(peer.joining.attempt, std::nullopt);  // one use only (W-AUT-05)
    // Before the work of a guess is done.
    if (is_blocked(peer, now))
        return refuse_join(id, peer, uris::authentication_denied, out, too_many);
    return step(id, peer,
                peer.realm->authenticator->verify(std::move(attempt), message, arrival(peer)), now,
                out);
}

Door::Event Door::step(PeerId id, Peer& peer, Authenticator::Step&& step, wamp::Instant now,
                       wamp::Outbox& out) {
    if (auto* admitted = std::get_if<Authenticator::Admitted>(&step)) {
        return welcome(id, peer, std::move(*admitted), out);
    }
    if (auto* challenge = std::get_if<Authenticator::Challenged>(&step)) {
        peer.machine.challenged();
        peer.joining.method = challenge->method;
        const wamp::Challenge message{std::string(challenge->method), std::move(challenge->extra)};
        out.push_back(wamp::effect::Send{id, wamp::encode(peer.transport.serializer, message)});
        peer.joining.attempt = std::move(challenge->attempt);
        return {};
    }
    if (auto* asked = std::get_if<Authenticator::Asked>(&step)) {
        const bool gone = !realms_.contains(peer.realm->policy->realm());  // with a reload
        if (gone)
            return fail(id, peer, {uris::authentication_denied, "the realm is gone"}, now, out);
        ask(id, peer, std::move(*asked), now, out);
        return {};
    }
    if (auto* slow = std::get_if<Authenticator::Slow>(&step))
        return check(id, peer, std::move(*slow), out);
    return fail(id, peer, std::get<Authenticator::Refused>(step), now, out);
}

// A flood of guesses must hold up neither those who are in nor, for longer than a moment, those who
// know their ticket.
Door::Event Door::check(PeerId id, Peer& peer, Authenticator::Slow&& slow, wamp::Outbox& out) {
    if (checking_.size() >= limits_.checks_max) {
        return refuse_join(id, peer, uris::unavailable, out, "too many tickets are being checked");
    }
    peer.joining.work = ++last_work_;
    Checking& entry = checking_[last_work_];
    entry = {id, peer.realm->authenticator, std::move(slow)};
    out.push_back(wamp::effect::Work{last_work_, std::move(entry.slow.check)});
    return {};
}

Door::Event Door::on_work_done(std::uint64_t work, bool result, wamp::Instant now,
                               wamp::Outbox& out) {
    const auto found = checking_.find(work);
    if (found == checking_.end()) return {};
    Checking done = std::move(found->second);
    checking_.erase(found);
    const auto peer = peers_.find(done.peer);
    if (peer == peers_.end() || peer->second.joining.work != work)
        return {};  // it has gone or given up
    peer->second.joining.work = 0;
    if (is_blocked(peer->second, now)) {
        return refuse_join(done.peer, peer->second, uris::authentication_denied, out, too_many);
    }
    return step(done.peer, peer->second,
                done.authenticator->conclude(std::move(done.slow), result, arrival(peer->second)),
                now, out);
}

Door::Event Door::fail(PeerId id, Peer& peer, const Authenticator::Refused& refused,
                       wamp::Instant now, wamp::Outbox& out) {
    const std::uint64_t circuit = peer.transport.circuit;
    const bool counts = refused.reason == uris::authentication_denied;
    const bool last =
        counts && failures_.count(circuit, peer.realm->policy->realm(), peer.joining.name,
                                  peer.realm->authenticator->failures(), now);
    Event event = refuse_join(id, peer, refused.reason, out, refused.why);
    if (!last) return event;
    std::vector<PeerId> others;  // of the circuit, that have no session either
    for (const auto& [other, candidate] : peers_) {
        const bool leaving = candidate.machine.state() == wamp::ServerSession::State::shutting_down;
        if (candidate.transport.circuit == circuit && candidate.session == 0 && !leaving)
            others.push_back(other);
    }
    std::sort(others.begin(), others.end());
    for (const PeerId other : others)
        refuse_join(other, peers_.at(other), uris::authentication_denied, out, too_many);
    return event;
}

Door::Event Door::welcome(PeerId id, Peer& peer, Authenticator::Admitted&& admitted,
                          wamp::Outbox& out) {
    const bool dynamic = admitted.provider == "dynamic";
    if (!still_admits(peer, admitted.principal, dynamic))
        return refuse_join(id, peer, uris::authentication_denied, out);
    Session session;
    session.id = std::exchange(peer.joining.session, 0);
    while (session.id == 0 || sessions_.has(session.id)) session.id = random_.global_id();
    session.peer = id;
    session.circuit = peer.transport.circuit;
    session.features = peer.machine.features();
    session.policy = peer.realm->policy;
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
                           {"roles", roles_}}};
    if (!admitted.authextra.empty())
        message.details.set("authextra", std::move(admitted.authextra));
    wamp::Frame frame = wamp::encode(peer.transport.serializer, message);
    if (frame.message().size() >
        peer.transport.peer_receives_max) {  // RawSocket allows as little as 512 bytes
        return refuse_join(id, peer, uris::payload_size_exceeded, out);
    }
    peer.session = session.id;
    peer.due = wamp::never;
    peer.machine.welcomed(session.id);
    out.push_back(wamp::effect::Send{id, std::move(frame)});
    record_join(peer, session);
    const wamp::SessionId session_id = session.id;
    sessions_.add(std::move(session));
    return Joined{session_id};
}

Door::Event Door::refuse_join(PeerId id, Peer& peer, std::string_view reason, wamp::Outbox& out,
                              std::string_view why) {
    record_refusal(
        peer, why.empty() ? std::string(reason) : std::string(reason) + ": " + std::string(why));
    return abort(id, peer, reason, out);
}

void Door::turn_away(wamp::Outbox& out) {
    std::vector<PeerId> strangers;
    for (const auto& [id, peer] : peers_) {
        const bool leaving = peer.machine.state() == wamp::ServerSession::State::shutting_down;
        if (peer.session == 0 && !leaving) strangers.push_back(id);
    }
    std::sort(strangers.begin(), strangers.end());
    for (const PeerId id : strangers) refuse_join(id, peers_.at(id), uris::system_shutdown, out);
}

}  // namespace sallyport::policy
