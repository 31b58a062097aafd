#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "policy/door/door.h"
#include "policy/file/load.h"
#include "tests/door_authenticator.h"
#include "tests/unit/policy/naive.h"
#include "wamp/base/uri.h"

namespace sallyport::sim {

struct Principal {
    std::string authid;
    std::string role;
    auto operator<=>(const Principal&) const = default;
};

/// One version of a door's policy in two forms: compiled, for the door, and as written, for the
/// model, which evaluates it rule by rule and shares nothing with the engine.
class Rules {
public:
    /// A question to the policy.
    struct Query {
        policy::Action action = policy::Action::call;
        std::string uri;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        bool opaque = false;
        auto operator<=>(const Query&) const = default;
    };
    struct Answer {
        bool allowed = false;
        std::string rule;                        ///< that allows, or that forbids
        const policy::RuleText* text = nullptr;  ///< of `rule`
        bool disputed = false;                   ///< shadow rules would decide otherwise
        std::string shadow{};                    ///< the one that would; "": any
    };
    /// Where a URI leads.
    struct Target {
        std::string_view backend;
        std::string inner;  ///< what it is called there
        bool waits = false;
        bool idempotent = false;
    };

    /// Throws where the file is not sound. `obeys_shadows`: planted bug, no rule is a shadow rule.
    Rules(const std::string& path, const policy::LoadOptions& options, bool obeys_shadows);

    const policy::TestRealm& realm() const noexcept { return realm_; }
    std::string_view hash() const noexcept { return realm_.policy->hash(); }

    const Answer& decide(const Principal& principal, const Query& asked) const;
    bool may_receive(const Principal& principal, std::string_view topic) const {
        return decide(principal, {policy::Action::subscribe, std::string(topic)}).allowed;
    }
    bool admits(const Principal& principal) const;
    /// Whether it has [auth.dynamic].
    bool asks_who_may_join() const noexcept { return file_.auth.dynamic.has_value(); }
    /// Whether the principals file has that authid.
    bool knows(std::string_view authid) const {
        return realm_.authenticator->role_of(authid).has_value();
    }
    /// Nothing where no route matches.
    std::optional<Target> target(std::string_view uri) const;
    /// The outside name of `inner` under the route that `uri` takes.
    std::string outside(std::string_view uri, std::string_view inner) const;

private:
    Answer decide_by(const policy::naive::Policy& rules, const Principal& principal,
                     const Query& asked) const;
    Answer decide_one(const policy::naive::Policy& rules, const Principal& principal,
                      const Query& asked) const;
    Answer decide_pattern(const policy::naive::Policy& rules, const Principal& principal,
                          const Query& asked) const;
    const policy::RouteText* route(std::string_view uri) const;

    policy::TestRealm realm_;
    policy::PolicyFile file_;
    policy::naive::Policy naive_;
    policy::naive::Policy with_shadows_;
    mutable std::map<std::tuple<Principal, Query>, Answer> answers_;
};

/// The versions of all policies, read once.
struct Versions {
    std::deque<Rules> front;
    std::deque<Rules> inside;
};
const Versions& versions();
/// The same, but for a planted bug: shadow rules decide.
const Versions& versions_that_obey_shadows();

}  // namespace sallyport::sim
