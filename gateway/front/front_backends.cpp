// Routes with several backends: which one serves a request, and what the others get.
#include <algorithm>
#include <utility>
#include <variant>

#include "backend-link/bridge/link_wire.h"
#include "gateway/front/front.h"
#include "gateway/front/rendezvous.h"
#include "wamp/base/check.h"
#include "wamp/message/passthru.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

using backend_link::Holding;
using policy::Door;
using wamp::PeerId;
using Level = wamp::effect::Note::Level;

RouteTable Front::routes_by(const std::vector<policy::DoorRealm>& realms,
                            const LinkChange& links) const {
    return {realms, [&](std::string_view name) {
                for (BackendNumber number = 0; number < backends_.size(); ++number) {
                    if (backends_[number]->name == name && !backends_[number]->removed &&
                        std::count(links.removed.begin(), links.removed.end(), number) == 0)
                        return number;
                }
                const auto added =
                    std::find_if(links.added.begin(), links.added.end(),
                                 [&](const auto& backend) { return backend.name == name; });
                SALLYPORT_CHECK(added != links.added.end());
                return static_cast<BackendNumber>(backends_.size()) +
                       static_cast<BackendNumber>(added - links.added.begin());
            }};
}

std::span<const BackendNumber> Front::backends_of(const Door::Request& request) const noexcept {
    return routes_.backends_of(*request.session->policy, request.permit.route());
}

Front::Backend& Front::choose(const Door::Request& request, wamp::Instant now) {
    const auto numbers = backends_of(request);
    if (numbers.size() == 1) return *backends_[numbers.front()];
    const bool is_subscribe = std::holds_alternative<wamp::Subscribe>(request.message);
    if (is_subscribe || std::holds_alternative<wamp::Register>(request.message)) {
        // One that has it, or waits for it, decides on the id; then all have the same.
        const policy::RouteInfo& route = request.session->policy->route(request.permit.route());
        const policy::Question question =
            is_subscribe ? policy::question_of(std::get<wamp::Subscribe>(request.message))
                         : policy::question_of(std::get<wamp::Register>(request.message));
        for (const BackendNumber number : numbers) {
            Backend& backend = *backends_[number];
            if (backend.bridge.up() && backend.bridge.names(question, route)) return backend;
        }
    }
    const auto key = spread_key(request);
    const auto rank = [&](const Backend& backend) {
        const unsigned own = rank_of(backend);
        return own == 0 && key && !has_returned_for(*key, backend, now) ? 1 : own;
    };
    return *backends_[*std::min_element(
        numbers.begin(), numbers.end(), [&](BackendNumber first, BackendNumber second) {
            const Backend& a = *backends_[first];
            const Backend& b = *backends_[second];
            const unsigned rank_a = rank(a);
            const unsigned rank_b = rank(b);
            if (rank_a != rank_b || !key) return rank_a < rank_b;
            return rendezvous_weight(*key, a.name) > rendezvous_weight(*key, b.name);
        })];
}

// Only calls are spread: the order of a publisher's events is that of the acknowledgements.
std::optional<std::string> Front::spread_key(const Door::Request& request) {
    const auto* const call = std::get_if<wamp::Call>(&request.message);
    if (call == nullptr) return std::nullopt;
    const policy::Spread& spread = request.session->policy->route(request.permit.route()).spread;
    switch (spread.by) {
        case policy::Spread::By::none:
            return std::nullopt;
        case policy::Spread::By::caller:
            return request.session->principal.authid;
        case policy::Spread::By::argument: {
            // Without the argument, or a payload that cannot be read, one backend would have all.
            std::string key = wamp::is_passthru(call->options)
                                  ? std::string()
                                  : policy::key_of(spread.key, call->payload);
            return key.empty() ? request.session->principal.authid : std::move(key);
        }
    }
    return std::nullopt;
}

