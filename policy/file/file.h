#pragma once

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

struct PatternText {
    std::string text;  ///< for prefix: ends with a dot (architecture: Policy 4)
    Place place;
};

/// [[allow]] or [[forbid]].
struct RuleText {
    std::string id;
    Place place;
    bool allow = true;
    std::vector<std::string> roles;  ///< "*" means all
    Actions actions;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::vector<PatternText> uris;
    PayloadMode payload = PayloadMode::readable;  ///< any, when a forbid does not say
    std::vector<Condition> where;                 ///< all of them hold
    bool shadow = false;
    Limits limits;  ///< of an allow, as the grants
    Grants grants;
};

/// [[route]].
struct RouteText {
    std::string id;
    Place place;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::vector<PatternText> uris;  ///< the prefix "" leads everything
    std::string backend;
    Place backend_place;
    std::string realm;                   ///< on the backend; "" means the policy's own
    std::optional<std::string> rewrite;  ///< instead of the one prefix, there; ends with a dot
    wamp::Duration wait{};               ///< when the link is down; 0 means that it is refused
    bool idempotent = false;
};

/// [[test]]: a message and what must come out.
struct TestText {
    enum class Expect : std::uint8_t { allow, deny, forbid };

    Place place;
    std::string authid;
    std::string role;
    Action action = Action::call;
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::size_t payload_bytes = 0;  ///< what the payload counts as
    wamp::OwnedPayload payload;
    bool opaque = false;
    Expect expect = Expect::deny;
    std::string rule;  ///< the id that must decide; "" means any
    Place expect_place;
    std::string route;  ///< the id of the route that must be taken; "" means any
    Place route_place;
};

/// One realm's policy as it was written, with what it includes: complete, each part sound by
/// itself, not yet compared with others.
struct PolicyFile {
    std::string file;
    std::string realm;
    AuthText auth;
    std::vector<std::string> included;  ///< the other files, in the order they were read in
    std::vector<RuleText> rules;
    std::vector<RouteText> routes;
    std::vector<TestText> tests;
    bool is_toml = true;  ///< false after a syntax error: nothing more can be said about the file
};

/// Gives the text of an included file, by the path to it.
using ReadInclude = std::function<wamp::Result<std::string, Diagnostic>(const std::string& path)>;

/// Reads a policy file and what it includes. Appends all that is wrong with it; what is returned is
/// then what could be read, good for nothing but finding more errors.
PolicyFile parse_policy(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                        const ReadInclude& read_include = {});

std::optional<Action> parse_action(std::string_view name) noexcept;

}  // namespace sallyport::policy
