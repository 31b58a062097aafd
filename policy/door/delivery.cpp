#include "policy/door/delivery.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::Frame;
using wamp::Message;

namespace {

constexpr wamp::Duration note_interval = std::chrono::minutes(1);

// Slow is who has not caught up for a while, whether he reads or not: a burst alone makes nobody
// slow.
void see_whether_slow(Peer& peer, const DoorLimits& limits, wamp::Instant now) noexcept {
    if (peer.unsent < limits.window_bytes) {
        peer.behind_since = wamp::never;
    } else if (peer.behind_since == wamp::never) {
        peer.behind_since = now;
    }
    peer.slow = peer.behind_since != wamp::never && now - peer.behind_since >= limits.slow_after;
}

}  // namespace

/// One message in each form that a receiver needs, encoded on first use.
struct Delivery::Encoded {
    struct Slot {
        bool tried = false;
        Frame frame;  ///< empty if the serializer cannot represent the payload
    };
    std::array<Slot, 1 + wamp::all_serializers.size()>
        slots;  ///< by the serializer's number; 0: for peers that carry payloads
    std::optional<LatestEvents::Shared> latest;  ///< once needed

    const Frame& for_peer(const Peer& peer, const Message& message) {
        const bool carries = peer.carried != nullptr;
        const wamp::Serializer serializer = peer.transport.serializer;
        Slot& slot = slots[carries ? 0 : static_cast<std::size_t>(serializer)];
        if (!std::exchange(slot.tried, true)) {
            slot.frame = carries ? wamp::encode_carrying(message) : encode_for(serializer, message);
        }
        return slot.frame;
    }

    static Frame encode_for(wamp::Serializer serializer, const Message& message) {
        const wamp::Payload* const payload = wamp::payload_of(message);
        if (payload == nullptr || payload->empty() || payload->serializer == serializer) {
            return wamp::encode(serializer, message);
        }
        const auto transcoded = wamp::transcode(*payload, serializer);
        if (transcoded.has_error()) return {};
        Message copy = message;
        std::visit(
            [&](auto& m) {
                if constexpr (requires { m.payload; }) m.payload = transcoded->view();
            },
            copy);
        return wamp::encode(serializer, copy);
    }
};

void Delivery::deliver(const wamp::Deliveries& deliveries, std::vector<Undelivered>& undelivered,
                       wamp::Instant now, wamp::Outbox& out) {
    for (const auto& entry : deliveries.entries()) {
        Encoded encoded;
        for (const wamp::SessionId to : deliveries.receivers(entry)) {
            deliver_to(to, entry.message, encoded, undelivered, now, out);
        }
    }
}

void Delivery::deliver_to(wamp::SessionId to, const Message& message, Encoded& encoded,
                          std::vector<Undelivered>& undelivered, wamp::Instant now,
                          wamp::Outbox& out) {
    const Session* const session = state_.sessions.find(to);
    if (session == nullptr) return;
    if (session->peer == wamp::no_peer) return auth_calls_.on_message(*session, message);
    if (session->connection == nullptr) return;
    Peer& peer = *session->connection;
    peer.machine.sent(message);
    if (const auto* invocation = std::get_if<wamp::Invocation>(&message)) {
        const bool further = peer.machine.was_invoked(invocation->request);
        peer.machine.invoked(invocation->request);
        see_whether_slow(peer, state_.limits, now);
        return invoke(peer, further, message, encoded, undelivered, out);
    }
    if (peer.latest && !passes_latest(peer, message, encoded, now, out)) return;
    see_whether_slow(peer, state_.limits, now);
    if (peer.slow && outruns(peer, message)) return;
    const Frame& frame = encoded.for_peer(peer, message);
    if (!frame) {
        deliver_instead(peer, message, uris::invalid_argument, out);
    } else if (frame.message().size() > peer.transport.peer_receives_max) {
        deliver_instead(peer, message, uris::payload_size_exceeded, out);
    } else {
        if (std::holds_alternative<wamp::Event>(message)) ++events_sent_;
        send(peer, frame, out);
    }
}

