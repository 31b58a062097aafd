// How the front takes another version of its policy while everything goes on.
#include <algorithm>
#include <utility>

#include "gateway/front/front.h"
#include "wamp/base/check.h"
#include "wamp/message/uris.h"

namespace sallyport::gateway {

namespace uris = wamp::uris;
using backend_link::Holding;
using backend_link::Rewriting;
using policy::Door;

/// What becomes of something that a session holds: it goes to `to`, or to nobody.
struct Front::Judged {
    Backend* from;
    Holding holding;
    policy::Decision decision;
    Backend* to = nullptr;
    const policy::RouteInfo* route = nullptr;
};

Front::Routes Front::lead(const std::vector<policy::DoorRealm>& realms) const {
    Routes routes;
    for (const auto& realm : realms) {
        auto& targets = routes[realm.policy.get()];
        for (const auto& route : realm.policy->routes()) {
            const auto found =
                std::find_if(backends_.begin(), backends_.end(),
                             [&](const auto& backend) { return backend->name == route.backend; });
            SALLYPORT_CHECK(found != backends_.end());
            targets.push_back(found->get());
        }
    }
    return routes;
}

std::vector<Front::Judged> Front::judge(const std::vector<policy::DoorRealm>& realms,
                                        const Routes& routes,
                                        const std::vector<Door::Ended>& ended) const {
    std::vector<Judged> changed;
    for (const auto& backend : backends_) {
        for (Holding& holding : backend->bridge.holdings()) {
            const bool leaves = std::binary_search(
                ended.begin(), ended.end(), Door::Ended{holding.session, {}},
                [](const auto& a, const auto& b) { return a.session < b.session; });
            const policy::Session* const session = door_.sessions().find(holding.session);
            if (leaves || session == nullptr) continue;
            const auto realm =
                std::find_if(realms.begin(), realms.end(), [&](const auto& candidate) {
                    return candidate.policy->realm() == session->policy->realm();
                });
            const policy::RealmPolicy& policy = *realm->policy;
            const policy::Principal& who = session->principal;
            const auto action =
                holding.registration ? policy::Action::register_ : policy::Action::subscribe;
            const auto decision = policy.decide({policy.role(who.role), who.authid, who.role},
                                                {action, holding.uri, holding.match});
            Judged judged{backend.get(), std::move(holding), decision};
            if (const auto* permit = std::get_if<policy::Permit>(&decision)) {
                judged.to = routes.at(&policy)[permit->route()];
                judged.route = &policy.route(permit->route());
                const bool same = judged.to == judged.from &&
                                  judged.holding.rewriting == Rewriting(*judged.route);
                if (same) continue;
            }
            changed.push_back(std::move(judged));
        }
    }
    return changed;
}

Front::Reloaded Front::count(const std::vector<Door::Ended>& ended,
                             const std::vector<Judged>& judged) {
    Reloaded summary;
    summary.sessions_ended = ended.size();
    for (const Judged& each : judged) {
        ++(each.to != nullptr          ? summary.moved
           : each.holding.registration ? summary.registrations_revoked
                                       : summary.subscriptions_revoked);
    }
    return summary;
}

Front::Reloaded Front::would_reload(const std::vector<policy::DoorRealm>& realms) const {
    const auto ended = door_.ended_by(realms);
    return count(ended, judge(realms, lead(realms), ended));
}

Front::Reloaded Front::reload(std::vector<policy::DoorRealm> realms, wamp::Instant now,
                              wamp::Outbox& out) {
    Routes routes = lead(realms);
    const auto ended = door_.ended_by(realms);
    auto judged = judge(realms, routes, ended);
    for (const auto& [session, reason] : ended) expel(session, reason, true, now, out);
    // The routes of the old version belong to policies that may go with their last session.
    routes_ = std::move(routes);
    door_.reload(std::move(realms), out);
    meta_.judge_again(meta_out_);
    deliver_meta(out);
    settle(judged, now, out);
    return count(ended, judged);
}

void Front::settle(std::vector<Judged>& judged, wamp::Instant now, wamp::Outbox& out) {
    // First all go, then all come: two may change places.
    for (const Judged& each : judged) {
        each.from->bridge.drop(each.holding, bridge_out_);
        flush(*each.from, now, out);
    }
    for (Judged& each : judged) {
        const Holding& holding = each.holding;
        const bool moved =
            each.to != nullptr && each.to->bridge.adopt(holding, *each.route, bridge_out_);
        if (moved) {
            flush(*each.to, now, out);
            continue;
        }
        const auto action =
            holding.registration ? policy::Action::register_ : policy::Action::subscribe;
        if (const policy::Session* const session = door_.sessions().find(holding.session)) {
            door_.record_revoked(*session, {action, holding.uri, holding.match}, each.decision);
        }
        const bool denied = each.to == nullptr;
        each.from->bridge.tell_lost(holding, denied ? uris::not_authorized : uris::unavailable,
                                    bridge_out_);
        flush(*each.from, now, out);
        each.to = nullptr;
    }
}

}  // namespace sallyport::gateway
