#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "policy/engine/condition.h"
#include "policy/engine/event_delivery.h"
#include "policy/engine/permit.h"
#include "policy/engine/question.h"
#include "wamp/base/instant.h"
#include "wamp/base/uri.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// The payloads that a rule applies to (architecture: Policy 6).
enum class PayloadMode : std::uint8_t {
    readable,
    opaque,  ///< end-to-end encrypted
    any,
};

struct RuleInfo {
    std::string id;
    bool allow = true;
    bool shadow = false;  ///< counted, never decisive (architecture: Policy 11)
    PayloadMode payload = PayloadMode::readable;
    Place place;
    Limits limits;
    Grants grants;
    std::vector<Condition> where;
    EventDelivery delivery;  ///< of the events of a subscription that it allows
};

/// By what the calls of a route are spread over its backends.
struct Spread {
    enum class By : std::uint8_t { none, caller, argument };

    By by = By::none;
    EventKey key;  ///< the argument

    bool operator==(const Spread&) const = default;
};

struct RouteInfo {
    std::string id;
    /// Names of backends in gateway.toml, of which the first that is up serves a request; for an
    /// inside, always "local" alone.
    std::vector<std::string> backends;
    std::string realm;  ///< the realm on the backends; by default the policy's own
    Place place;
    std::string prefix;                  ///< the prefix that `rewrite` replaces; ends with a dot
    std::optional<std::string> rewrite;  ///< the prefix on the backend; ends with a dot
    /// The time for which a request waits while the link is down; 0: refused at once.
    wamp::Duration wait{};
    bool idempotent = false;  ///< a call may be repeated (architecture: Messages)
    Spread spread;            ///< only with several backends; none: the first that is up
};

/// One realm's policy, compiled and immutable: one structure per role, so that a decision examines
/// only the rules of its role and action, allocates nothing and takes well under a microsecond with
/// 10,000 rules. Rules and routes are numbered in the order of their ids, so their order in the
/// file has no effect. Semantics: architecture: Policy. Shared by all sessions that joined under
/// it.
class RealmPolicy {
public:
    std::string_view realm() const noexcept { return realm_; }

    /// The role by name. Roles that no rule mentions share the rules for "*".
    RoleIndex role(std::string_view name) const noexcept;

    /// Decides on a call or publication of `uri`, or on a subscription or registration of `uri`
    /// under `match`. A pattern is permitted only if everything that it matches is allowed and
    /// nothing of it is forbidden; it matches URIs below "wamp." only if it names that prefix.
    Decision decide(const Subject& subject, const Question& question) const noexcept;

    /// What decide() would answer if the shadow rules were not shadows.
    Decision decide_with_shadows(const Subject& subject, const Question& question) const noexcept;
    bool has_shadows() const noexcept { return compiled_ != with_shadows_; }
    /// Whether decisions depend on more of a subject than its role.
    bool binds() const noexcept { return binds_; }

    /// Whether such a subscriber may receive an event on `topic` (checked again at each delivery).
    bool may_receive(const Subject& subject, std::string_view topic) const noexcept;

    const RuleInfo& rule(RuleIndex index) const noexcept { return rules_[index]; }
    const RouteInfo& route(RouteIndex index) const noexcept { return routes_[index]; }
    std::span<const RuleInfo> rules() const noexcept { return rules_; }
    std::span<const RouteInfo> routes() const noexcept { return routes_; }

    /// SHA-256 of the files it was read from, as hex; identifies the version in logs.
    std::string_view hash() const noexcept { return hash_; }

private:
    friend class Compiler;
    struct Compiled;  // policy/engine/compiled.h

    RealmPolicy() = default;

    class Evaluation;  // policy/engine/realm_policy.cpp

    std::string realm_;
    std::string hash_;
    std::vector<RuleInfo> rules_;
    std::vector<RouteInfo> routes_;
    bool binds_ = false;
    std::deque<std::string> texts_;  ///< referenced by the patterns of the tables
    std::map<std::string, RoleIndex, std::less<>> role_names_;
    std::shared_ptr<const Compiled> compiled_;
    std::shared_ptr<const Compiled> with_shadows_;  ///< the same object if there are none
};

}  // namespace sallyport::policy
