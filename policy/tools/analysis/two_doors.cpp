#include "policy/tools/analysis/two_doors.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "policy/auth/credentials.h"
#include "policy/file/inline_test.h"
#include "policy/tools/analysis/describe.h"
#include "policy/tools/analysis/diff_walk.h"

namespace sallyport::policy {
namespace {

using Components = std::vector<std::string_view>;

/// Of a pattern as written; a prefix ends with a dot, or is empty.
Components split(std::string_view text, bool prefix) {
    if (prefix && !text.empty()) text.remove_suffix(1);
    Components found;
    if (prefix && text.empty()) return found;
    for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
        found.push_back(text.substr(0, dot));
        text.remove_prefix(dot + 1);
    }
    found.push_back(text);
    return found;
}

bool may_be(std::string_view pattern, std::string_view component) {
    return pattern.empty() || pattern == component || pattern.starts_with('$');
}

/// What the pattern of an inside matches of the messages of a route, as the gateway's clients name
/// it; nothing if that is nothing.
std::optional<std::string> as_outside(const RouteInfo& route, std::string_view pattern,
                                      wamp::MatchPolicy match) {
    if (!route.rewrite) return std::string(pattern);
    const bool open = match == wamp::MatchPolicy::prefix;
    const Components components = split(pattern, open);
    const Components rewritten = split(*route.rewrite, true);
    const std::size_t common = std::min(components.size(), rewritten.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (!may_be(components[i], rewritten[i])) return std::nullopt;
    }
    if (components.size() <= rewritten.size())
        return open ? std::optional(route.prefix) : std::nullopt;
    std::string text = route.prefix;
    for (std::size_t i = rewritten.size(); i < components.size(); ++i) {
        text += components[i];
        if (open || i + 1 < components.size()) text += '.';
    }
    return text;
}

Actions only(const Actions& of, std::initializer_list<Action> wanted) {
    Actions kept;
    for (const Action action : wanted) {
        if (of.has(action)) kept.add(action);
    }
    return kept;
}

bool names(const RuleText& rule, std::string_view role) {
    return std::any_of(rule.roles.begin(), rule.roles.end(),
                       [role](const std::string& name) { return name == "*" || name == role; });
}

/// The rules of the second doors as if they were rules for the gateway's clients: what a walk needs
/// to find each message that some rule distinguishes.
PolicyFile rules_as_outside(const RealmPolicy& first, std::span<const SecondDoor> second) {
    PolicyFile made;
    const auto add = [&made](const RuleText& rule, const RouteInfo& route, Actions actions,
                             std::vector<std::string> roles) {
        if (actions.empty()) return;
        RuleText copy = rule;
        copy.actions = actions;
        copy.roles = std::move(roles);
        copy.uris.clear();
        for (const PatternText& uri : rule.uris) {
            if (auto text = as_outside(route, uri.text, rule.match))
                copy.uris.push_back({*std::move(text), uri.place});
        }
        if (!copy.uris.empty()) made.rules.push_back(std::move(copy));
    };
    for (const SecondDoor& door : second) {
        for (const RouteInfo& route : first.routes()) {
            if (!door.is_behind(route)) continue;
            for (const RuleText& rule : door.policy.file.rules) {
                const bool for_gateway = names(rule, gateway_role);
                if (for_gateway) {
                    add(rule, route, only(rule.actions, {Action::subscribe, Action::register_}),
                        {"*"});
                }
                const Actions carried = only(rule.actions, {Action::call, Action::publish});
                if (door.conveys_identity) {
                    add(rule, route, carried, rule.roles);
                } else if (for_gateway) {
                    add(rule, route, carried, {"*"});
                }
            }
        }
    }
    return made;
}

class Search {
public:
    Search(const ComparedPolicy& first, std::span<const SecondDoor> second)
        : first_(first.policy), second_(second) {}

    void add(const DiffPlace& place) {
        if (place.uri.starts_with("wamp.")) return;
        for (const ArgumentCase& arguments : argument_cases(place.rules, place.action))
            ask(place, arguments);
    }

    /// Roles of one rule and action with the same outcome together.
    std::vector<LostPassage> take() {
        std::map<std::tuple<std::string, Action, bool>, LostPassage> joined;
        for (auto& [key, tally] : tallies_) {
            if (!tally.example) continue;
            const auto& [rule, action, role, others] = key;
            const bool wholly = !tally.passes;
            const auto [at, fresh] =
                joined.try_emplace({rule, action, wholly}, std::move(*tally.example));
            at->second.wholly = wholly;
            if (others) {
                at->second.others = true;
            } else {
                at->second.roles.push_back(role);
            }
        }
        std::vector<LostPassage> found;
        found.reserve(joined.size());
        for (auto& [key, lost] : joined) found.push_back(std::move(lost));
        return found;
    }

private:
    struct Tally {
        bool passes = false;
        std::optional<LostPassage> example;
    };

    void ask(const DiffPlace& place, const ArgumentCase& arguments) {
        const wamp::Payload payload = arguments.payload.view();
        const Subject subject{first_.role(place.role), place.authid, place.role};
        Question question{place.action,
                          place.uri,
                          wamp::MatchPolicy::exact,
                          arguments.bytes,
                          arguments.opaque ? nullptr : &payload,
                          arguments.opaque};
        const Decision outside = first_.decide(subject, question);
        const auto* const permit = std::get_if<Permit>(&outside);
        if (permit == nullptr) return;
        const RouteInfo& route = first_.route(permit->route());
        const std::string inner = target_of(route, place.uri);
        question.uri = inner;
        std::string why;
        bool passes = false;
        std::size_t known = 0;
        for (const SecondDoor& door : second_) {
            if (!door.is_behind(route)) continue;
            ++known;
            const Decision inside = decide_inside(door, subject, question);
            if (std::holds_alternative<Permit>(inside)) passes = true;
            why = describe(inside, door.policy.policy);
        }
        if (known < route.backends.size()) return;  // what the others decide is not known
        const RuleInfo& rule = first_.rule(permit->rule());
        Tally& tally =
            tallies_[{rule.id, place.action, place.others ? std::string() : std::string(place.role),
                      place.others}];
        if (passes) {
            tally.passes = true;
        } else if (!tally.example) {
            tally.example = {rule,
                             place.action,
                             false,
                             {},
                             false,
                             place.uri,
                             std::string(place.authid),
                             std::string(place.role),
                             arguments,
                             backends_of(route),
                             inner,
                             why};
        }
    }

    const RealmPolicy& first_;
    std::span<const SecondDoor> second_;
    std::map<std::tuple<std::string, Action, std::string, bool>, Tally> tallies_;
};

}  // namespace

Subject subject_inside(const SecondDoor& door, Action action, const Subject& outside) noexcept {
    const bool carried = action == Action::call || action == Action::publish;
    const bool conveyed = carried && door.conveys_identity;
    const std::string_view role = conveyed ? outside.authrole : gateway_role;
    return {door.policy.policy.role(role), conveyed ? outside.authid : gateway_role, role};
}

Decision decide_inside(const SecondDoor& door, const Subject& outside, const Question& question) {
    return door.policy.policy.decide(subject_inside(door, question.action, outside), question);
}

std::vector<LostPassage> lost_passages(const ComparedPolicy& first,
                                       std::span<const SecondDoor> second) {
    const PolicyFile inside = rules_as_outside(first.policy, second);
    Search search(first, second);
    DiffWalk walk(first.file, inside);
    walk.run([&search](const DiffPlace& place) { search.add(place); });
    return search.take();
}

}  // namespace sallyport::policy