bool Front::drain(std::string_view link, bool drained) {
    for (auto& backend : backends_) {
        if (backend->name != link || backend->removed) continue;
        backend->drained = drained;
        return true;
    }
    return false;
}

std::vector<std::string_view> Front::only_served_by(std::string_view link) const {
    for (const auto& backend : backends_) {
        if (backend->name == link && !backend->removed)
            return routes_.routes_only_to(index_of(*backend));
    }
    return {};
}

// Publications
// -----------------------------------------------------------------------------------------------

bool Front::is_copied(const Door::Request& request) const noexcept {
    return routes_.has_lists() && std::holds_alternative<wamp::Publish>(request.message) &&
           backends_of(request).size() > 1;
}

Front::Backend* Front::next_in_the_way(const Door::Request& request, const Backend& chosen,
                                       std::size_t& passed) const noexcept {
    if (!is_copied(request)) return nullptr;
    const auto numbers = backends_of(request);
    while (passed < numbers.size()) {
        Backend& backend = *backends_[numbers[passed++]];
        if (&backend != &chosen && backend.bridge.up() && !backend.queue.is_open()) return &backend;
    }
    return nullptr;
}

void Front::send_copies(const Backend& chosen, const Door::Request& request,
                        const wamp::Publish& publish, wamp::Instant now, wamp::Outbox& out) {
    for (const BackendNumber number : backends_of(request)) {
        Backend& backend = *backends_[number];
        if (&backend == &chosen || !backend.bridge.up()) continue;
        wamp::Message copy = publish;
        wamp::set_stream(copy, 0);
        wamp::OwnedPayload keep;
        if (!backend_link::prepare_for_link(wire_of(backend), copy, keep).empty()) continue;
        backend.bridge.copy(*request.session, request.permit,
                            std::get<wamp::Publish>(std::move(copy)), bridge_out_);
        flush(backend, now, out);
    }
}

// Subscriptions and registrations
// -----------------------------------------------------------------------------------------------

void Front::settle_changes(wamp::Instant now, wamp::Outbox& out) {
    const auto changes = std::exchange(changes_, {});
    for (auto at = changes.begin(); at != changes.end(); ++at) {
        const auto& change = *at;
        const bool is_superseded = std::any_of(at + 1, changes.end(), [&](const auto& later) {
            return later.session == change.session && later.id == change.id &&
                   later.registration == change.registration;
        });
        if (is_superseded) continue;
        if (!change.held) {
            Holding holding;
            holding.session = change.session;
            holding.registration = change.registration;
            holding.id = change.id;
            holding.by = change.by;
            drop_everywhere(holding, now, out);
            continue;
        }
        for (const auto& backend : backends_) {
            const auto holding =
                backend->bridge.holding(change.session, change.id, change.registration);
            if (!holding) continue;
            copy_holding(*holding, nullptr, now, out);
            break;
        }
    }
}

backend_link::LinkSet Front::holders_of(const Holding& holding) const noexcept {
    const auto& links = holding.registration ? ids_.registrations : ids_.subscriptions;
    return links.of(holding.session, holding.id);
}

void Front::drop_everywhere(const Holding& holding, wamp::Instant now, wamp::Outbox& out) {
    const backend_link::LinkSet holders = holders_of(holding);
    for (BackendNumber number = 0; number < backends_.size(); ++number) {
        if (!holders.has(number)) continue;
        backends_[number]->bridge.drop(holding, bridge_out_);
        flush(*backends_[number], now, out);
    }
}

void Front::copy_holding(const Holding& holding, const Backend* only, wamp::Instant now,
                         wamp::Outbox& out) {
    const policy::Session* const session = gate_.sessions().find(holding.session);
    if (session == nullptr) return;
    const auto decision =
        policy::Judge::would_decide(*session->policy, *session, holding.question());
    const auto* const permit = std::get_if<policy::Permit>(&decision);
    if (permit == nullptr) return;  // the reload that denies it revokes it
    const backend_link::LinkSet holders = holders_of(holding);
    for (const BackendNumber number : routes_.backends_of(*session->policy, permit->route())) {
        Backend& backend = *backends_[number];
        if (holders.has(number) || (only != nullptr && &backend != only)) continue;
        if (backend.bridge.adopt(holding, *permit, bridge_out_)) flush(backend, now, out);
    }
}

