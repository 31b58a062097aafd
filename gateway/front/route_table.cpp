#include "gateway/front/route_table.h"

#include <algorithm>

#include "wamp/base/check.h"

namespace sallyport::gateway {

RouteTable::RouteTable(const std::vector<policy::DoorRealm>& realms,
                       const std::function<BackendNumber(std::string_view)>& number_of) {
    for (const auto& realm : realms) {
        Realm& entry = realms_.emplace_back(Realm{realm.policy.get(), {}});
        for (const policy::RouteInfo& route : realm.policy->routes()) {
            SALLYPORT_CHECK(!route.backends.empty());
            std::vector<BackendNumber>& numbers = entry.backends.emplace_back();
            for (const std::string& name : route.backends) numbers.push_back(number_of(name));
            has_lists_ = has_lists_ || numbers.size() > 1;
        }
    }
}

std::span<const BackendNumber> RouteTable::backends_of(const policy::RealmPolicy& policy,
                                                       policy::RouteIndex route) const noexcept {
    const auto found = std::find_if(realms_.begin(), realms_.end(),
                                    [&](const Realm& each) { return each.policy == &policy; });
    SALLYPORT_CHECK(found != realms_.end());
    return found->backends[route];
}

bool RouteTable::knows(const policy::RealmPolicy& policy) const noexcept {
    return std::any_of(realms_.begin(), realms_.end(),
                       [&](const Realm& each) { return each.policy == &policy; });
}

bool RouteTable::leads_to(const policy::RealmPolicy& policy, policy::RouteIndex route,
                          BackendNumber backend) const noexcept {
    const auto backends = backends_of(policy, route);
    return std::find(backends.begin(), backends.end(), backend) != backends.end();
}

std::vector<std::string_view> RouteTable::routes_only_to(BackendNumber backend) const {
    std::vector<std::string_view> ids;
    for (const Realm& realm : realms_) {
        for (policy::RouteIndex route = 0; route < realm.backends.size(); ++route) {
            if (realm.backends[route] == std::vector<BackendNumber>{backend})
                ids.push_back(realm.policy->route(route).id);
        }
    }
    return ids;
}

std::vector<std::string_view> RouteTable::realms_to(BackendNumber backend) const {
    std::vector<std::string_view> names;
    for (const Realm& realm : realms_) {
        if (std::any_of(realm.backends.begin(), realm.backends.end(), [&](const auto& route) {
                return std::find(route.begin(), route.end(), backend) != route.end();
            }))
            names.push_back(realm.policy->realm());
    }
    return names;
}

std::vector<std::span<const BackendNumber>> RouteTable::lists_with(BackendNumber backend) const {
    std::vector<std::span<const BackendNumber>> lists;
    for (const Realm& realm : realms_) {
        for (const auto& numbers : realm.backends) {
            const bool has = std::find(numbers.begin(), numbers.end(), backend) != numbers.end();
            if (has && numbers.size() > 1) lists.emplace_back(numbers);
        }
    }
    return lists;
}

}  // namespace sallyport::gateway
