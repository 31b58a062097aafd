// How an inside takes another version of its policy while everything goes on.
#include <algorithm>
#include <utility>

#include "backend-link/inside/inside.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using policy::Door;

std::vector<Inside::Lost> Inside::lost_in(const wamp::Realm& realm,
                                          const policy::RealmPolicy& policy,
                                          const std::vector<Door::Ended>& ended) const {
    std::vector<Lost> lost;
    for (auto& holding : realm.holdings()) {
        const bool leaves =
            std::binary_search(ended.begin(), ended.end(), Door::Ended{holding.session, {}},
                               [](const auto& a, const auto& b) { return a.session < b.session; });
        const policy::Session* const session = door_.sessions().find(holding.session);
        if (leaves || session == nullptr) continue;
        const policy::Principal& who = session->principal;
        const auto action =
            holding.registration ? policy::Action::register_ : policy::Action::subscribe;
        const auto decision = policy.decide({policy.role(who.role), who.authid, who.role},
                                            {action, holding.uri, holding.match});
        if (std::holds_alternative<policy::Denial>(decision))
            lost.push_back({std::move(holding), decision});
    }
    return lost;
}

void Inside::count(Reloaded& summary, const std::vector<Lost>& lost) noexcept {
    for (const Lost& each : lost) {
        ++(each.holding.registration ? summary.registrations_revoked
                                     : summary.subscriptions_revoked);
    }
}

Inside::Reloaded Inside::would_reload(const std::vector<policy::DoorRealm>& realms) const {
    Reloaded summary;
    const auto ended = door_.ended_by(realms);
    summary.sessions_ended = ended.size();
    for (const auto& realm : realms) {
        const auto present = realms_.find(door_.realm(realm.policy->realm()));
        if (present != realms_.end())
            count(summary, lost_in(present->second, *realm.policy, ended));
    }
    return summary;
}

Inside::Reloaded Inside::reload(std::vector<policy::DoorRealm> realms, wamp::Instant now,
                                wamp::Outbox& out) {
    Reloaded summary;
    const auto ended = door_.ended_by(realms);
    summary.sessions_ended = ended.size();
    for (const auto& [session, reason] : ended) expel(session, reason, true, now, out);
    std::unordered_map<const policy::RealmPolicy*, wamp::Realm> next;
    std::vector<const policy::RealmPolicy*> order;
    for (const auto& realm : realms) {
        const policy::RealmPolicy* const policy = realm.policy.get();
        const auto present = realms_.find(door_.realm(policy->realm()));
        order.push_back(policy);
        next.emplace(policy, present == realms_.end() ? wamp::Realm(random_.fork())
                                                      : std::move(present->second));
    }
    realms_ = std::move(next);
    door_.reload(std::move(realms), out);
    meta_.judge_again(meta_out_);
    deliver_meta(out);
    for (const policy::RealmPolicy* policy : order) {
        wamp::Realm& realm = realms_.at(policy);
        const auto lost = lost_in(realm, *policy, {});
        count(summary, lost);
        revoke(realm, lost, now, out);
    }
    return summary;
}

void Inside::revoke(wamp::Realm& realm, const std::vector<Lost>& lost, wamp::Instant now,
                    wamp::Outbox& out) {
    for (const auto& [holding, decision] : lost) {
        const policy::Session* const session = door_.sessions().find(holding.session);
        if (session == nullptr) continue;
        const auto action =
            holding.registration ? policy::Action::register_ : policy::Action::subscribe;
        door_.record_revoked(*session, {action, holding.uri, holding.match}, decision);
        realm.revoke(holding, uris::not_authorized, deliveries_);
        flush(realm, now, out);
    }
}

}  // namespace sallyport::backend_link
