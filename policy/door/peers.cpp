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
    peers_.erase(PeerId{peer.id});
}

void Peers::close(Peer& peer, wamp::Outbox& out) {
    out.push_back(wamp::effect::Close{peer.id});
    remove(peer);
}

void Peers::bind(Peer& peer, Session& session) noexcept {
    peer.session = &session;
    peer.due = wamp::never;
    session.peer = peer.id;
    session.connection = &peer;
}

Session* Peers::unbind(Peer& peer) noexcept {
    Session* const session = std::exchange(peer.session, nullptr);
    if (session != nullptr) session->connection = nullptr;
    return session;
}

void Peers::set_due(Peer& peer, wamp::Duration timeout, wamp::Instant now) {
    peer.due = now + timeout;
    (peer.is_leaving() ? leaving_ : joining_).emplace_back(peer.due, peer.id);
}

Peer* Peers::next_due(wamp::Instant now) noexcept {
    for (Queue* const queue : {&joining_, &leaving_}) {
        while (!queue->empty() && queue->front().first <= now) {
            const auto [due, id] = queue->front();
            queue->pop_front();
            Peer* const peer = find(id);
            if (peer != nullptr && peer->due == due) return peer;
        }
    }
    return nullptr;
}

wamp::Instant Peers::deadline() const noexcept {
    wamp::Instant earliest = wamp::never;
    for (const Queue* const queue : {&joining_, &leaving_}) {
        if (!queue->empty()) earliest = std::min(earliest, queue->front().first);
    }
    return earliest;
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
