#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/auth_section.h"
#include "policy/document/diagnostic.h"
#include "policy/engine/condition.h"
#include "policy/engine/event_delivery.h"
#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"
#include "wamp/base/result.h"
#include "wamp/base/uri.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// A set of actions.
class Actions {
public:
    constexpr void add(Action action) noexcept {
        bits_ = static_cast<std::uint8_t>(bits_ | bit(action));
    }
    constexpr bool has(Action action) const noexcept { return (bits_ & bit(action)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool operator==(const Actions&) const noexcept = default;

private:
    static constexpr std::uint8_t bit(Action action) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(action));
    }
    std::uint8_t bits_ = 0;
};

/// One URI pattern as written, with its position.
struct PatternText {
    std::string text;  ///< for prefix: ends with a dot (architecture: Policy 4)
    Place place;
};

/// [[allow]] or [[forbid]].
struct RuleText {
    std::string id;
    Place place;
    bool allow = true;
    std::vector<std::string> roles;  ///< "*" means all roles
    Actions actions;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::vector<PatternText> uris;
    PayloadMode payload = PayloadMode::readable;  ///< any, unless a forbid says otherwise
    std::vector<Condition> where;                 ///< all of them must hold
    bool shadow = false;
    Limits limits;  ///< only of an allow, as are grants and delivery
    Grants grants;
    EventDelivery delivery;  ///< only if it allows subscriptions
};

/// Whether the rule covers every URI: `match = "prefix"` with `uri = ""`.
inline bool covers_everything(const RuleText& rule) noexcept {
    return rule.match == wamp::MatchPolicy::prefix &&
           std::any_of(rule.uris.begin(), rule.uris.end(),
                       [](const PatternText& uri) { return uri.text.empty(); });
}

/// [[route]].
struct RouteText {
    std::string id;
    Place place;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::vector<PatternText> uris;  ///< the prefix "" routes everything
    std::vector<std::string> backends;
    std::vector<Place> backend_places;   ///< of each name
    std::string realm;                   ///< on the backends; "" means the policy's own
    std::optional<std::string> rewrite;  ///< the prefix on the backends; ends with a dot
    wamp::Duration wait{};               ///< while the link is down; 0: refuse at once
    bool idempotent = false;
    Spread spread;
};

/// [[test]]: a message and the expected decision.
struct TestText {
    enum class Expect : std::uint8_t { allow, deny, forbid };

    Place place;
    std::string authid;
    std::string role;
    Action action = Action::call;
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::size_t payload_bytes = 0;  ///< the size that counts for the payload limit
    wamp::OwnedPayload payload;
    bool opaque = false;
    Expect expect = Expect::deny;
    std::string rule;  ///< the id of the rule that must decide; "" means any
    Place expect_place;
    std::optional<EventDelivery> delivery;  ///< how events must be delivered; none means any
    std::string route;                      ///< the id of the route that must be used; "" means any
    Place route_place;
};

/// One realm's policy as written, with its included files: complete, each part valid by itself, not
/// yet compared with the others.
struct PolicyFile {
    std::string file;
    std::string realm;
    AuthText auth;
    std::vector<std::string> included;  ///< the other files, in the order in which they were read
    std::vector<RuleText> rules;
    std::vector<RouteText> routes;
    std::vector<TestText> tests;
    bool is_toml = true;  ///< false after a syntax error: the file could not be read further
};

/// Returns the text of an included file by its path.
using ReadInclude = std::function<wamp::Result<std::string, Diagnostic>(const std::string& path)>;

/// Reads a policy file and its included files. Appends all errors; the result then holds what could
/// be read, and is only good for finding more errors.
PolicyFile parse_policy(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                        const ReadInclude& read_include = {});

std::optional<Action> parse_action(std::string_view name) noexcept;

}  // namespace sallyport::policy
