#include "policy/tools/analysis/unused.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <set>
#include <tuple>
#include <utility>

#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/analysis/pattern_trie.h"
#include "policy/tools/analysis/rule_match.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};
constexpr std::size_t blockers_shown_max = 3;
constexpr std::size_t hit_rules_max = 1'000'000;

/// Searches for a message of a rule that no other rule decides. If a pattern ever decides, it does
/// so with a component that no pattern names in its open places, as fewer other patterns match
/// there.
class Search {
public:
    explicit Search(const PolicyFile& file);
    std::vector<UnreachableRule> run();

private:
    struct Place {
        const std::string& role;
        Action action;
        std::string uri;
    };
    bool decides(std::size_t rule, const RulePatterns::Entry& one);
    bool decides_for(std::size_t rule, const RulePatterns::Entry& one, const std::string& any_role,
                     const Pattern* route);
    bool decides_at(std::size_t rule, const Place& place);
    bool decides_with(std::size_t rule, const Place& place, const std::vector<std::size_t>& near,
                      const ArgumentCase& arguments);
    bool is_led(const std::string& uri) const;
    bool decides_where_routed(std::size_t rule, const RulePatterns::Entry& one);
    std::string generic(const Pattern& pattern, const std::string& role, std::size_t tail,
                        const Pattern* route = nullptr) const;

    const PolicyFile& file_;
    std::vector<RulePatterns> patterns_;
    std::vector<Pattern> routes_;
    PatternTrie trie_;
    PatternTrie route_trie_;
    std::size_t depth_ = 0;  ///< of the longest pattern
    std::string fresh_ = "x";
    std::string authid_ = "anna";
    std::string any_role_ = "somebody";
    std::set<std::string> blockers_;
    bool unrouted_ = false;
};

Search::Search(const PolicyFile& file) : file_(file) {
    std::set<std::string, std::less<>> used{"wamp", "*"};
    for (std::uint32_t index = 0; index < file.rules.size(); ++index) {
        const RuleText& rule = file.rules[index];
        used.insert(rule.roles.begin(), rule.roles.end());
        patterns_.emplace_back(rule.uris, rule.match);
        for (const auto& [pattern, shape] : patterns_.back().all()) {
            trie_.add(pattern, {index, 0, {}});
            depth_ = std::max(depth_, pattern.components().size());
            for (const auto& component : pattern.components()) used.emplace(component.text);
        }
    }
    for (const RouteText& route : file.routes) {
        for (const PatternText& uri : route.uris) {
            const Pattern& pattern = routes_.emplace_back(uri.text, route.match);
            route_trie_.add(pattern, {static_cast<std::uint32_t>(routes_.size() - 1), 0, {}});
            depth_ = std::max(depth_, pattern.components().size());
            for (const auto& component : pattern.components()) used.emplace(component.text);
        }
    }
    for (std::string* name : {&fresh_, &authid_, &any_role_}) {
        const std::string wanted = *name;
        for (int number = 2; used.contains(*name); ++number)
            *name = wanted + std::to_string(number);
        used.insert(*name);
    }
}

std::string Search::generic(const Pattern& pattern, const std::string& role, std::size_t tail,
                            const Pattern* route) const {
    std::string uri;
    std::size_t place = 0;
    // A component that no pattern names, or the one that the route requires.
    const auto add = [&](std::string_view component) {
        if (!uri.empty()) uri += '.';
        const bool free = component == fresh_ && route != nullptr &&
                          place < route->components().size() &&
                          route->components()[place].kind == PatternComponent::Kind::literal;
        uri += free ? route->components()[place].text : component;
        ++place;
    };
    for (const PatternComponent& component : pattern.components()) {
        switch (component.kind) {
            case PatternComponent::Kind::literal:
                add(component.text);
                break;
            case PatternComponent::Kind::authid:
                add(is_bindable(authid_) ? authid_ : fresh_);
                break;
            case PatternComponent::Kind::authrole:
                add(is_bindable(role) ? role : fresh_);
                break;
            case PatternComponent::Kind::any:
                add(fresh_);
                break;
        }
    }
    for (std::size_t i = 0; i < tail; ++i) add(fresh_);
    return uri;
}

bool Search::is_led(const std::string& uri) const {
    if (file_.routes.empty()) return true;
    bool routed = false;
    route_trie_.for_each_overlapping(Pattern(uri, wamp::MatchPolicy::exact),
                                     [&routed](std::uint32_t) { routed = true; });
    return routed;
}

