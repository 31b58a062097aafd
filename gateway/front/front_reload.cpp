// How the front switches to another version of its policy at run time.
#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/front/front.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

namespace uris = wamp::uris;
using backend_link::Holding;
using backend_link::LinkMachine;
using backend_link::Rewriting;
using policy::Door;

/// A subscription or registration that has to leave backends or to be added to others. Without a
/// permit it is revoked.
struct Front::HoldingChange {
    Holding holding;
    std::vector<Backend*> from;     ///< at least one, if it is revoked
    std::vector<BackendNumber> to;  ///< may not be there yet
    bool stays = false;             ///< at a backend that it has
    std::optional<policy::Permit> permit{};

    bool is_lost() const noexcept { return !stays && to.empty(); }
};

template <class DecisionOf>
std::vector<Front::HoldingChange> Front::judge(const RouteTable& routes,
                                               DecisionOf&& decision_of) const {
    std::vector<HoldingChange> changed;
    for (const auto& backend : backends_) {
        for (Holding& holding : backend->bridge.holdings()) {
            const policy::Session* const session = gate_.sessions().find(holding.session);
            if (session == nullptr) continue;
            // One that several have is decided once; an unanswered request is at one backend.
            const BackendNumber number = index_of(*backend);
            backend_link::LinkSet holders;
            if (holding.waiting == 0) holders = holders_of(holding);
            holders.add(number);
            if (holders.first() != number) continue;
            const policy::RealmPolicy* policy = nullptr;
            auto decision = decision_of(*session, holding, policy);
            if (policy == nullptr) continue;  // the session ends
            HoldingChange judged{std::move(holding), {}, {}};
            backend_link::LinkSet stay;
            if (auto* permit = std::get_if<policy::Permit>(&decision)) {
                const bool same_name =
                    judged.holding.rewriting == Rewriting(policy->route(permit->route()));
                for (const BackendNumber to : routes.backends_of(*policy, permit->route())) {
                    if (same_name && holders.has(to)) {
                        stay.add(to);
                    } else {
                        judged.to.push_back(to);
                    }
                }
                judged.stays = !stay.empty();
                if (judged.stays && judged.holding.waiting != 0) continue;
                judged.permit = std::move(*permit);
            }
            for (BackendNumber from = 0; from < backends_.size(); ++from) {
                if (holders.has(from) && !stay.has(from))
                    judged.from.push_back(backends_[from].get());
            }
            if (!judged.from.empty() || !judged.to.empty()) changed.push_back(std::move(judged));
        }
    }
    return changed;
}

Front::Reloaded Front::count(std::size_t ended, const std::vector<HoldingChange>& judged) {
    Reloaded summary;
    summary.sessions_ended = ended;
    for (const HoldingChange& each : judged) {
        if (each.is_lost()) {
            ++(each.holding.registration ? summary.registrations_revoked
                                         : summary.subscriptions_revoked);
        } else if (!each.from.empty()) {
            ++summary.moved;
        }
    }
    return summary;
}

Front::Reloaded Front::would_reload(const std::vector<policy::DoorRealm>& realms,
                                    const LinkChange& links) const {
    const auto ended = gate_.door().ended_by(realms);
    const auto decision_of = [&](const policy::Session& session, const Holding& holding,
                                 const policy::RealmPolicy*& policy) -> policy::Decision {
        const bool ends =
            std::binary_search(ended.begin(), ended.end(), Door::Ended{session.id, {}},
                               [](const auto& a, const auto& b) { return a.session < b.session; });
        const auto* const realm = policy::find_realm(realms, session.policy->realm());
        if (ends || realm == nullptr) return policy::Denial{};
        policy = realm->policy.get();
        return policy::Judge::would_decide(*policy, session, holding.question());
    };
    return count(ended.size(), judge(routes_by(realms, links), decision_of));
}

