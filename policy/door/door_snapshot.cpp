#include "policy/door/door_snapshot.h"

#include <algorithm>
#include <utility>

#include "policy/door/door.h"

namespace sallyport::policy {

DoorSnapshot Door::snapshot() const {
    DoorSnapshot snapshot;
    state_.realms.for_each([&snapshot](const OpenRealm& realm) {
        DoorSnapshot::Realm copy{std::string(realm.policy->realm()),
                                 std::string(realm.policy->hash()),
                                 {},
                                 *realm.counts,
                                 {}};
        for (const RuleInfo& rule : realm.policy->rules()) copy.rules.push_back(rule.id);
        snapshot.realms.push_back(std::move(copy));
    });
    std::vector<std::uint64_t> circuits;
    state_.sessions.for_each([&](const Session& session) {
        const auto realm = std::find_if(
            snapshot.realms.begin(), snapshot.realms.end(),
            [&](const auto& candidate) { return candidate.name == session.policy->realm(); });
        if (realm != snapshot.realms.end())
            ++RealmCounts::entry(realm->sessions, session.principal.method).count;
        if (session.circuit != 0) circuits.push_back(session.circuit);
    });
    std::sort(circuits.begin(), circuits.end());
    const auto last = std::unique(circuits.begin(), circuits.end());
    snapshot.circuits = static_cast<std::size_t>(last - circuits.begin());
    snapshot.decisions = audit().counts();
    snapshot.refused = state_.judge.recorder().refused();
    snapshot.connections = state_.peers.size();
    snapshot.sessions = state_.sessions.size();
    snapshot.joins_waiting = join_pace_.waiting();
    snapshot.joins_delayed = join_pace_.delayed();
    snapshot.wrong_secrets = joining_.failures().failed();
    snapshot.events_sent = delivery_.events_sent();
    snapshot.events_undeliverable = delivery_.undeliverable_events();
    snapshot.events_withheld = state_.judge.withheld();
    snapshot.events_skipped = state_.judge.latest().skipped();
    snapshot.too_slow = delivery_.overrun();
    return snapshot;
}

}  // namespace sallyport::policy
