#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/sim/rules.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

namespace sallyport::sim {

/// Whom a publication is for, as the six lists in its options say (W-BWL-01).
struct Audience {
    using Sessions = std::optional<std::set<wamp::SessionId>>;
    using Names = std::optional<std::set<std::string>>;
    Sessions eligible{};
    Sessions exclude{};
    Names eligible_authid{};
    Names exclude_authid{};
    Names eligible_authrole{};
    Names exclude_authrole{};

    explicit Audience(const wamp::Dict& options = {});
    bool operator==(const Audience&) const = default;

    bool admits(wamp::SessionId session, const Principal& principal) const;
    bool has_lists() const noexcept { return *this != Audience(); }
    /// Whether those whom a link stands for may be meant.
    bool reaches_link(wamp::SessionId session, const Principal& principal) const;
    /// Whether it is this one that crosses a link as `crossing`, which also excludes `excluded` (0:
    /// nobody), and may name each session that is not in front by two ids.
    bool crosses_as(const Audience& crossing, wamp::SessionId excluded) const;
};

}  // namespace sallyport::sim
