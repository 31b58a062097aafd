#include "policy/realm_policy.h"

#include "policy/compiled.h"
#include "wamp/base/check.h"

namespace sallyport::policy {
namespace {

using Entry = PatternTable::Entry;

// The more specific of two entries, which match one URI: the longer text, as an exact one is as
// long as the URI. Equally specific ones have equal limits (the compiler saw to it); the one of the
// lower number, for good.
const Entry* more_specific(const Entry* a, const Entry* b) noexcept {
    if (a == nullptr || b == nullptr) return a != nullptr ? a : b;
    if (a->text.size() != b->text.size()) return a->text.size() > b->text.size() ? a : b;
    return a->value <= b->value ? a : b;
}

// Whether it matches more than the URI that it spells.
bool is_open(std::string_view pattern, wamp::MatchPolicy match) noexcept {
    if (match != wamp::MatchPolicy::wildcard) return match == wamp::MatchPolicy::prefix;
    return pattern.empty() || pattern.back() == '.' ||
           literal_head(pattern, match).size() != pattern.size();
}

}  // namespace

RoleIndex RealmPolicy::role(std::string_view name) const noexcept {
    const auto found = role_names_.find(name);
    return found == role_names_.end() ? RoleIndex{0} : found->second;
}

Decision RealmPolicy::permit(RuleIndex rule, RouteIndex route,
                             std::size_t payload_bytes) const noexcept {
    const Limits& limits = rules_[rule].limits;
    if (limits.payload_bytes != 0 && payload_bytes > limits.payload_bytes) {
        return Denial{Denial::Reason::payload_too_big, rule};
    }
    return Permit(rule, route, &limits);
}

Decision RealmPolicy::decide(RoleIndex role, Action action, std::string_view uri,
                             wamp::MatchPolicy match, std::size_t payload_bytes) const noexcept {
    SALLYPORT_CHECK(static_cast<std::size_t>(role) < compiled_->roles.size());
    if (uri.size() > wamp::uri_bytes_max) return Denial{};
    if (is_open(uri, match)) return decide_pattern(role, action, uri, match, payload_bytes);

    const auto& all = compiled_->roles.front()[static_cast<std::size_t>(action)];
    const auto& own =
        compiled_->roles[static_cast<std::size_t>(role)][static_cast<std::size_t>(action)];
    const HashedUri hashed(uri);
    if (const Entry* entry = more_specific(own.forbids.find(hashed), all.forbids.find(hashed))) {
        return Denial{Denial::Reason::forbidden, entry->value};
    }
    const Entry* allow = more_specific(own.allows.find(hashed), all.allows.find(hashed));
    if (allow == nullptr) return Denial{};
    const Entry* route = compiled_->routes.find(hashed);
    if (route == nullptr) return Denial{Denial::Reason::no_route, allow->value};
    return permit(allow->value, route->value, payload_bytes);
}

// Containment (W-AUZ-03). A prefix or wildcard pattern matches endlessly many values in its first
// open place, and rules name finitely many; so all its matches are allowed exactly if one single
// prefix rule covers its literal head. That is asked first: what comes after may look at each
// forbid below the head, which only somebody who is allowed the head can make us do.
Decision RealmPolicy::decide_pattern(RoleIndex role, Action action, std::string_view pattern,
                                     wamp::MatchPolicy match,
                                     std::size_t payload_bytes) const noexcept {
    const auto& all = compiled_->roles.front()[static_cast<std::size_t>(action)];
    const auto& own =
        compiled_->roles[static_cast<std::size_t>(role)][static_cast<std::size_t>(action)];
    const HashedUri head(literal_head(pattern, match));
    const Entry* allow = more_specific(own.allows.find_prefix(head), all.allows.find_prefix(head));
    if (allow == nullptr) return Denial{Denial::Reason::pattern};

    const Entry* forbid =
        more_specific(own.forbids.find_prefix(head), all.forbids.find_prefix(head));
    if (forbid == nullptr) {
        const Entry* mine = own.forbids.find_within(pattern, match);
        const Entry* everyones = all.forbids.find_within(pattern, match);
        forbid = mine != nullptr ? mine : everyones;
    }
    if (forbid != nullptr) return Denial{Denial::Reason::forbidden, forbid->value};

    // One permit leads to one place: a pattern that spans two is refused like one that reaches too
    // far.
    const PatternTable& routes = compiled_->routes;
    const Entry* route = routes.find_prefix(head);
    if (route == nullptr) return Denial{Denial::Reason::no_route, allow->value};
    const RouteInfo& target = routes_[route->value];
    for (const Entry* inner = compiled_->one_target ? nullptr : routes.find_within(pattern, match);
         inner != nullptr; inner = routes.find_within(pattern, match, inner)) {
        const RouteInfo& other = routes_[inner->value];
        if (other.backend != target.backend || other.realm != target.realm) {
            return Denial{Denial::Reason::pattern, allow->value};
        }
    }
    return permit(allow->value, route->value, payload_bytes);
}

bool RealmPolicy::may_receive(RoleIndex role, std::string_view topic) const noexcept {
    SALLYPORT_CHECK(static_cast<std::size_t>(role) < compiled_->roles.size());
    if (topic.size() > wamp::uri_bytes_max) return false;
    constexpr auto subscribe = static_cast<std::size_t>(Action::subscribe);
    const auto& all = compiled_->roles.front()[subscribe];
    const auto& own = compiled_->roles[static_cast<std::size_t>(role)][subscribe];
    const HashedUri hashed(topic);
    if (own.forbids.find(hashed) != nullptr || all.forbids.find(hashed) != nullptr) return false;
    return own.allows.find(hashed) != nullptr || all.allows.find(hashed) != nullptr;
}

}  // namespace sallyport::policy
