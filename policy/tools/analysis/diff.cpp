#include "policy/tools/analysis/diff.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <tuple>
#include <utility>

#include "policy/document/units.h"
#include "policy/file/inline_test.h"
#include "policy/file/load.h"
#include "policy/tools/analysis/describe.h"
#include "policy/tools/analysis/diff_cause.h"
#include "policy/tools/analysis/diff_walk.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"
#include "wamp/codec/json_writer.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t roles_shown_max = 12;

/// Every observable part of one decision.
struct Behaviour {
    bool allowed = false;
    bool too_big = false;  ///< reported to the client as such
    Limits limits;
    Grants grants;
    EventDelivery delivery;
    std::vector<std::string> backends;
    std::string realm;
    std::string target;
    wamp::Duration wait{};
    bool idempotent = false;
    Spread spread;

    bool operator==(const Behaviour&) const = default;
};

// As far as the limits apply to that action.
Limits effective(Limits limits, Action action) {
    if (action != Action::call) {
        limits.in_flight = limits.authid.in_flight = limits.circuit.in_flight = 0;
        limits.timeout = {};
        if (action != Action::publish) limits.payload_bytes = 0;
    }
    return limits;
}

Behaviour behaviour(const RealmPolicy& policy, const Decision& decision, Action action,
                    std::string_view uri) {
    Behaviour made;
    if (const auto* denial = std::get_if<Denial>(&decision)) {
        made.too_big = denial->reason == Denial::Reason::payload_too_big;
        return made;
    }
    const Permit& permit = *std::get_if<Permit>(&decision);
    const RouteInfo& route = policy.route(permit.route());
    made.allowed = true;
    made.limits = effective(permit.limits(), action);
    made.grants = policy.rule(permit.rule()).grants;
    if (action == Action::subscribe) made.delivery = policy.rule(permit.rule()).delivery;
    made.backends = route.backends;
    made.realm = route.realm;
    made.target = target_of(route, uri);
    made.wait = route.wait;
    made.idempotent = route.idempotent && action == Action::call;
    if (action == Action::call) made.spread = route.spread;
    return made;
}

// The rule that decides; "" if none does.
std::string decider(const RealmPolicy& policy, const Decision& decision) {
    if (const auto* permit = std::get_if<Permit>(&decision)) return policy.rule(permit->rule()).id;
    const Denial& denial = *std::get_if<Denial>(&decision);
    const bool decides = denial.reason == Denial::Reason::forbidden ||
                         denial.reason == Denial::Reason::payload_too_big;
    return decides ? policy.rule(denial.rule).id : "";
}

std::string route_of(const RealmPolicy& policy, const Decision& decision) {
    const auto* permit = std::get_if<Permit>(&decision);
    return permit != nullptr ? policy.route(permit->route()).id : "";
}

/// Asks both policies about the places of a walk and keeps the differences.
class Comparison {
public:
    Comparison(const ComparedPolicy& before, const ComparedPolicy& after)
        : before_(before.policy), after_(after.policy), causes_(before.file, after.file) {}

    void add(const DiffPlace& place) {
        for (const ArgumentCase& arguments : argument_cases(place.rules, place.action, true))
            ask(place, arguments);
    }

    // A difference in several conditions at once is redundant if each has its own difference.
    std::vector<Difference> take() {
        std::vector<Difference> kept;
        std::set<std::size_t> redundant;
        for (const auto& [key, index] : by_key_) {
            if (std::get<6>(key) == Causes::several && has_lone(key)) redundant.insert(index);
        }
        for (std::size_t i = 0; i < found_.size(); ++i) {
            if (!redundant.contains(i)) kept.push_back(std::move(found_[i]));
        }
        return kept;
    }

private:
    using Key = std::tuple<Action, std::string, std::string, std::string, std::string, unsigned,
                           std::string>;

