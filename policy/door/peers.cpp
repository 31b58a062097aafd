#include "policy/door/peers.h"

#include <algorithm>

namespace sallyport::policy {

using wamp::PeerId;

Peer& Peers::add(PeerId id) {
    auto& peer = peers_[id];
    peer = std::make_unique<Peer>();
    peer->id = id;
    return *peer;
}

void Peers::remove(Peer& peer) noexcept {
    unbind(peer);
    set_due(peer, wamp::never);
    peers_.erase(PeerId{peer.id});
}

void Peers::close(Peer& peer, wamp::Outbox& out) {
    out.push_back(wamp::effect::Close{peer.id});
    remove(peer);
}

void Peers::bind(Peer& peer, Session& session) noexcept {
    peer.session = &session;
    peer.latest = false;
    set_due(peer, wamp::never);
    session.peer = peer.id;
    session.connection = &peer;
}

Session* Peers::unbind(Peer& peer) noexcept {
    Session* const session = std::exchange(peer.session, nullptr);
    if (session != nullptr) session->connection = nullptr;
    return session;
}

void Peers::set_due(Peer& peer, wamp::Instant due) noexcept {
    if (peer.due != wamp::never) due_.erase({peer.due, peer.id});
    peer.due = due;
    if (due != wamp::never) due_.emplace(due, peer.id);
}

Peer* Peers::next_due(wamp::Instant now) noexcept {
    if (deadline() > now) return nullptr;
    Peer* const peer = find(due_.begin()->second);
    set_due(*peer, wamp::never);
    return peer;
}

std::vector<Peer*> Peers::without_session() const {
    std::vector<Peer*> found;
    for (const auto& [id, peer] : peers_) {
        if (peer->session == nullptr && !peer->is_leaving()) found.push_back(peer.get());
    }
    std::sort(found.begin(), found.end(),
              [](const Peer* a, const Peer* b) { return a->id < b->id; });
    return found;
}

std::vector<wamp::SessionId> Peers::sessions() const {
    std::vector<wamp::SessionId> ids;
    for (const auto& [id, peer] : peers_) {
        if (peer->session != nullptr) ids.push_back(peer->session->id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace sallyport::policy
