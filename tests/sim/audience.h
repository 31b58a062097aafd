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
    /// Nobody behind a link can be meant: sessions are named by their ids, or nobody is.
    bool is_front_only() const noexcept;
    /// What crosses a link of it: no ids, and no list that names nobody.
    Audience behind() const;
};

}  // namespace sallyport::sim