bool Search::decides_with(std::size_t index, const Place& place,
                          const std::vector<std::size_t>& near, const ArgumentCase& arguments) {
    const wamp::Payload payload = arguments.payload.view();
    const Subject subject{{}, authid_, place.role};
    const Question question{place.action,
                            place.uri,
                            wamp::MatchPolicy::exact,
                            arguments.bytes,
                            arguments.opaque ? nullptr : &payload,
                            arguments.opaque};
    const RequestedUri requested(place.uri, wamp::MatchPolicy::exact);
    const RuleText& rule = file_.rules[index];
    const RuleMatch own = match_rule(rule, patterns_[index], subject, question, requested);
    if (!own.applies()) return false;
    for (const std::size_t other_index : near) {
        const RuleText& other = file_.rules[other_index];
        if (other_index == index || other.shadow || (other.allow && !rule.allow)) continue;
        const RuleMatch matched =
            match_rule(other, patterns_[other_index], subject, question, requested);
        if (!matched.applies()) continue;
        // Another forbid has the same effect; of two equal rules the first one is kept.
        const bool alike = !rule.allow && !other.allow &&
                           !(own.pattern->shape < matched.pattern->shape) &&
                           !(matched.pattern->shape < own.pattern->shape);
        const bool blocks = rule.allow ? !other.allow || decides_before(other, matched, rule, own)
                                       : !alike || decides_before(other, matched, rule, own);
        if (!blocks) continue;
        blockers_.insert(other.id);
        return false;
    }
    return true;
}

bool Search::decides_at(std::size_t index, const Place& place) {
    if (place.uri.size() > wamp::uri_bytes_max) return false;
    std::vector<std::size_t> near;
    trie_.for_each_overlapping(Pattern(place.uri, wamp::MatchPolicy::exact),
                               [&near](std::uint32_t rule) { near.push_back(rule); });
    std::vector<const RuleText*> rules;
    rules.reserve(near.size());
    for (const std::size_t rule : near) rules.push_back(&file_.rules[rule]);
    bool decides = false;
    for (const ArgumentCase& arguments : argument_cases(rules, place.action)) {
        if (!decides_with(index, place, near, arguments)) continue;
        decides = true;
        break;
    }
    if (!decides || !file_.rules[index].allow) return decides;
    if (is_led(place.uri)) return true;
    unrouted_ = true;
    return false;
}

bool Search::decides(std::size_t index, const RulePatterns::Entry& one) {
    if (decides_for(index, one, any_role_, nullptr)) return true;
    if (unrouted_ && decides_where_routed(index, one)) return true;
    // A principal whose name is not a valid component matches any component in a forbid.
    const auto is_bound = [](const PatternComponent& component) {
        return component.kind == PatternComponent::Kind::authid ||
               component.kind == PatternComponent::Kind::authrole;
    };
    const auto& components = one.pattern.components();
    if (file_.rules[index].allow || std::none_of(components.begin(), components.end(), is_bound))
        return false;
    const std::string fit = std::exchange(authid_, "an.na");
    const bool found = decides_for(index, one, any_role_, nullptr) ||
                       decides_for(index, one, "some.body", nullptr);
    authid_ = fit;
    return found || decides_for(index, one, "some.body", nullptr);
}

// Allowed with names that no pattern has, but routed only with names that a route has.
bool Search::decides_where_routed(std::size_t index, const RulePatterns::Entry& one) {
    std::set<std::uint32_t> met;
    route_trie_.for_each_overlapping(one.pattern,
                                     [&met](std::uint32_t route) { met.insert(route); });
    for (const std::uint32_t line : met) {
        const Pattern& route = routes_[line];
        const std::string anybody = authid_;
        std::string any_role = any_role_;
        const std::size_t common =
            std::min(one.pattern.components().size(), route.components().size());
        for (std::size_t i = 0; i < common; ++i) {
            const auto kind = one.pattern.components()[i].kind;
            if (route.components()[i].kind != PatternComponent::Kind::literal) continue;
            if (kind == PatternComponent::Kind::authid) authid_ = route.components()[i].text;
            if (kind == PatternComponent::Kind::authrole) any_role = route.components()[i].text;
        }
        const bool found = decides_for(index, one, any_role, &route);
        authid_ = anybody;
        if (found) return true;
    }
    return false;
}

bool Search::decides_for(std::size_t index, const RulePatterns::Entry& one,
                         const std::string& any_role, const Pattern* route) {
    const RuleText& rule = file_.rules[index];
    const std::size_t longest = one.pattern.is_open() ? depth_ + 1 : 0;
    for (const std::string& name : rule.roles) {
        const std::string& role = name == "*" ? any_role : name;
        for (const Action action : actions) {
            if (!rule.actions.has(action)) continue;
            for (std::size_t tail = one.pattern.is_open() ? 1 : 0; tail <= longest; ++tail) {
                if (decides_at(index, {role, action, generic(one.pattern, role, tail, route)}))
                    return true;
            }
        }
    }
    return false;
}