void Delivery::invoke(Peer& peer, bool further, const Message& message, Encoded& encoded,
                      std::vector<Undelivered>& undelivered, wamp::Outbox& out) {
    std::string_view error = uris::unavailable;
    if (peer.unsent < state_.limits.callee_bytes_max) {
        const Frame& frame = encoded.for_peer(peer, message);
        if (frame && frame.message().size() <= peer.transport.peer_receives_max)
            return send(peer, frame, out);
        error = frame ? uris::payload_size_exceeded : uris::invalid_argument;
    }
    const wamp::RequestId id = std::get<wamp::Invocation>(message).request;
    undelivered.push_back({peer.session->id, id, error});
    if (!further) return;
    // It has begun to work on what it got before.
    const wamp::Dict options{{"mode", "killnowait"}, {"reason", uris::canceled}};
    send(peer, wamp::encode(peer.transport.serializer, wamp::Interrupt{id, options}), out);
}

void Delivery::send(Peer& peer, Frame frame, wamp::Outbox& out) {
    peer.unsent += frame.rawsocket().size();
    if (peer.unsent >= state_.limits.window_bytes && !std::exchange(peer.full, true) &&
        peer.session != nullptr) {
        newly_full_.push_back(peer.session->id);
    }
    out.push_back(wamp::effect::Send{peer.id, std::move(frame)});
}

bool Delivery::outruns(const Peer& peer, const Message& message) {
    if (peer.trust == Trust::link || peer.unsent < state_.limits.session_bytes_max) return false;
    Overrun overrun{peer.session->id, 0, false};
    if (const auto* event = std::get_if<wamp::Event>(&message)) {
        overrun.id = event->subscription;
    } else if (const auto* result = std::get_if<wamp::CallResult>(&message);
               result != nullptr && result->details.get_bool("progress", false)) {
        overrun.id = result->request;
        overrun.call = true;
    } else {
        return false;
    }
    if (std::find(overruns_.begin(), overruns_.end(), overrun) == overruns_.end()) {
        overruns_.push_back(overrun);
        ++overrun_;
    }
    return true;
}

bool Delivery::on_written(Peer& peer, std::size_t unsent, wamp::Instant now, wamp::Outbox& out) {
    peer.unsent = unsent;
    see_whether_slow(peer, state_.limits, now);
    const bool relieved = unsent < state_.limits.window_bytes && std::exchange(peer.full, false);
    if (peer.latest && peer.session != nullptr) send_latest(peer, now, out);
    return relieved;
}

// Subscriptions with deliver = "latest"
// ------------------------------------------------------------------------------------------------

bool Delivery::passes_latest(Peer& peer, const Message& message, Encoded& encoded,
                             wamp::Instant now, wamp::Outbox& out) {
    LatestEvents& latest = state_.judge.latest();
    const wamp::SessionId to = peer.session->id;
    if (const auto* event = std::get_if<wamp::Event>(&message)) {
        const bool room = has_room_for_latest(peer);
        if (!encoded.latest) encoded.latest.emplace();
        if (latest.offer(to, *event, *encoded.latest, room, now) == LatestEvents::Offer::send)
            return true;
        if (room) send_latest(peer, now, out);
        return false;
    }
    if (const auto* subscribed = std::get_if<wamp::Subscribed>(&message)) {
        if (latest.on_subscribed(to, *subscribed)) keep_buffer_small(peer, out);
    } else if (const auto* unsubscribed = std::get_if<wamp::Unsubscribed>(&message)) {
        latest.on_unsubscribed(to, *unsubscribed);
    } else if (const auto* error = std::get_if<wamp::Error>(&message)) {
        latest.on_error(to, error->request_type, error->request);
    }
    return true;
}

void Delivery::keep_buffer_small(Peer& peer, wamp::Outbox& out) {
    if (!std::exchange(peer.small_buffer, true)) out.push_back(wamp::effect::SmallBuffer{peer.id});
}

void Delivery::send_latest(Peer& peer, wamp::Instant now, wamp::Outbox& out) {
    LatestEvents& latest = state_.judge.latest();
    const wamp::SessionId to = peer.session->id;
    while (has_room_for_latest(peer)) {
        const auto due = latest.next(to, now);
        if (!due) return;
        send_waited(peer, *due, out);
    }
    latest.pause(to);
}

