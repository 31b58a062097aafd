#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/file/file.h"

namespace sallyport::policy {

/// One small mistake somebody might make in a rule or route.
struct RuleMutant {
    std::string what;              ///< "becomes a forbid", "for all roles"
    std::optional<RuleText> rule;  ///< as it then is; nothing when it is deleted
};

/// Every mistake that an inline test is able to notice: the rule turned round, deleted, each part
/// dropped or widened, made a shadow or decisive.
std::vector<RuleMutant> mutants_of(const RuleText& rule);

struct RouteMutant {
    std::string what;
    std::optional<RouteText> route;
    std::optional<std::size_t> taken_by;  ///< the route that leads its URIs instead
};

/// The route deleted, or its URIs led elsewhere by the next of `routes` that leads to another
/// place.
std::vector<RouteMutant> mutants_of(const std::vector<RouteText>& routes, std::size_t route);

}  // namespace sallyport::policy
