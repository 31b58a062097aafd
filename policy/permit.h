#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "wamp/base/instant.h"

namespace sallyport::policy {

enum class Action : std::uint8_t { call, register_, subscribe, publish };

std::string_view to_string(Action action) noexcept;  ///< "call", "register" …

/// Who a session is, after authentication.
struct Principal {
    std::string authid;
    std::string role;
    std::string method;  ///< "anonymous", "ticket" …
};

/// Bounds that a rule sets, each per session; zero means none.
struct Limits {
    double rate_per_s = 0;        ///< sustained; the bucket holds one second's worth, at least one
    std::uint32_t in_flight = 0;  ///< open calls
    wamp::Duration timeout{};     ///< of a call
    std::uint64_t payload_bytes = 0;  ///< Args and ArgsKw together, as encoded by the sender

    bool operator==(const Limits&) const = default;
};

using RuleIndex = std::uint32_t;   ///< position in the compiled policy's table of rules
using RouteIndex = std::uint32_t;  ///< position in the compiled policy's table of routes
inline constexpr RuleIndex no_rule = UINT32_MAX;

/// The policy's leave for one message: which rule gave it, under which limits, and where the
/// message goes. Only the engine can make one, and only with one does a message cross the link.
class Permit {
public:
    RuleIndex rule() const noexcept { return rule_; }
    RouteIndex route() const noexcept { return route_; }
    const Limits& limits() const noexcept { return *limits_; }

private:
    friend class RealmPolicy;
    Permit(RuleIndex rule, RouteIndex route, const Limits* limits) noexcept
        : rule_(rule), route_(route), limits_(limits) {}

    RuleIndex rule_;
    RouteIndex route_;
    const Limits* limits_;  ///< lives in the compiled policy
};

/// Why there is no permit; for the log and for `explain`. The peer gets `not_authorized` for all of
/// them, or `payload_size_exceeded` for the last.
struct Denial {
    enum class Reason : std::uint8_t {
        no_allow,         ///< nothing allows it: the default
        forbidden,        ///< a forbid matches
        no_route,         ///< allowed, and no route leads anywhere
        pattern,          ///< a pattern that reaches beyond what is allowed (W-AUZ-03)
        payload_too_big,  ///< allowed but for the rule's payload limit
    };
    Reason reason = Reason::no_allow;
    RuleIndex rule = no_rule;  ///< the forbid, or the rule whose limit was met
};

std::string_view to_string(Denial::Reason reason) noexcept;

using Decision = std::variant<Permit, Denial>;

}  // namespace sallyport::policy