std::vector<UnreachableRule> Search::run() {
    std::vector<UnreachableRule> found;
    for (std::size_t index = 0; index < file_.rules.size(); ++index) {
        const RuleText& rule = file_.rules[index];
        if (rule.shadow) continue;  // shadow rules never decide
        std::vector<UnreachableRule> of_rule;
        const auto& patterns = patterns_[index].all();
        for (std::size_t uri = 0; uri < patterns.size(); ++uri) {
            blockers_.clear();
            unrouted_ = false;
            if (decides(index, patterns[uri])) continue;
            of_rule.push_back({&rule,
                               &rule.uris[uri],
                               {blockers_.begin(), blockers_.end()},
                               unrouted_ && blockers_.empty()});
        }
        if (of_rule.size() == rule.uris.size() && !of_rule.empty()) {
            std::set<std::string> by;
            bool unrouted = true;
            for (const UnreachableRule& one : of_rule) {
                by.insert(one.by.begin(), one.by.end());
                unrouted = unrouted && one.unrouted;
            }
            of_rule = {{&rule, nullptr, {by.begin(), by.end()}, unrouted}};
        }
        found.insert(found.end(), of_rule.begin(), of_rule.end());
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const UnreachableRule& a, const UnreachableRule& b) {
                         return std::tie(a.rule->place.file, a.rule->place.line) <
                                std::tie(b.rule->place.file, b.rule->place.line);
                     });
    return found;
}

std::string named(const RuleText& rule) {
    return (rule.allow ? "allow " : "forbid ") + rule.id;
}

std::string why(const UnreachableRule& one) {
    if (one.unrouted) return "no route covers it";
    if (one.by.empty()) return "no payload meets its conditions";
    std::string text;
    for (std::size_t i = 0; i < std::min(one.by.size(), blockers_shown_max); ++i)
        text += (i == 0 ? "" : ", ") + one.by[i];
    if (one.by.size() > blockers_shown_max)
        text += " and " + std::to_string(one.by.size() - blockers_shown_max) + " more";
    return text + (one.by.size() == 1 ? " always does" : " always do");
}

Json json_of(const UnreachableRule& one) {
    Json object = to_json(one.rule->place);
    object["rule"] = one.rule->id;
    if (one.uri != nullptr) object["uri"] = one.uri->text;
    object["instead"] = one.by;
    object["no_route"] = one.unrouted;
    return object;
}

}  // namespace

std::vector<UnreachableRule> unreachable_rules(const PolicyFile& file) {
    return Search(file).run();
}

bool HitCounts::line(std::string_view text) {
    ++lines_;
    if (!read_log_line(text, line_)) {
        if (++unreadable_ == 1) first_unreadable_ = lines_;
        return false;
    }
    if ((!line_.decision && !line_.shadow) || line_.realm != realm_) return true;
    decisions_ += line_.decision ? line_.count : 0U;
    if (!line_.rule.empty() && (hits_.size() < hit_rules_max || hits_.contains(line_.rule)))
        hits_[line_.rule] += line_.count;
    return true;
}

std::uint64_t HitCounts::of(const std::string& rule) const {
    const auto found = hits_.find(rule);
    return found == hits_.end() ? 0 : found->second;
}

int print_unused(const LoadedRealm& realm, const HitCounts* hits, const Output& to) {
    const auto never = unreachable_rules(realm.file);
    std::vector<const RuleText*> unhit;
    if (hits != nullptr) {
        for (const RuleText& rule : realm.file.rules) {
            if (hits->of(rule.id) == 0) unhit.push_back(&rule);
        }
    }
    if (to.json) {
        Json report;
        Json list = Json::array();
        for (const UnreachableRule& one : never) list.push_back(json_of(one));
        report["never_decide"] = std::move(list);
        if (hits != nullptr) {
            Json counts = Json::array();
            for (const RuleText& rule : realm.file.rules)
                counts.push_back({{"rule", rule.id}, {"hits", hits->of(rule.id)}});
            report["decisions"] = hits->decisions();
            report["unreadable"] = hits->unreadable();
            report["first_unreadable"] = hits->first_unreadable();
            report["rules"] = std::move(counts);
        }
        print_json(to.out, report);
    } else {
        for (const UnreachableRule& one : never) {
            to.out << to_string(one.uri != nullptr ? one.uri->place : one.rule->place) << ": "
                   << named(*one.rule);
            if (one.uri != nullptr) to.out << " for " << policy::quoted(one.uri->text);
            to.out << " never decides: " << why(one) << '\n';
        }
        for (const RuleText* rule : unhit)
            to.out << to_string(rule->place) << ": " << named(*rule)
                   << (rule->shadow ? ", a shadow, would have decided nothing" : " decided nothing")
                   << '\n';
        to.out << counted(realm.file.rules.size(), "rule", "rules") << ": "
               << counted(never.size(), "never decides", "never decide");
        if (hits != nullptr) {
            to.out << ", " << unhit.size() << " decided nothing in "
                   << counted(hits->decisions(), "decision", "decisions");
            if (hits->unreadable() > 0)
                to.out << "; " << unreadable_lines(hits->unreadable(), hits->first_unreadable());
        }
        to.out << '\n';
    }
    return never.empty() && unhit.empty() ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