    static bool begin_alike(const Key& a, const Key& b) {
        return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b) &&
               std::get<2>(a) == std::get<2>(b) && std::get<3>(a) == std::get<3>(b) &&
               std::get<4>(a) == std::get<4>(b) && std::get<5>(a) == std::get<5>(b);
    }

    // Whether differences of single conditions cover all of its roles.
    bool has_lone(const Key& key) const {
        Key first = key;
        std::get<6>(first).clear();
        const Difference& asked = found_[by_key_.at(key)];
        std::set<std::string> roles(asked.roles.begin(), asked.roles.end());
        bool others = asked.others;
        for (auto at = by_key_.lower_bound(first); at != by_key_.end(); ++at) {
            if (!begin_alike(at->first, key)) break;
            if (!std::get<6>(at->first).starts_with(Causes::condition)) continue;
            for (const std::string& role : found_[at->second].roles) roles.erase(role);
            others = others && !found_[at->second].others;
        }
        return roles.empty() && !others;
    }

    Decision decide(const RealmPolicy& policy, const DiffPlace& place,
                    const ArgumentCase& arguments) const {
        const wamp::Payload payload = arguments.payload.view();
        return policy.decide({policy.role(place.role), place.authid, place.role},
                             {place.action, place.uri, wamp::MatchPolicy::exact, arguments.bytes,
                              arguments.opaque ? nullptr : &payload, arguments.opaque});
    }

    void ask(const DiffPlace& place, const ArgumentCase& arguments) {
        const Decision before = decide(before_, place, arguments);
        const Decision after = decide(after_, place, arguments);
        const Behaviour was = behaviour(before_, before, place.action, place.uri);
        const Behaviour is = behaviour(after_, after, place.action, place.uri);
        if (was == is) return;
        const bool both = was.allowed && is.allowed;
        const unsigned limits = both && was.limits != is.limits ? 1U : 0U;
        const unsigned grants = both && !(was.grants == is.grants) ? 2U : 0U;
        const unsigned delivery = both && was.delivery != is.delivery ? 8U : 0U;
        const bool same_target = was.backends == is.backends && was.realm == is.realm &&
                                 was.target == is.target && was.wait == is.wait &&
                                 was.idempotent == is.idempotent && was.spread == is.spread;
        const unsigned route = both && !same_target ? 4U : 0U;
        const std::string route_before = route != 0 ? route_of(before_, before) : "";
        const std::string route_after = route != 0 ? route_of(after_, after) : "";
        const std::string rule_before = decider(before_, before);
        const std::string rule_after = decider(after_, after);
        const Key key{place.action,
                      rule_before,
                      rule_after,
                      route_before,
                      route_after,
                      limits + grants + route + delivery,
                      causes_.of(place, arguments, rule_before, rule_after)};
        const auto [known, fresh] = by_key_.try_emplace(key, found_.size());
        if (fresh) {
            Difference one;
            one.action = place.action;
            one.uri = place.uri;
            one.authid = place.authid;
            one.role = place.role;
            one.arguments = arguments;
            one.before = answer(before_, before, place, *known);
            one.after = answer(after_, after, place, *known);
            found_.push_back(std::move(one));
        }
        Difference& difference = found_[known->second];
        if (place.others) {
            difference.others = true;
        } else if (difference.roles.empty() || difference.roles.back() != place.role) {
            difference.roles.emplace_back(place.role);
        }
    }

    static Difference::Answer answer(const RealmPolicy& policy, const Decision& decision,
                                     const DiffPlace& place,
                                     const std::pair<const Key, std::size_t>& known) {
        const auto* denial = std::get_if<Denial>(&decision);
        const bool forbidden = denial != nullptr && denial->reason == Denial::Reason::forbidden;
        const std::string rule = decider(policy, decision);
        return {describe(decision, policy) + extras(policy, decision, place, known),
                denial == nullptr ? "allow " + rule
                : forbidden       ? "forbid " + rule
                                  : "deny",
                route_of(policy, decision), delivery_of(policy, decision, place.action)};
    }

    static std::optional<EventDelivery> delivery_of(const RealmPolicy& policy,
                                                    const Decision& decision, Action action) {
        const auto* permit = std::get_if<Permit>(&decision);
        if (permit == nullptr || action != Action::subscribe) return std::nullopt;
        return policy.rule(permit->rule()).delivery;
    }

    // Changes although both policies allow it.
    static std::string extras(const RealmPolicy& policy, const Decision& decision,
                              const DiffPlace& place,
                              const std::pair<const Key, std::size_t>& known) {
        const auto* permit = std::get_if<Permit>(&decision);
        const unsigned changed = std::get<5>(known.first);
        if (permit == nullptr || changed == 0) return "";
        std::string text;
        if ((changed & 1U) != 0)
            text += "; limits: " + describe(effective(permit->limits(), place.action));
        if ((changed & 2U) != 0)
            text += "; grants: " + describe(policy.rule(permit->rule()).grants);
        if ((changed & 8U) != 0)
            text += "; events: " + describe(policy.rule(permit->rule()).delivery);
        if ((changed & 4U) != 0)
            text += "; route: " + describe(policy.route(permit->route()), place.uri);
        return text;
    }

    const RealmPolicy& before_;
    const RealmPolicy& after_;
    Causes causes_;
    std::map<Key, std::size_t> by_key_;
    std::vector<Difference> found_;
};

std::string concerned(const Difference& difference) {
    std::string text;
    const std::size_t shown = std::min(difference.roles.size(), roles_shown_max);
    for (std::size_t i = 0; i < shown; ++i)
        text += (text.empty() ? "" : ", ") + difference.roles[i];
    if (shown < difference.roles.size())
        text += " and " + std::to_string(difference.roles.size() - shown) + " more";
    if (difference.others) text += text.empty() ? "all others" : ", and all others";
    return text;
}

