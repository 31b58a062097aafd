#include "policy/door/realms.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {
namespace {

/// Copies the counts of each rule to the rule with the same id in the new version.
void carry_over(const OpenRealm& from, const RealmPolicy& to, RealmCounts& counts) {
    std::map<std::string_view, RuleIndex> by_id;
    for (RuleIndex rule = 0; rule < from.counts->rules(); ++rule)
        by_id.emplace(from.policy->rules()[rule].id, rule);
    for (RuleIndex rule = 0; rule < counts.rules(); ++rule) {
        const auto found = by_id.find(to.rules()[rule].id);
        if (found != by_id.end()) counts.of(rule) = from.counts->of(found->second);
    }
    counts.of(no_rule) = from.counts->of(no_rule);
    counts.set_joined(from.counts->joined());
}

}  // namespace

Realms::Realms(std::vector<DoorRealm> realms) {
    replace(std::move(realms));
}

std::shared_ptr<OpenRealm> Realms::find(std::string_view name) const noexcept {
    const auto found = realms_.find(name);
    return found == realms_.end() ? nullptr : found->second;
}

std::vector<std::string_view> Realms::names() const {
    std::vector<std::string_view> names;
    names.reserve(realms_.size());
    for (const auto& [name, realm] : realms_) names.push_back(name);
    return names;
}

std::vector<const RealmPolicy*> Realms::replace(std::vector<DoorRealm> realms) {
    std::map<std::string, std::shared_ptr<OpenRealm>, std::less<>> next;
    std::vector<const RealmPolicy*> changed;
    for (DoorRealm& realm : realms) {
        const RealmPolicy& policy = *realm.policy;
        const auto before = find(policy.realm());
        auto counts = std::make_shared<RealmCounts>(policy.rules().size(), ++versions_);
        if (before != nullptr) carry_over(*before, policy, *counts);
        if (before == nullptr || before->policy->hash() != policy.hash())
            changed.push_back(&policy);
        auto open = std::make_shared<OpenRealm>();
        static_cast<DoorRealm&>(*open) = std::move(realm);
        open->counts = std::move(counts);
        next.emplace(policy.realm(), std::move(open));
    }
    realms_ = std::move(next);
    return changed;
}

const DoorRealm* find_realm(std::span<const DoorRealm> realms, std::string_view name) noexcept {
    const auto found = std::find_if(realms.begin(), realms.end(), [name](const DoorRealm& realm) {
        return realm.policy->realm() == name;
    });
    return found == realms.end() ? nullptr : &*found;
}

}  // namespace sallyport::policy
