#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/engine/realm_policy.h"

namespace sallyport::backend_link {

/// How the URIs of one route are called on the two sides of a link: the route's prefix outside, its
/// `rewrite` inside. Without one both are called alike. Needs what policy has let pass: all that an
/// outside pattern matches begins with the prefix.
class Rewriting {
public:
    Rewriting() = default;
    explicit Rewriting(const policy::RouteInfo& route);

    bool none() const noexcept { return prefix_.empty(); }
    /// The URI or pattern behind the link; nothing when it would be longer than any may be
    /// (W-MSG-11).
    std::optional<std::string> inside(std::string_view outside) const;
    /// The URI in front; nothing when it is not of this route, or would be longer than any may be.
    std::optional<std::string> outside(std::string_view inside) const;

    bool operator==(const Rewriting&) const noexcept = default;

private:
    std::string prefix_;  ///< "" for none
    std::string rewrite_;
};

}  // namespace sallyport::backend_link