void print(const Difference& difference, std::ostream& out) {
    out << to_string(difference.action) << ' ' << policy::quoted(difference.uri) << " as "
        << difference.authid << ':' << difference.role << describe(difference.arguments) << '\n'
        << "  before: " << difference.before.text << '\n'
        << "  after:  " << difference.after.text << '\n'
        << "  roles:  " << concerned(difference) << '\n';
}

// Arguments are shown as a client writes them in JSON, binary convention included.
template <class Arguments>
Json arguments_json(const Arguments& arguments) {
    std::string text;
    wamp::append_json(text, arguments);
    return Json::parse(text, nullptr, false);
}

Json json_of(const Difference& difference) {
    Json object{{"action", to_string(difference.action)},
                {"uri", difference.uri},
                {"authid", difference.authid},
                {"role", difference.role}};
    if (!difference.arguments.args.empty())
        object["args"] = arguments_json(difference.arguments.args);
    if (!difference.arguments.kwargs.empty())
        object["kwargs"] = arguments_json(difference.arguments.kwargs);
    if (difference.arguments.opaque) object["opaque"] = true;
    if (difference.arguments.sized) object["payload_bytes"] = difference.arguments.bytes;
    object["before"] = difference.before.text;
    object["after"] = difference.after.text;
    object["roles"] = difference.roles;
    object["all_other_roles"] = difference.others;
    return object;
}

std::string methods_text(const std::optional<Methods>& methods) {
    if (!methods) return "";
    std::string text;
    for (const Method method : all_methods) {
        if (methods->has(method))
            text += (text.empty() ? "" : ", ") + std::string(to_string(method));
    }
    return text.empty() ? "no method" : text;
}

std::string failures_text(const FailureLimits& limits) {
    return std::to_string(limits.per_circuit) + " per circuit, then a wait of " +
           format_duration(limits.window);
}

std::string dynamic_text(const AuthText& auth) {
    if (!auth.dynamic) return "";
    return auth.dynamic->procedure + " within " + format_duration(auth.dynamic->timeout) + " by " +
           methods_text(auth.dynamic->methods);
}

std::string changed(const std::string& what, const std::string& before, const std::string& after) {
    const auto shown = [](const std::string& text) {
        return text.empty() ? "none" : policy::quoted(text);
    };
    return what + ": " + shown(before) + " before, " + shown(after) + " after";
}

}  // namespace

std::vector<Difference> differences(const ComparedPolicy& before, const ComparedPolicy& after) {
    Comparison comparison(before, after);
    DiffWalk walk(before.file, after.file);
    walk.run([&comparison](const DiffPlace& place) { comparison.add(place); });
    return comparison.take();
}

std::vector<std::string> other_differences(const PolicyFile& before, const PolicyFile& after) {
    std::vector<std::string> lines;
    const auto compare = [&lines](const std::string& what, const std::string& a,
                                  const std::string& b) {
        if (a != b) lines.push_back(changed(what, a, b));
    };
    compare("realm", before.realm, after.realm);
    compare("role of anonymous", before.auth.anonymous_role, after.auth.anonymous_role);
    compare("principals", before.auth.principals, after.auth.principals);
    compare("methods", methods_text(before.auth.methods), methods_text(after.auth.methods));
    compare("failures", failures_text(before.auth.failures), failures_text(after.auth.failures));
    compare("dynamic authenticator", dynamic_text(before.auth), dynamic_text(after.auth));
    return lines;
}

int diff(const std::string& before_path, const std::string& after_path, const Output& to) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = false;
    options.run_tests = false;
    const auto before = load_realm(before_path, options);
    const auto after = load_realm(after_path, options);
    if (!before || !after) {
        Diagnostics errors;
        for (const auto* realm : {&before, &after}) {
            if (*realm) continue;
            const Diagnostics more = realm->error();
            errors.insert(errors.end(), more.begin(), more.end());
        }
        return print_errors(errors, to);
    }
    return print_differences(*before, *after, to);
}

int print_differences(const LoadedRealm& before, const LoadedRealm& after, const Output& to) {
    const auto others = other_differences(before.file, after.file);
    const auto found = differences({before.file, *before.policy}, {after.file, *after.policy});
    if (to.json) {
        Json messages = Json::array();
        for (const Difference& difference : found) messages.push_back(json_of(difference));
        print_json(to.out, {{"differences", std::move(messages)}, {"outside_of_rules", others}});
    } else {
        for (const std::string& line : others) to.out << line << '\n';
        for (const Difference& difference : found) print(difference, to.out);
        const std::size_t count = others.size() + found.size();
        to.out << (count == 0 ? "no difference" : counted(count, "difference", "differences"))
               << '\n';
    }
    return others.empty() && found.empty() ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
