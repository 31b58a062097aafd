#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/permit.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

struct RuleInfo {
    std::string id;
    bool allow = true;
    Place place;
    Limits limits;
};

struct RouteInfo {
    std::string id;
    std::string backend;  ///< a backend's name in gateway.toml; for an inside, always "local"
    std::string realm;    ///< the realm on the backend; the policy's own when the file names none
    Place place;
};

/// A role of one compiled policy, for sessions to keep. Names nothing once the policy is gone.
enum class RoleIndex : std::uint32_t {};

/// One realm's policy, compiled and immutable: one structure per role, so that a decision looks
/// only at the rules that its role and action have, allocates nothing and takes well under a
/// microsecond with 10,000 rules. Rules and routes are numbered in the order of their ids, so that
/// their order in the file changes nothing at all. Semantics: DESIGN §7. Shared by all sessions
/// that joined under it.
class RealmPolicy {
public:
    std::string_view realm() const noexcept { return realm_; }

    /// The role by name; every name has one: roles that no rule mentions share the rules for "*".
    RoleIndex role(std::string_view name) const noexcept;

    /// Decides on a call or publication of `uri`, or on a subscription or registration of `uri`
    /// under `match`. `uri` is valid. A pattern passes only if all that it can match is allowed and
    /// nothing is forbidden.
    Decision decide(RoleIndex role, Action action, std::string_view uri,
                    wamp::MatchPolicy match = wamp::MatchPolicy::exact,
                    std::size_t payload_bytes = 0) const noexcept;

    /// Whether a subscriber of that role may see an event on `topic` (checked again at each
    /// delivery).
    bool may_receive(RoleIndex role, std::string_view topic) const noexcept;

    const RuleInfo& rule(RuleIndex index) const noexcept { return rules_[index]; }
    const RouteInfo& route(RouteIndex index) const noexcept { return routes_[index]; }
    std::span<const RuleInfo> rules() const noexcept { return rules_; }
    std::span<const RouteInfo> routes() const noexcept { return routes_; }

    /// SHA-256 over the files it was read from, as hex; names the version in logs.
    std::string_view hash() const noexcept { return hash_; }

private:
    friend class Compiler;
    struct Compiled;  // policy/compiled.h

    RealmPolicy() = default;

    Decision decide_pattern(RoleIndex role, Action action, std::string_view pattern,
                            wamp::MatchPolicy match, std::size_t payload_bytes) const noexcept;
    Decision permit(RuleIndex rule, RouteIndex route, std::size_t payload_bytes) const noexcept;

    std::string realm_;
    std::string hash_;
    std::vector<RuleInfo> rules_;
    std::vector<RouteInfo> routes_;
    std::map<std::string, RoleIndex, std::less<>> role_names_;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace sallyport::policy