void Delivery::send_waited(Peer& peer, const LatestEvents::Due& due, wamp::Outbox& out) {
    if (!state_.judge.may_deliver(*peer.session, due.topic)) return;  // since a reload
    const Frame frame = Encoded::encode_for(peer.transport.serializer, due.event);
    if (frame && frame.message().size() <= peer.transport.peer_receives_max) {
        ++events_sent_;
        return send(peer, frame, out);
    }
    ++undeliverable_events_;
    state_.judge.latest().add_skipped(peer.session->id, due.event.subscription, due.skipped + 1);
}

void Delivery::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    while (const wamp::SessionId due = state_.judge.latest().take_due(now)) {
        const Session* const session = state_.sessions.find(due);
        if (session != nullptr && session->connection != nullptr)
            send_latest(*session->connection, now, out);
    }
}

void Delivery::redeliver(const Session& session, wamp::SubscriptionId subscription,
                         wamp::RequestId waiting, std::string_view topic, const Decision& decision,
                         wamp::Outbox& out) {
    Peer* const peer = session.connection;
    if (peer == nullptr || peer->trust == Trust::link) return;
    LatestEvents& latest = state_.judge.latest();
    const auto* const permit = std::get_if<Permit>(&decision);
    if (permit == nullptr) {
        if (waiting == 0) latest.drop(session.id, subscription);
        return;
    }
    const LatestEvents::Rule rule{session.policy, permit->rule(), topic};
    if (!peer->latest && !rule.delivery().latest) return;
    peer->latest = true;
    if (waiting != 0) {
        latest.expect(session.id, waiting, rule);
        return;
    }
    for (const auto& due : latest.change(session.id, subscription, rule))
        send_waited(*peer, due, out);
    if (rule.delivery().latest) keep_buffer_small(*peer, out);
}

void Delivery::deliver_instead(const Peer& receiver, const Message& message, std::string_view error,
                               wamp::Outbox& out) {
    const auto send = [&](wamp::Error instead) {
        wamp::Frame frame = wamp::encode(receiver.transport.serializer, instead);
        // The URI may be too long for a receiver with a small limit.
        if (frame.message().size() > receiver.transport.peer_receives_max) {
            instead.uri = uris::payload_size_exceeded;
            frame = wamp::encode(receiver.transport.serializer, instead);
        }
        out.push_back(wamp::effect::Send{receiver.id, std::move(frame)});
    };
    if (const auto* result = std::get_if<wamp::CallResult>(&message)) {
        // The caller loses only this progressive result; the call continues to its final answer.
        if (result->details.get_bool("progress", false)) {
            ++undeliverable_events_;
        } else {
            send(wamp::Error{wamp::MessageType::call, result->request, {}, std::string(error), {}});
        }
    } else if (const auto* failure = std::get_if<wamp::Error>(&message)) {
        send(wamp::Error{failure->request_type, failure->request, {}, failure->uri, {}});
    } else {
        ++undeliverable_events_;
        const auto* event = std::get_if<wamp::Event>(&message);
        if (event != nullptr && receiver.latest)
            state_.judge.latest().add_skipped(receiver.session->id, event->subscription, 1);
    }
}

void Delivery::refuse(const Session& session, wamp::MessageType type, wamp::RequestId request,
                      std::string_view uri, wamp::Outbox& out, Cause cause) {
    wamp::Error message{type, request, {}, std::string(uri), {}};
    if (session.peer == wamp::no_peer) return auth_calls_.on_message(session, message);
    if (session.connection == nullptr) return;
    Peer& peer = *session.connection;
    if (cause != Cause::none && peer.trust == Trust::link) {
        message.details.append(std::string(cause_key), to_string(cause));
    } else {
        message.payload = payload_of(cause, peer.transport.serializer);
    }
    peer.machine.sent(message);
    if (peer.latest) state_.judge.latest().on_error(session.id, type, request);
    Peers::send(peer, message, out);
}

void Delivery::note_undeliverable(wamp::Instant now, wamp::Outbox& out) {
    if (undeliverable_events_ == noted_ || now < next_note_) return;
    wamp::note(out, wamp::effect::Note::Level::warning, "could not deliver ",
               undeliverable_events_ - noted_,
               " events or progressive results: larger than the receiver accepts, or not "
               "representable in its serializer");
    noted_ = undeliverable_events_;
    next_note_ = now + note_interval;
}

}  // namespace sallyport::policy
