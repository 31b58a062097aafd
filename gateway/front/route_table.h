#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "policy/door/door.h"

namespace sallyport::gateway {

/// The number of a backend: its position in FrontConfig::backends.
using BackendNumber = std::uint32_t;

/// The backends of the routes of all realms. There are few realms, so the list is searched
/// linearly.
class RouteTable {
public:
    /// `number_of` returns the number of a backend that a route names.
    RouteTable(const std::vector<policy::DoorRealm>& realms,
               const std::function<BackendNumber(std::string_view)>& number_of);

    /// In the order in which the route names them; there is at least one. The policy is one of the
    /// realms' (checked).
    std::span<const BackendNumber> backends_of(const policy::RealmPolicy& policy,
                                               policy::RouteIndex route) const noexcept;
    bool leads_to(const policy::RealmPolicy& policy, policy::RouteIndex route,
                  BackendNumber backend) const noexcept;
    bool knows(const policy::RealmPolicy& policy) const noexcept;
    /// The ids of the routes that have only this backend.
    std::vector<std::string_view> routes_only_to(BackendNumber backend) const;
    /// The realms of which a route leads there.
    std::vector<std::string_view> realms_to(BackendNumber backend) const;
    /// The backends of the routes that have this one and others.
    std::vector<std::span<const BackendNumber>> lists_with(BackendNumber backend) const;
    /// Whether some route has several backends.
    bool has_lists() const noexcept { return has_lists_; }

private:
    struct Realm {
        const policy::RealmPolicy* policy;
        std::vector<std::vector<BackendNumber>> backends;  ///< by RouteIndex
    };
    std::vector<Realm> realms_;
    bool has_lists_ = false;
};

}  // namespace sallyport::gateway
