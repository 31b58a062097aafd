// Who waits for a link, and in which order what has waited crosses it.
#include <utility>
#include <variant>

#include "gateway/front/front.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

using policy::Door;

// Only a session that is being read can wait. What a session leaves behind (testaments), and the
// gateway's own calls, are bounded by limits of their own.
bool Front::can_wait(const policy::Session& session) const noexcept {
    return reading_ != wamp::no_peer && session.peer == reading_ && session.connection != nullptr;
}

bool Front::must_wait(const Backend& backend, const policy::Session& session,
                      const wamp::Message& message) const noexcept {
    return can_wait(session) && backend.bridge.up() &&
           (!backend.queue.is_open() || backend.queue.is_divided(message));
}

bool Front::lacks_room(Backend& backend, const policy::Session& session,
                       const wamp::Message& message) {
    return can_wait(session) && std::holds_alternative<wamp::Publish>(message) &&
           !backend.bridge.has_room_to_publish(session.id);
}

void Front::on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now,
                       wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) {
        gate_.on_written(peer, unsent, now);
        return;
    }
    Backend& backend = *link->second;
    backend.queue.on_written(unsent);
    if (!backend.queue.is_due()) return;
    pump(backend, now, out);
    act_on(gate_.next(now, out), now, out);
}

void Front::pump(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    while (backend.bridge.up() ? backend.queue.is_due() : !backend.queue.empty()) {
        LinkQueue::Turn turn = backend.queue.next();
        const bool in_parts = turn.is_divided() && backend.bridge.up();
        if (in_parts && !send_part(backend, turn, out)) {
            backend.queue.again(std::move(turn));
            continue;
        }
        const wamp::Id stream = in_parts ? turn.stream : 0;
        release(backend, *turn.item, stream, now, out);
        if (stream != 0 && crossed_stream_ != stream)
            send(backend, wamp::encode_part_end(stream), out);
        crossed_stream_ = 0;
        if (turn.is_divided()) backend.queue.done(turn);
    }
}

bool Front::send_part(Backend& backend, LinkQueue::Turn& turn, wamp::Outbox& out) {
    const wamp::Payload& payload = *wamp::payload_of(*turn.item->message());
    const std::size_t bytes = turn.part();
    send(backend, wamp::encode_part(turn.stream, payload, turn.sent, bytes), out);
    turn.sent += bytes;
    return turn.sent == turn.bytes;
}

void Front::send(Backend& backend, wamp::Frame&& frame, wamp::Outbox& out) {
    if (backend.peer == wamp::no_peer) return;
    backend.queue.sent(frame.rawsocket().size());
    out.push_back(wamp::effect::Send{backend.peer, std::move(frame)});
}

backend_link::LinkWire Front::wire_of(const Backend& backend) noexcept {
    const policy::Transport& transport = backend.transport;
    return {backend.carried ? std::nullopt : std::optional(transport.serializer),
            transport.peer_receives_max};
}

void Front::release_late(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    wamp::note(out, wamp::effect::Note::Level::warning, "link ", backend.name,
               ": does not acknowledge publications");
    while (const auto publisher = backend.queue.late(now)) {
        backend.bridge.give_up_publications(*publisher, bridge_out_);
        flush(backend, now, out);
        backend.queue.relieve(*publisher);
    }
    pump(backend, now, out);
}

void Front::release(Backend& backend, LinkQueue::Held& held, wamp::Id stream, wamp::Instant now,
                    wamp::Outbox& out) {
    policy::Session& session = *held.session;
    if (std::holds_alternative<LinkQueue::WaitedForLink>(held.what)) {
        if (!backend.bridge.up()) return;  // it goes on waiting
        backend.bridge.forward_waiting(session.id, bridge_out_);
        return flush(backend, now, out);
    }
    wamp::set_stream(*held.message(), stream);
    if (auto* followup = std::get_if<Door::Followup>(&held.what)) {
        out.push_back(wamp::effect::Resume{session.peer});
        return cross(*followup, now, out);
    }
    auto& request = std::get<Door::Request>(held.what);
    if (session.policy != held.policy) {  // a reload has come between
        auto verdict = gate_.judge().judge_again(session, request.message);
        if (!verdict.permit) {
            out.push_back(wamp::effect::Resume{session.peer});
            return refuse(session, request.message, verdict.error, out);
        }
        request.permit = *std::move(verdict.permit);
        held.policy = session.policy;
        Backend& moved = *backends_[route_of(session, request.permit)];
        if (&moved != &backend) {
            wamp::set_stream(request.message, 0);
            if (moved.bridge.up() && !moved.queue.is_open())
                return moved.queue.hold(std::move(held));
        }
    }
    out.push_back(wamp::effect::Resume{session.peer});
    // Its time runs from its arrival.
    if (const auto* call = std::get_if<wamp::Call>(&request.message)) {
        const wamp::Duration timeout = backend_link::timeout_of(*call, request.permit);
        if (timeout != wamp::Duration::zero() && held.since + timeout <= now)
            return refuse(session, request.message, wamp::uris::timeout, out);
    }
    cross(*backends_[route_of(session, request.permit)], request, held.since, now, out);
}

}  // namespace sallyport::gateway
