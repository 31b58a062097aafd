// Who waits for a link, and in which order what has waited crosses it.
#include <algorithm>
#include <utility>
#include <variant>

#include "backend-link/bridge/link_wire.h"
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

// What the sessions of a circuit have waiting together
// -------------------------------------------------------------------------------------------------

wamp::flow::CircuitBytes::Charge Front::charge_for(const policy::Session& session,
                                                   const wamp::Message& message) {
    return under_way_.charge(sender_of(session), backend_link::bytes_of(message));
}

void Front::read_on(const policy::Session& session, LinkQueue::Held& held, wamp::Outbox& out) {
    held.charge = {};
    if (outruns_callees(session.id)) return;
    if (under_way_.must_wait(sender_of(session))) {
        under_way_.wait(sender_of(session), session.peer);
    } else {
        out.push_back(wamp::effect::Resume{session.peer});
    }
}

// Somebody else than CircuitBytes may have had it read on, such as the pace of denials.
void Front::forget_wait(wamp::PeerId peer) {
    const policy::Session* const session = gate_.door().session_of(peer);
    if (session != nullptr) under_way_.forget(sender_of(*session));
}

bool Front::has_to_wait(wamp::PeerId peer, bool is_held) {
    const policy::Session* const session = gate_.door().session_of(peer);
    if (is_held || session == nullptr || !under_way_.must_wait(sender_of(*session))) return false;
    under_way_.wait(sender_of(*session), peer);
    return true;
}

void Front::settle_circuits(wamp::Outbox& out) {
    while (const auto circuit = under_way_.take_full()) pause_circuit(*circuit, out);
    for (const wamp::PeerId peer : under_way_.take_relieved())
        out.push_back(wamp::effect::Resume{peer});
}

// Those with a message in a queue are not read anyway; so that each has only one there, they must
// not be resumed before it has crossed.
void Front::pause_circuit(std::uint64_t circuit, wamp::Outbox& out) {
    gate_.door().for_each_session([&](const policy::Session& session) {
        if (session.circuit != circuit || session.peer == reading_ ||
            !under_way_.must_wait(sender_of(session)))
            return;
        const bool held = std::any_of(backends_.begin(), backends_.end(), [&](const auto& backend) {
            return backend->queue.holds(session);
        });
        if (held) return;
        if (under_way_.wait(sender_of(session), session.peer))
            out.push_back(wamp::effect::Pause{session.peer});
    });
}

// Callers whose calls outrun their callees
// -------------------------------------------------------------------------------------------------

bool Front::outruns_callees(wamp::SessionId session) const noexcept {
    return std::any_of(backends_.begin(), backends_.end(), [session](const auto& backend) {
        return backend->outrunning.contains(session);
    });
}

bool Front::outruns_callees(wamp::PeerId client) const noexcept {
    const bool any = std::any_of(backends_.begin(), backends_.end(),
                                 [](const auto& backend) { return !backend->outrunning.empty(); });
    if (!any) return false;
    const policy::Session* const session = gate_.door().session_of(client);
    return session != nullptr && outruns_callees(session->id);
}

void Front::on_caller_wait(Backend& backend, const wamp::CallerWait& wait, wamp::Outbox& out) {
    if (!wait.waits) return stop_waiting(backend, wait.session, out);
    const policy::Session* const session = gate_.sessions().find(wait.session);
    if (session == nullptr || session->connection == nullptr) return;
    backend.outrunning.insert(session->id);
    out.push_back(wamp::effect::Pause{session->peer});
}

void Front::stop_waiting(Backend& backend, wamp::SessionId session, wamp::Outbox& out) {
    if (backend.outrunning.erase(session) == 0 || outruns_callees(session)) return;
    const policy::Session& waited = *gate_.sessions().find(session);
    const bool held = std::any_of(backends_.begin(), backends_.end(),
                                  [&](const auto& each) { return each->queue.holds(waited); });
    if (held) return;  // it is read on when that has crossed
    if (under_way_.must_wait(sender_of(waited))) {
        under_way_.wait(sender_of(waited), waited.peer);
    } else {
        out.push_back(wamp::effect::Resume{waited.peer});
    }
}

void Front::on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now,
                       wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) {
        gate_.on_written(peer, unsent, now, out);
        return;
    }
    Backend& backend = *link->second;
    backend.queue.on_written(unsent);
    if (!backend.queue.is_due()) return;
    pump(backend, now, out);
    act_on(gate_.next(now, out), now, out);
}

// What waits for one backend may move to another, which then has to be pumped too; a second time
// for one that has been passed already.
void Front::pump(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    pump_alone(backend, now, out);
    if (!routes_.has_lists() || std::exchange(pumping_, true)) return;
    for (int pass = 0; pass < 2; ++pass) {
        for (auto& each : backends_) {
            if (each->bridge.up() && each->queue.is_due()) pump_alone(*each, now, out);
        }
    }
    pumping_ = false;
}

void Front::pump_alone(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
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
        read_on(session, held, out);
        return cross(*followup, now, out);
    }
    auto& request = std::get<Door::Request>(held.what);
    if (session.policy != held.policy) {  // a reload has come between
        auto verdict = gate_.judge().judge_again(session, request.message);
        if (!verdict.permit) {
            read_on(session, held, out);
            return refuse(session, request.message, verdict.error, out);
        }
        request.permit = *std::move(verdict.permit);
        held.policy = session.policy;
        held.passed = 0;
    }
    Backend* to = &backend;
    if (held.whole || !backend.bridge.up() || reads_history(request.message) ||
        !routes_.leads_to(*session.policy, request.permit.route(), index_of(backend))) {
        to = target_of(session, request, now);
        if (to == nullptr) {
            read_on(session, held, out);
            return refuse(session, request.message, wamp::uris::no_such_subscription, out);
        }
    }
    if (to != &backend) wamp::set_stream(request.message, 0);
    if (to != &backend || stream == 0) {
        Backend* const next = next_in_the_way(request, *to, held.passed);
        held.whole = next != nullptr;
        if (next != nullptr) return next->queue.hold(std::move(held));
        if (to != &backend && to->bridge.up() &&
            (!to->queue.is_open() || to->queue.is_divided(request.message)))
            return to->queue.hold(std::move(held));
    }
    read_on(session, held, out);
    // Its time runs from its arrival.
    if (const auto* call = std::get_if<wamp::Call>(&request.message)) {
        const wamp::Duration timeout = backend_link::timeout_of(*call, request.permit);
        if (timeout != wamp::Duration::zero() && held.since + timeout <= now)
            return refuse(session, request.message, wamp::uris::timeout, out);
    }
    cross(*to, request, held.since, now, out);
}

}  // namespace sallyport::gateway
