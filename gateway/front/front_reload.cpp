// How the front switches to another version of its policy at run time.
#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "gateway/front/front.h"
#include "wamp/base/check.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

namespace uris = wamp::uris;
using backend_link::Holding;
using backend_link::LinkMachine;
using backend_link::Rewriting;
using policy::Door;

/// A subscription or registration with its new backend `to`; null if it is revoked.
struct Front::HoldingChange {
    Backend* from;
    Holding holding;
    Backend* to = nullptr;
    bool moves = false;  ///< also if `to` is not there yet
    std::optional<policy::Permit> permit{};
};

Front::Routes Front::routes_by(const std::vector<policy::DoorRealm>& realms,
                               const LinkChange& links) const {
    const auto number_of = [&](std::string_view name) {
        for (std::uint32_t number = 0; number < backends_.size(); ++number) {
            if (backends_[number]->name == name && !backends_[number]->removed &&
                std::count(links.removed.begin(), links.removed.end(), number) == 0)
                return number;
        }
        const auto added = std::find_if(links.added.begin(), links.added.end(),
                                        [&](const auto& backend) { return backend.name == name; });
        SALLYPORT_CHECK(added != links.added.end());
        return static_cast<std::uint32_t>(backends_.size()) +
               static_cast<std::uint32_t>(added - links.added.begin());
    };
    Routes routes;
    for (const auto& realm : realms) {
        RouteBackends& entry = routes.emplace_back(RouteBackends{realm.policy.get(), {}});
        for (const auto& route : realm.policy->routes())
            entry.backends.push_back(number_of(route.backend));
    }
    return routes;
}

std::uint32_t Front::backend_of(const Routes& routes, const policy::RealmPolicy& policy,
                                policy::RouteIndex route) noexcept {
    const auto found = std::find_if(routes.begin(), routes.end(), [&](const RouteBackends& each) {
        return each.policy == &policy;
    });
    SALLYPORT_CHECK(found != routes.end());
    return found->backends[route];
}

template <class DecisionOf>
std::vector<Front::HoldingChange> Front::judge(const Routes& routes,
                                               DecisionOf&& decision_of) const {
    std::vector<HoldingChange> changed;
    for (const auto& backend : backends_) {
        for (Holding& holding : backend->bridge.holdings()) {
            const policy::Session* const session = gate_.sessions().find(holding.session);
            if (session == nullptr) continue;
            const policy::RealmPolicy* policy = nullptr;
            auto decision = decision_of(*session, holding, policy);
            if (policy == nullptr) continue;  // the session ends
            HoldingChange judged{backend.get(), std::move(holding)};
            if (auto* permit = std::get_if<policy::Permit>(&decision)) {
                const std::uint32_t to = backend_of(routes, *policy, permit->route());
                judged.to = to < backends_.size() ? backends_[to].get() : nullptr;
                judged.moves = true;
                const bool same =
                    judged.to == judged.from &&
                    judged.holding.rewriting == Rewriting(policy->route(permit->route()));
                if (same) continue;
                judged.permit = std::move(*permit);
            }
            changed.push_back(std::move(judged));
        }
    }
    return changed;
}

Front::Reloaded Front::count(std::size_t ended, const std::vector<HoldingChange>& judged) {
    Reloaded summary;
    summary.sessions_ended = ended;
    for (const HoldingChange& each : judged) {
        ++(each.moves                  ? summary.moved
           : each.holding.registration ? summary.registrations_revoked
                                       : summary.subscriptions_revoked);
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
    Routes routes = routes_by(realms, links);
    const auto first_added = static_cast<std::ptrdiff_t>(backends_.size());
    for (BackendConfig& added : links.added) add_backend(std::move(added));
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
    for (const std::uint32_t number : links.removed) remove_backend(*backends_[number], now, out);
    if (!links.added.empty() || !links.removed.empty()) gate_.announce(roles());
    for (auto added = backends_.begin() + first_added; added != backends_.end(); ++added) {
        LinkMachine::Outbox wanted;
        (*added)->link.start(now, wanted);
        carry_out(**added, wanted, now, out);
    }
    act_on(gate_.next(now, out), now, out);
    return count(ended, judged);
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
    // All are dropped before any is adopted, as two may swap backends.
    for (const HoldingChange& each : judged) {
        each.from->bridge.drop(each.holding, bridge_out_);
        flush(*each.from, now, out);
    }
    for (HoldingChange& each : judged) {
        const Holding& holding = each.holding;
        const bool denied = !each.permit;
        if (each.permit && each.to->bridge.adopt(holding, *std::move(each.permit), bridge_out_)) {
            flush(*each.to, now, out);
            continue;
        }
        const policy::Session* const session = gate_.sessions().find(holding.session);
        if (!denied && session != nullptr)
            gate_.judge().record_lost_route(*session, holding.question());
        each.from->bridge.notify_lost(holding, denied ? uris::not_authorized : uris::unavailable,
                                      bridge_out_);
        flush(*each.from, now, out);
        each.moves = false;
    }
}

}  // namespace sallyport::gateway