Front::Reloaded Front::reload(std::vector<policy::DoorRealm> realms, wamp::Instant now,
                              wamp::Outbox& out, LinkChange links) {
    RouteTable routes = routes_by(realms, links);
    const auto first_added = static_cast<std::ptrdiff_t>(backends_.size());
    for (BackendConfig& added : links.added) {
        add_backend(std::move(added));
        backends_.back()->changed = now;
    }
    const std::size_t ended = gate_.begin_reload(realms);
    act_on(gate_.next(now, out), now, out);
    // The routes of the old version refer to policies that may be freed with their last session.
    routes_ = std::move(routes);
    gate_.reload(std::move(realms), now, out);
    auto judged = judge(routes_, [&](const policy::Session& session, const Holding& holding,
                                     const policy::RealmPolicy*& policy) {
        policy = session.policy.get();
        policy::Decision decision = gate_.judge().judge_holding(session, holding.question());
        if (!holding.registration)
            gate_.redeliver(session, holding.id, holding.waiting, holding.uri, decision, out);
        return decision;
    });
    move_or_revoke(judged, now, out);
    for (const std::uint32_t number : links.removed) {
        Backend& removed = *backends_[number];
        for (auto added = backends_.begin() + first_added; added != backends_.end(); ++added) {
            if ((*added)->name == removed.name) (*added)->drained = removed.drained;
        }
        remove_backend(removed, now, out);
    }
    for (const std::uint32_t number : links.removed) move_waiting(*backends_[number], now, out);
    if (!links.added.empty() || !links.removed.empty()) gate_.announce(roles());
    for (auto added = backends_.begin() + first_added; added != backends_.end(); ++added) {
        LinkMachine::Outbox wanted;
        (*added)->link.start(now, wanted);
        carry_out(**added, wanted, now, out);
    }
    act_on(gate_.next(now, out), now, out);
    return count(ended, judged);
}

std::size_t Front::kick(std::string_view realm, std::string_view who, wamp::Instant now,
                        wamp::Outbox& out) {
    const std::size_t kicked = gate_.begin_kick(realm, who);
    act_on(gate_.next(now, out), now, out);
    return kicked;
}

void Front::publish_state(const Backend& backend, bool up, wamp::Instant now, wamp::Outbox& out) {
    for (const std::string_view realm : routes_.realms_to(index_of(backend)))
        gate_.publish_link(realm, backend.name, up, now, out);
}

void Front::remove_backend(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    backend.removed = true;
    wamp::note(out, wamp::effect::Note::Level::info, "link ", backend.name,
               ": removed or changed by a reload");
    if (backend.rival.exists()) out.push_back(wamp::effect::Close{backend.rival.end()});
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.stop(now, wanted);
    carry_out(backend, wanted, now, out);
    on_verdict(backend, verdict, now, out);
}

void Front::move_or_revoke(std::vector<HoldingChange>& judged, wamp::Instant now,
                           wamp::Outbox& out) {
    // All are dropped before any is adopted, as two may swap backends. The meta events follow when
    // all have moved: one that moves has not changed for anybody.
    moving_ = true;
    for (const HoldingChange& each : judged) {
        for (Backend* const from : each.from) {
            from->bridge.drop(each.holding, bridge_out_);
            flush(*from, now, out);
        }
    }
    for (HoldingChange& each : judged) {
        const Holding& holding = each.holding;
        std::vector<BackendNumber> adopted;
        for (const BackendNumber to : each.to) {
            Backend& backend = *backends_[to];
            // One backend answers a request.
            if (!each.permit || (holding.waiting != 0 && !adopted.empty())) break;
            if (!backend.bridge.adopt(holding, *each.permit, bridge_out_)) continue;
            adopted.push_back(to);
            flush(backend, now, out);
        }
        each.to = std::move(adopted);
        if (!each.is_lost()) continue;
        const policy::Session* const session = gate_.sessions().find(holding.session);
        if (each.permit && session != nullptr)
            gate_.judge().record_lost_route(*session, holding.question());
        Backend& last = *each.from.front();
        last.bridge.notify_lost(holding, each.permit ? uris::unavailable : uris::not_authorized,
                                bridge_out_);
        flush(last, now, out);
    }
    moving_ = false;
    gate_.note_holdings(ids_.changes, now, out);
}

}  // namespace sallyport::gateway
