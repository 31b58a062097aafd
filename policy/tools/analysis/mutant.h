#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/file/file.h"

namespace sallyport::policy {

/// One small mistake in a rule or route.
struct RuleMutant {
    std::string what;              ///< "becomes a forbid", "for all roles"
    std::optional<RuleText> rule;  ///< the changed rule; nothing if it is deleted
};

/// Every mistake that an inline test can detect: the rule inverted, deleted, each part removed or
/// widened, made a shadow or active.
std::vector<RuleMutant> mutants_of(const RuleText& rule);

/// One small mistake in a route; `route` is absent if it is deleted.
struct RouteMutant {
    std::string what;
    std::optional<RouteText> route;
    std::optional<std::size_t> replaced_by;  ///< the route that handles its URIs instead
};

/// The route deleted, or its URIs routed by the next of `routes` that has another destination.
std::vector<RouteMutant> mutants_of(const std::vector<RouteText>& routes, std::size_t route);

}  // namespace sallyport::policy
