// How an inside switches to another version of its policy at run time.
#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "backend-link/inside/inside.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using policy::Door;

namespace {

policy::Question question_of(const wamp::Realm::Holding& holding) noexcept {
    return {holding.registration ? policy::Action::register_ : policy::Action::subscribe,
            holding.uri, holding.match};
}

}  // namespace

template <class DecisionOf>
std::vector<wamp::Realm::Holding> Inside::lost_in(const wamp::Realm& realm,
                                                  DecisionOf&& decision_of) const {
    std::vector<wamp::Realm::Holding> lost;
    for (auto& holding : realm.holdings()) {
        const policy::Session* const session = gate_.sessions().find(holding.session);
        if (session == nullptr) continue;
        const auto decision = decision_of(*session, holding);
        if (decision && std::holds_alternative<policy::Denial>(*decision))
            lost.push_back(std::move(holding));
    }
    return lost;
}

void Inside::count(Reloaded& summary, const std::vector<wamp::Realm::Holding>& lost) noexcept {
    for (const auto& holding : lost) {
        ++(holding.registration ? summary.registrations_revoked : summary.subscriptions_revoked);
    }
}

Inside::Reloaded Inside::would_reload(const std::vector<policy::DoorRealm>& realms,
                                      const InsideLinkChange&) const {
    Reloaded summary;
    const auto ended = gate_.door().ended_by(realms);
    summary.sessions_ended = ended.size();
    for (const auto& realm : realms) {
        const auto present = realms_.find(gate_.door().realm(realm.policy->realm()));
        if (present == realms_.end()) continue;
        const auto decision_of =
            [&](const policy::Session& session,
                const wamp::Realm::Holding& holding) -> std::optional<policy::Decision> {
            const bool ends = std::binary_search(
                ended.begin(), ended.end(), Door::Ended{session.id, {}},
                [](const auto& a, const auto& b) { return a.session < b.session; });
            if (ends) return std::nullopt;
            return policy::Judge::would_decide(*realm.policy, session, question_of(holding));
        };
        count(summary, lost_in(present->second, decision_of));
    }
    return summary;
}

void Inside::remove_link(Link& link, wamp::Instant now, wamp::Outbox& out) {
    link.removed = true;
    link.due = wamp::never;
    if (link.second != wamp::no_peer)
        out.push_back(wamp::effect::Close{std::exchange(link.second, wamp::no_peer)});
    if (link.peer == wamp::no_peer) return;
    const wamp::PeerId peer = link.peer;
    out.push_back(wamp::effect::Close{peer});
    on_closed(peer, "removed or changed by a reload", now, out);
}

Inside::Reloaded Inside::reload(std::vector<policy::DoorRealm> realms, wamp::Instant now,
                                wamp::Outbox& out, InsideLinkChange links) {
    Reloaded summary;
    summary.sessions_ended = gate_.begin_reload(realms);
    act_on(gate_.next(now, out), now, out);
    std::unordered_map<const policy::RealmPolicy*, wamp::Realm> next;
    std::vector<const policy::RealmPolicy*> order;
    for (const auto& realm : realms) {
        const policy::RealmPolicy* const policy = realm.policy.get();
        const auto present = realms_.find(gate_.door().realm(policy->realm()));
        order.push_back(policy);
        next.emplace(policy, present == realms_.end() ? new_realm() : std::move(present->second));
    }
    realms_ = std::move(next);
    gate_.reload(std::move(realms), now, out);
    for (const policy::RealmPolicy* policy : order) {
        wamp::Realm& realm = realms_.at(policy);
        const auto lost = lost_in(
            realm, [&](const policy::Session& session, const wamp::Realm::Holding& holding) {
                auto decision = gate_.judge().judge_holding(session, question_of(holding));
                if (!holding.registration)
                    gate_.redeliver(session, holding.id, 0, holding.uri, decision, out);
                return std::optional(std::move(decision));
            });
        count(summary, lost);
        for (const auto& holding : lost) {
            realm.revoke(holding, uris::not_authorized, deliveries_);
            flush(realm, now, out);
        }
    }
    for (const std::uint32_t number : links.removed) remove_link(links_.at(number), now, out);
    for (const InsideLink& added : links.added) {
        add_link(added, true);
        links_.back().changed = now;
        out.push_back(wamp::effect::Dial{static_cast<std::uint32_t>(links_.size() - 1)});
    }
    act_on(gate_.next(now, out), now, out);
    return summary;
}

std::size_t Inside::kick(std::string_view realm, std::string_view who, wamp::Instant now,
                         wamp::Outbox& out) {
    const std::size_t kicked = gate_.begin_kick(realm, who);
    act_on(gate_.next(now, out), now, out);
    return kicked;
}

}  // namespace sallyport::backend_link
