#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/engine/realm_policy.h"

namespace sallyport::backend_link {

/// Maps the URIs of one route between the two sides of a link: the route's prefix outside, its
/// `rewrite` inside. Without `rewrite` they are the same. Requires URIs that the policy has
/// allowed: everything that an outside pattern matches begins with the prefix.
class Rewriting {
public:
    Rewriting() = default;
    explicit Rewriting(const policy::RouteInfo& route);

    bool none() const noexcept { return prefix_.empty(); }
    /// The URI or pattern behind the link; nothing if it would exceed the maximum length
    /// (W-MSG-11).
    std::optional<std::string> inside(std::string_view outside) const;
    /// The URI in front; nothing if it does not belong to this route, or would exceed the maximum
    /// length.
    std::optional<std::string> outside(std::string_view inside) const;

    bool operator==(const Rewriting&) const noexcept = default;

private:
    std::string prefix_;  ///< "" for none
    std::string rewrite_;
};

}  // namespace sallyport::backend_link