// The link is up and has what it had before.
void Front::share_with(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    if (!routes_.has_lists()) return;
    const BackendNumber number = index_of(backend);
    for (const auto& other : backends_) {
        if (other.get() == &backend) continue;
        for (const Holding& holding : other->bridge.holdings()) {
            if (holding.waiting == 0 && !holders_of(holding).has(number))
                copy_holding(holding, &backend, now, out);
        }
        if (!other->bridge.up()) hand_over(*other, backend);
    }
}

void Front::hand_over(Backend& from, Backend& to) {
    const auto serves = [&](const backend_link::Bridge::Waits& waits) {
        // History is where the subscription is.
        if (reads_history(waits.message)) return false;
        if (routes_.knows(waits.policy))
            return routes_.leads_to(waits.policy, waits.route, index_of(to));
        const policy::Session* const session = gate_.sessions().find(waits.from);
        if (session == nullptr) return false;
        // A reload has come between; it is decided again when it is sent.
        const auto decision = std::visit(
            [&](const auto& request) -> policy::Decision {
                if constexpr (requires { policy::question_of(request); })
                    return policy::Judge::would_decide(*session->policy, *session,
                                                       policy::question_of(request));
                return policy::Denial{};
            },
            waits.message);
        const auto* const permit = std::get_if<policy::Permit>(&decision);
        return permit != nullptr &&
               routes_.leads_to(*session->policy, permit->route(), index_of(to));
    };
    from.bridge.hand_over(to.bridge, serves);
}

// What waits for a link that is down does not wait if another one is up.
void Front::hand_over_waiting(Backend& from, wamp::Instant now, wamp::Outbox& out) {
    if (!routes_.has_lists() || from.bridge.up()) return;
    for (auto& other : backends_) {
        if (!other->bridge.up() || from.bridge.counts().waiting == 0) continue;
        hand_over(from, *other);
        await_turns(*other);
        pump(*other, now, out);
    }
}

void Front::move_waiting(Backend& removed, wamp::Instant now, wamp::Outbox& out) {
    for (auto& other : backends_) {
        if (other->removed || removed.bridge.counts().waiting == 0) continue;
        hand_over(removed, *other);
        if (!other->bridge.up()) continue;
        await_turns(*other);
        pump(*other, now, out);
    }
    removed.bridge.refuse_waiting(bridge_out_);
    flush(removed, now, out);
}

void Front::await_turns(Backend& backend) {
    for (const auto& waiting : backend.bridge.waiting())
        backend.queue.await_turn(*gate_.sessions().find(waiting.from), waiting.bytes);
}

Front::Backend* Front::with_rival(PeerId peer) noexcept {
    const auto found = std::find_if(backends_.begin(), backends_.end(),
                                    [&](const auto& backend) { return backend->rival.is(peer); });
    return found == backends_.end() ? nullptr : found->get();
}

void Front::refuse_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    out.push_back(wamp::effect::Close{backend.rival.end()});
    if (backend.link.dials()) return;
    const std::string& rival = backend.rival.address();
    const auto more = backend.refusals.note(rival.substr(0, rival.rfind(':')), now);
    if (!more) return;
    wamp::note(out, Level::warning, "link ", backend.name, ": a second connection, from ", rival,
               ", is refused: the one from ", backend.address,
               " stands; one inside runs twice, or two have the same key", *more);
}

void Front::take_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    if (!backend.rival.exists()) return;
    const PeerId peer = backend.rival.end();
    open_link(backend, peer, backend.rival_transport, backend.rival.address(), now, out);
}

}  // namespace sallyport::gateway
