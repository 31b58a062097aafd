#include "policy/door/realms.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {
namespace {

/// Copies the count of each rule to the rule with the same id in the new version.
RuleHits carried_over(const OpenRealm& from, const RealmPolicy& to) {
    std::map<std::string_view, std::uint64_t> by_id;
    for (std::size_t i = 0; i < from.hits->size(); ++i)
        by_id.emplace(from.policy->rules()[i].id, (*from.hits)[i]);
    RuleHits carried;
    for (const RuleInfo& rule : to.rules()) {
        const auto found = by_id.find(rule.id);
        carried.push_back(found == by_id.end() ? 0 : found->second);
    }
    return carried;
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
        auto hits =
            before == nullptr ? RuleHits(policy.rules().size()) : carried_over(*before, policy);
        if (before == nullptr || before->policy->hash() != policy.hash())
            changed.push_back(&policy);
        auto open = std::make_shared<OpenRealm>();
        static_cast<DoorRealm&>(*open) = std::move(realm);
        open->hits = std::make_shared<RuleHits>(std::move(hits));
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
