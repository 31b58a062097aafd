// Who waits for a link of the inside, and in which order what has waited crosses it.
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "backend-link/inside/inside.h"
#include "wamp/codec/caller_wait.h"
#include "wamp/codec/carried_payloads.h"

namespace sallyport::backend_link {

using wamp::PeerId;

Inside::Link* Inside::link_of(wamp::SessionId session) noexcept {
    const auto found = std::find_if(links_.begin(), links_.end(), [session](const Link& link) {
        return link.session == session && link.peer != wamp::no_peer;
    });
    return found == links_.end() ? nullptr : &*found;
}

bool Inside::has_window(const Link& link) noexcept {
    return gate_.unsent(link.peer) < config_.link_window_bytes;
}

bool Inside::must_wait(const Link& link, const wamp::Message& message) noexcept {
    if (link.egress.must_follow(message)) return true;
    if (!LinkEgress::can_wait(message)) return false;
    return !link.egress.empty() || !has_window(link) ||
           (LinkEgress::is_large(message) && gate_.carries_payloads(link.peer));
}

void Inside::hold_for_links() {
    const auto& entries = deliveries_.entries();
    const auto waits = [&](const auto& entry, wamp::SessionId to) {
        const Link* const link = link_of(to);
        return link != nullptr && must_wait(*link, entry.message);
    };
    const bool needed = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
        const auto receivers = deliveries_.receivers(entry);
        return std::any_of(receivers.begin(), receivers.end(),
                           [&](wamp::SessionId to) { return waits(entry, to); });
    });
    if (!needed) return;
    wamp::Deliveries kept;
    std::vector<wamp::SessionId> receivers;
    for (const auto& entry : entries) {
        receivers.clear();
        for (const wamp::SessionId to : deliveries_.receivers(entry)) {
            if (!waits(entry, to)) {
                receivers.push_back(to);
                continue;
            }
            Link& link = *link_of(to);
            link.egress.hold(to, entry.origin, entry.message, gate_.carries_payloads(link.peer),
                             reading_);
        }
        if (!receivers.empty()) kept.add(receivers, entry.message, entry.origin);
    }
    deliveries_ = std::move(kept);
}

void Inside::send_next(Link& link, wamp::Instant now, wamp::Outbox& out) {
    LinkEgress::Turn turn = link.egress.next();
    LinkEgress::Held& held = *turn.item;
    if (turn.is_divided()) {
        const wamp::Payload& payload = *wamp::payload_of(held.message);
        const std::size_t bytes = turn.part();
        gate_.send(link.peer, wamp::encode_part(turn.stream, payload, turn.sent, bytes), out);
        turn.sent += bytes;
        if (turn.sent < turn.bytes) return link.egress.again(std::move(turn));
        wamp::set_stream(held.message, turn.stream);
        link.egress.done(turn);
    }
    const policy::Session* const session = gate_.sessions().find(held.to);
    if (session == nullptr) return;  // it has left, and the link is about to be closed
    deliveries_.add(held.to, held.message);
    flush(realm_of(*session), now, out, Crossing::now);
}

void Inside::pump_links(wamp::Instant now, wamp::Outbox& out) {
    if (std::exchange(pumping_, true)) return;
    for (Link& link : links_) {
        while (!link.egress.empty() && has_window(link)) send_next(link, now, out);
    }
    pumping_ = false;
}

std::size_t Inside::unsent_to_links() noexcept {
    std::size_t sum = 0;
    for (const Link& link : links_) sum += gate_.unsent(link.peer) + link.egress.bytes();
    return sum;
}

bool Inside::exceeds_links(PeerId service) noexcept {
    if (unsent_to_links() < config_.link_room_bytes) return false;
    std::size_t bytes = 0;
    for (const Link& link : links_) bytes += link.egress.bytes_by(service);
    return bytes > config_.limits.window_bytes;
}

void Inside::slow_down_callers(wamp::Realm& realm, wamp::Outbox& out) {
    for (const auto& [caller, waits] : realm.take_caller_waits()) {
        if (const Link* link = link_of(caller.via)) {
            const bool is_its_own = caller.via == caller.session;
            if (is_its_own || !gate_.carries_payloads(link->peer)) continue;
            gate_.send(link->peer, wamp::encode_caller_wait({caller.session, waits}), out);
            continue;
        }
        const policy::Session* const session = gate_.sessions().find(caller.via);
        const bool is_there = session != nullptr && session->connection != nullptr;
        if (waits && is_there) {
            outrunning_.insert(caller.via);
            out.push_back(wamp::effect::Pause{session->peer});
        } else if (!waits && outrunning_.erase(caller.via) != 0 && is_there) {
            out.push_back(wamp::effect::Resume{session->peer});
        }
    }
}

bool Inside::outruns_callees(PeerId client) const noexcept {
    if (outrunning_.empty()) return false;
    const policy::Session* const session = gate_.door().session_of(client);
    return session != nullptr && outrunning_.contains(session->id);
}

void Inside::resume_services(wamp::Outbox& out) {
    std::erase_if(waiting_, [&](PeerId service) {
        if (exceeds_links(service)) return false;
        out.push_back(wamp::effect::Resume{service});
        return true;
    });
}

void Inside::on_written(PeerId peer, std::size_t unsent, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session* const callee = gate_.on_written(peer, unsent, now, out);
    if (callee != nullptr) {
        wamp::Realm& realm = realm_of(*callee);
        realm.set_room(callee->id, true);
        // A link gets held invocations and what else waits for it by turns.
        while (has_room(*callee) && realm.invoke_held(callee->id, now, deliveries_)) {
            flush(realm, now, out);
            Link* const link = link_of(callee->id);
            if (link != nullptr && !link->egress.empty()) send_next(*link, now, out);
        }
    }
    pump_links(now, out);
    resume_services(out);
    act_on(gate_.next(now, out), now, out);
}

}  // namespace sallyport::backend_link
