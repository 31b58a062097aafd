#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

enum class Action : std::uint8_t { call, register_, subscribe, publish };

std::string_view to_string(Action action) noexcept;  ///< "call", "register" …

/// The identity of a session after authentication.
struct Principal {
    std::string authid;
    std::string role;
    std::string method;  ///< "anonymous", "ticket" …
};

/// The limits of a rule on everything that one authid or one Tor circuit does; zero means none.
struct ScopeLimits {
    double rate_per_s = 0;  ///< sustained; the bucket holds the tokens of one second, at least one
    std::uint32_t in_flight = 0;  ///< open calls

    bool operator==(const ScopeLimits&) const = default;
};

/// The limits of a rule, per session unless stated otherwise; zero means none.
struct Limits {
    double rate_per_s = 0;            ///< as ScopeLimits::rate_per_s
    std::uint32_t in_flight = 0;      ///< open calls
    wamp::Duration timeout{};         ///< of a call
    std::uint64_t payload_bytes = 0;  ///< Args and ArgsKw together, as encoded by the sender
    ScopeLimits authid;               ///< over all sessions of an authid
    ScopeLimits circuit;              ///< over all sessions of a Tor circuit

    bool operator==(const Limits&) const = default;
};

/// Features that are off unless a rule grants them (architecture: Policy 8).
enum class Grant : std::uint8_t {
    disclose_me,       ///< disclosure of the caller or publisher
    meta,              ///< the meta API: procedures and topics below "wamp."
    testaments,        ///< wamp.session.add_testament, flush_testaments
    retain,            ///< publish and request retained events
    history,           ///< wamp.subscription.get_events
    force_reregister,  ///< replace another session's registration
    diagnose,          ///< the causes of `unavailable`, and the topics below "sallyport.link."
};
inline constexpr std::size_t grant_count = 7;

std::string_view to_string(Grant grant) noexcept;
std::optional<Grant> parse_grant(std::string_view name) noexcept;

class Grants {
public:
    constexpr void add(Grant grant) noexcept {
        bits_ = static_cast<std::uint8_t>(bits_ | bit(grant));
    }
    constexpr bool has(Grant grant) const noexcept { return (bits_ & bit(grant)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool operator==(const Grants&) const noexcept = default;

private:
    static constexpr std::uint8_t bit(Grant grant) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(grant));
    }
    std::uint8_t bits_ = 0;
};

using RuleIndex = std::uint32_t;   ///< position in the compiled policy's table of rules
using RouteIndex = std::uint32_t;  ///< position in the compiled policy's table of routes
inline constexpr RuleIndex no_rule = UINT32_MAX;

struct Question;

/// The policy's permission for one message: the rule that allowed it, its limits, and its route.
/// Only the engine can create one, and a message crosses the link only with one. It is bound to the
/// session that sent the message, the action and the URI, which is checked where it is used; it can
/// be moved but not copied, and a moved-from permit covers nothing.
///
/// The URI is bound by a hash and not by a view, as a message may be moved and may wait. The hash
/// protects against programming errors, not against an attacker, so it needs no key.
class Permit {
public:
    Permit(Permit&& other) noexcept
        : session_(other.session_),
          uri_(other.uri_),
          limits_(std::exchange(other.limits_, nullptr)),
          rule_(other.rule_),
          route_(other.route_),
          grants_(other.grants_),
          action_(other.action_),
          match_(other.match_) {}
    Permit& operator=(Permit&& other) noexcept {
        session_ = other.session_;
        uri_ = other.uri_;
        limits_ = std::exchange(other.limits_, nullptr);
        rule_ = other.rule_;
        route_ = other.route_;
        grants_ = other.grants_;
        action_ = other.action_;
        match_ = other.match_;
        return *this;
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() = default;

    RuleIndex rule() const noexcept { return rule_; }
    RouteIndex route() const noexcept { return route_; }
    const Limits& limits() const noexcept { return *limits_; }
    bool grants(Grant grant) const noexcept { return grants_.has(grant); }

    /// Whether it was issued to that session for that action on that URI, and has not been moved
    /// from.
    bool covers(wamp::SessionId session, const Question& question) const noexcept;

private:
    friend class RealmPolicy;
    Permit(RuleIndex rule, RouteIndex route, const Limits* limits, Grants grants,
           wamp::SessionId session, const Question& question) noexcept;

    wamp::SessionId session_;
    std::uint64_t uri_;     ///< its hash
    const Limits* limits_;  ///< lives in the compiled policy; null once moved from
    RuleIndex rule_;
    RouteIndex route_;
    Grants grants_;
    Action action_;
    wamp::MatchPolicy match_;
};

/// Why there is no permit; for the log and for `explain`. The peer gets `payload_size_exceeded` for
/// payload_too_big and `not_authorized` for all others.
struct Denial {
    enum class Reason : std::uint8_t {
        no_allow,         ///< no rule allows it: the default
        forbidden,        ///< a forbid matches
        no_route,         ///< allowed, but no route matches
        pattern,          ///< a pattern that matches more than is allowed (W-AUZ-03)
        payload_too_big,  ///< allowed except for the rule's payload limit
        condition,        ///< allowed except for the rule's conditions on arguments
        opaque,           ///< allowed except for an opaque payload
        grant,            ///< allowed except for a grant that "wamp." requires
        unnamed,          ///< the procedure ends sessions, and no rule names it exactly
    };
    Reason reason = Reason::no_allow;
    RuleIndex rule = no_rule;  ///< the forbid, or the allow that nearly applied
};

std::string_view to_string(Denial::Reason reason) noexcept;

using Decision = std::variant<Permit, Denial>;

}  // namespace sallyport::policy
