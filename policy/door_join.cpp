// How a peer of a door becomes a session.
#include <algorithm>
#include <utility>

#include "policy/door.h"
#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::PeerId;

namespace {

constexpr std::string_view link_role = "gateway";

}  // namespace

Door::Event Door::join(PeerId id, Peer& peer, const wamp::Hello& hello, wamp::Outbox& out) {
    if (!wamp::is_valid_uri(hello.realm)) return refuse_join(id, peer, uris::invalid_uri, out);
    const auto realm = realms_.find(hello.realm);
    if (realm == realms_.end()) return refuse_join(id, peer, uris::no_such_realm, out);
    peer.realm = &realm->second;
    if (peer.trust == Trust::link) {
        return welcome(id, peer, {std::string(link_role), std::string(link_role), "link"}, out);
    }
    const std::string anonymous_authid = "anonymous-" + std::to_string(random_.global_id());
    auto opening = peer.realm->authenticator->open(hello, anonymous_authid);
    if (auto* principal = std::get_if<Principal>(&opening)) return welcome(id, peer, std::move(*principal), out);
    if (auto* challenge = std::get_if<Authenticator::Challenged>(&opening)) {
        peer.machine.challenged();
        const wamp::Challenge message{challenge->method, challenge->extra};
        out.push_back(wamp::effect::Send{id, wamp::encode(peer.transport.serializer, message)});
        peer.challenge = std::move(*challenge);
        return {};
    }
    return refuse_join(id, peer, std::get<Authenticator::Refused>(opening).reason, out);
}

Door::Event Door::authenticate(PeerId id, Peer& peer, const wamp::Authenticate& message, wamp::Outbox& out) {
    SALLYPORT_CHECK(peer.challenge.has_value());
    const auto challenge = *std::exchange(peer.challenge, std::nullopt);  // one use only (W-AUT-05)
    auto verified = peer.realm->authenticator->verify(challenge, message);
    if (auto* principal = std::get_if<Principal>(&verified)) return welcome(id, peer, std::move(*principal), out);
    return refuse_join(id, peer, std::get<Authenticator::Refused>(verified).reason, out);
}

Door::Event Door::welcome(PeerId id, Peer& peer, Principal principal, wamp::Outbox& out) {
    Session session;
    do {
        session.id = random_.global_id();
    } while (sessions_.has(session.id));
    session.peer = id;
    session.features = peer.machine.features();
    session.policy = peer.realm->policy;
    session.role = session.policy->role(principal.role);
    session.principal = std::move(principal);
    const Principal& who = session.principal;
    const wamp::Welcome message{session.id,
                                {{"realm", session.policy->realm()},
                                 {"authid", who.authid},
                                 {"authrole", who.role},
                                 {"authmethod", who.method},
                                 {"authprovider", "static"},
                                 {"roles", roles_}}};
    wamp::Frame frame = wamp::encode(peer.transport.serializer, message);
    if (frame.message().size() > peer.transport.peer_receives_max) {  // RawSocket allows as little as 512 bytes
        return refuse_join(id, peer, uris::payload_size_exceeded, out);
    }
    peer.session = session.id;
    peer.due = wamp::never;
    peer.machine.welcomed(session.id);
    out.push_back(wamp::effect::Send{id, std::move(frame)});
    record_join(peer, session, out);
    const wamp::SessionId session_id = session.id;
    sessions_.add(std::move(session));
    return Joined{session_id};
}

Door::Event Door::refuse_join(PeerId id, Peer& peer, std::string_view reason, wamp::Outbox& out) {
    record_refusal(peer, reason, out);
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
