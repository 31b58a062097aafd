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

/// Who a session is, after authentication.
struct Principal {
    std::string authid;
    std::string role;
    std::string method;  ///< "anonymous", "ticket" …
};

/// Bounds for all that one authid or one Tor circuit does under a rule; zero means none.
struct ScopeLimits {
    double rate_per_s = 0;        ///< sustained; the bucket holds one second's worth, at least one
    std::uint32_t in_flight = 0;  ///< open calls

    bool operator==(const ScopeLimits&) const = default;
};

/// Bounds that a rule sets, per session where nothing else is said; zero means none.
struct Limits {
    double rate_per_s = 0;            ///< as ScopeLimits::rate_per_s
    std::uint32_t in_flight = 0;      ///< open calls
    wamp::Duration timeout{};         ///< of a call
    std::uint64_t payload_bytes = 0;  ///< Args and ArgsKw together, as encoded by the sender
    ScopeLimits authid;               ///< over all sessions of an authid
    ScopeLimits circuit;              ///< over all sessions of a Tor circuit

    bool operator==(const Limits&) const = default;
};

/// What is off unless a rule grants it (architecture: Policy 8).
enum class Grant : std::uint8_t {
    disclose_me,       ///< be named to the callee or the subscribers
    meta,              ///< the meta API: procedures and topics below "wamp."
    testaments,        ///< wamp.session.add_testament, flush_testaments
    retain,            ///< publish retained events, ask for them
    history,           ///< wamp.subscription.get_events
    force_reregister,  ///< take a registration over
};
inline constexpr std::size_t grant_count = 6;

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

/// The policy's leave for one message: which rule gave it, under which limits, and where the
/// message goes. Only the engine can make one, and only with one does a message cross the link. It
/// is bound to the session that sent the message, the action and the URI, which is checked where it
/// is spent; it can be moved and not copied, and covers nothing once it has been moved from.
///
/// The URI is bound by a hash and not by a view: a message moves and waits, and its text with it.
/// The hash guards against our own mistakes, not against an adversary, so it needs no key.
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

    /// Whether it was given to that session for that action on that URI, and has not been moved
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

/// Why there is no permit; for the log and for `explain`. The peer gets `not_authorized` for all of
/// them, or `payload_size_exceeded` for the last.
struct Denial {
    enum class Reason : std::uint8_t {
        no_allow,         ///< nothing allows it: the default
        forbidden,        ///< a forbid matches
        no_route,         ///< allowed, and no route leads anywhere
        pattern,          ///< a pattern that reaches beyond what is allowed (W-AUZ-03)
        payload_too_big,  ///< allowed but for the rule's payload limit
        condition,        ///< allowed but for the rule's conditions on arguments
        opaque,           ///< allowed but for a payload that cannot be read
        grant,            ///< allowed but for a grant that "wamp." needs
        unnamed,          ///< allowed but for a rule that names the procedure, which ends sessions
    };
    Reason reason = Reason::no_allow;
    RuleIndex rule = no_rule;  ///< the forbid, or the allow that came near
};

std::string_view to_string(Denial::Reason reason) noexcept;

using Decision = std::variant<Permit, Denial>;

}  // namespace sallyport::policy
