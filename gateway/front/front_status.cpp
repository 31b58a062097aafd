// What a front tells of itself: the state of its links, and the memory that it holds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/front/front.h"
#include "wamp/base/text.h"
#include "wamp/base/timestamp.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {

using wamp::PeerId;

namespace {

/// The memory for what they count.
std::size_t bytes_of(const backend_link::Bridge::Counts& counts) noexcept {
    return counts.publication_bytes + counts.waiting_bytes +
           (counts.subscriptions + counts.registrations) * policy::entry_bytes +
           (counts.calls + counts.invocations) * policy::call_bytes;
}

std::uint64_t count_us(wamp::Duration time) noexcept {
    return static_cast<std::uint64_t>(time / std::chrono::microseconds(1));
}

}  // namespace

std::vector<Front::LinkStatus> Front::links(wamp::Instant now) const {
    std::vector<LinkStatus> status;
    status.reserve(backends_.size());
    for (const auto& backend : backends_) {
        if (backend->removed) continue;
        const backend_link::Health& health = backend->health;
        status.push_back({backend->name, backend->bridge.up(), backend->drained,
                          backend->link.round_trip().value_or(wamp::Duration::zero()),
                          health.sums(now),
                          health.ejected() ? health.deadline() - now : wamp::Duration::zero(),
                          health.share(now), backend->bridge.counts(), backend->queue.size(),
                          backend->queue.bytes(), backend->changed, backend->reason});
    }
    return status;
}

std::vector<backend_link::LinkSnapshot> Front::link_snapshots() const {
    std::vector<backend_link::LinkSnapshot> snapshots;
    snapshots.reserve(backends_.size());
    for (const auto& backend : backends_) {
        if (backend->removed) continue;
        const backend_link::Bridge::Counts counts = backend->bridge.counts();
        backend_link::LinkSnapshot link;
        link.name = backend->name;
        link.up = backend->bridge.up();
        link.ups = backend->ups;
        link.round_trip = backend->link.round_trip();
        link.drained = backend->drained;
        link.calls = counts.calls;
        link.invocations = counts.invocations;
        link.subscriptions = counts.subscriptions;
        link.registrations = counts.registrations;
        link.publications = counts.publications;
        link.waiting = counts.waiting;
        link.held = backend->queue.size();
        link.held_bytes = backend->queue.bytes();
        link.events = backend->events;
        snapshots.push_back(std::move(link));
    }
    return snapshots;
}

void Front::note_down(Backend& backend, std::string_view why, wamp::Instant now) {
    if (backend.bridge.up()) backend.changed = now;
    backend.reason = wamp::printable(why);
}

std::size_t Front::held_bytes() const noexcept {
    return gate_.meta().bytes() + held_of_peers();
}

std::size_t Front::held_of_peers() const noexcept {
    std::size_t bytes = gate_.door().judge().latest().bytes();
    for (const auto& backend : backends_)
        bytes += backend->queue.bytes() + bytes_of(backend->bridge.counts());
    return bytes;
}

std::size_t Front::held_of(PeerId peer) const {
    const policy::Session* const session = gate_.door().session_of(peer);
    if (session == nullptr) return 0;
    std::size_t bytes = gate_.door().judge().latest().bytes_of(session->id);
    for (const auto& backend : backends_) {
        bytes +=
            backend->queue.bytes_of(*session) + bytes_of(backend->bridge.counts_of(session->id));
    }
    return bytes;
}

std::vector<std::uint64_t> Front::circuits_of(std::string_view realm,
                                              std::string_view authid) const {
    std::vector<std::uint64_t> circuits;
    gate_.door().for_each_session([&](const policy::Session& session) {
        if (session.circuit == 0 || session.principal.authid != authid ||
            session.policy->realm() != realm)
            return;
        if (std::find(circuits.begin(), circuits.end(), session.circuit) == circuits.end())
            circuits.push_back(session.circuit);
    });
    return circuits;
}

std::string Front::status_json(const wamp::Dict& extra, wamp::Instant now) {
    wamp::List links;
    for (const auto& link : Front::links(now)) {
        links.push_back(wamp::Dict{{"name", link.name},
                                   {"up", link.up},
                                   {"since", wamp::to_rfc3339(gate_.civil_time().at(link.since))},
                                   {"reason", link.reason},
                                   {"drained", link.drained},
                                   {"calls", std::uint64_t{link.counts.calls}},
                                   {"subscriptions", std::uint64_t{link.counts.subscriptions}},
                                   {"registrations", std::uint64_t{link.counts.registrations}},
                                   {"held", std::uint64_t{link.held}},
                                   {"round_trip_us", count_us(link.round_trip)},
                                   {"last_calls", link.last.calls},
                                   {"last_failed", link.last.failed},
                                   {"last_latency_us", count_us(link.last.latency())},
                                   {"ejected_ms", count_us(link.ejected_for) / 1000},
                                   {"share", std::uint64_t{link.share}}});
    }
    const policy::Door& door = gate_.door();
    wamp::Dict status{{"connections", std::uint64_t{door.peers()}},
                      {"sessions", std::uint64_t{door.joined()}},
                      {"decisions", gate_.decisions_status()},
                      {"events", gate_.events_status()},
                      {"joins", gate_.joins_status()},
                      {"circuits", wamp::Dict{{"bytes", std::uint64_t{under_way_.bytes()}},
                                              {"waiting", std::uint64_t{under_way_.waiting()}}}},
                      {"links", std::move(links)}};
    for (const auto& [name, value] : extra) status.set(name, value);
    return wamp::encode_value(wamp::Serializer::json, status);
}

}  // namespace sallyport::gateway
