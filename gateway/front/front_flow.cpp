// Who waits for a link, and in which order what has waited crosses it.
#include <utility>
#include <variant>

#include "gateway/front/front.h"

namespace sallyport::gateway {

using policy::Door;

// Only a session that is being read can wait. What a session leaves behind (testaments), and the
// gateway's own calls, are bounded by limits of their own.
bool Front::must_wait(const Backend& backend, const policy::Session& session) const noexcept {
    return session.peer == reading_ && reading_ != wamp::no_peer && backend.bridge.up() &&
           !backend.queue.is_open();
}

bool Front::lacks_room(Backend& backend, const policy::Session& session,
                       const wamp::Message& message) {
    return session.peer == reading_ && reading_ != wamp::no_peer &&
           std::holds_alternative<wamp::Publish>(message) &&
           !backend.bridge.has_room_to_publish(session.id);
}

void Front::on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now,
                       wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) return;
    Backend& backend = *link->second;
    backend.queue.on_written(unsent);
    if (!backend.queue.is_due()) return;
    pump(backend, now, out);
    act_on(gate_.next(now, out), now, out);
}

void Front::pump(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    while (backend.bridge.up() ? backend.queue.is_due() : !backend.queue.empty()) {
        release(backend, *backend.queue.next(), now, out);
    }
}

void Front::release(Backend& backend, LinkQueue::Held& held, wamp::Instant now, wamp::Outbox& out) {
    policy::Session& session = *held.session;
    if (std::holds_alternative<LinkQueue::WaitedForLink>(held.what)) {
        if (!backend.bridge.up()) return;  // it goes on waiting
        backend.bridge.forward_waiting(session.id, bridge_out_);
        return flush(backend, now, out);
    }
    out.push_back(wamp::effect::Resume{session.peer});
    if (auto* followup = std::get_if<Door::Followup>(&held.what)) return cross(*followup, now, out);
    auto& request = std::get<Door::Request>(held.what);
    if (session.policy != held.policy) {  // a reload has come between
        auto verdict = gate_.judge().judge_again(session, request.message);
        if (!verdict.permit) return refuse(session, request.message, verdict.error, out);
        request.permit = *std::move(verdict.permit);
    }
    cross(*backends_[route_of(session, request.permit)], request, now, out);
}

}  // namespace sallyport::gateway
