#pragma once

// The policy language by its letter: every rule read one by one, component by component. What the
// compiled engine is compared with.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "policy/engine/pattern.h"
#include "policy/file/file.h"

namespace sallyport::policy::naive {

using Components = std::vector<std::string>;

inline Components split(std::string_view text) {
    Components all{""};
    for (const char c : text) {
        if (c == '.') {
            all.emplace_back();
        } else {
            all.back() += c;
        }
    }
    return all;
}

struct Query {
    std::string authid;
    std::string role;
    Action action = Action::call;
    Components uri;
    const wamp::Payload* payload = nullptr;
    bool opaque = false;
};

/// How specific each component of a match is: 0 for letters, 1 and 2 for placeholders, 3 for
/// anything, 4 for the end of a prefix. Nothing when there is no match.
inline std::optional<std::vector<int>> match(const Components& pattern, bool prefix,
                                             const Query& asked, bool unfit) {
    const std::size_t size = prefix ? pattern.size() - 1 : pattern.size();  // ends with a dot
    if (prefix ? asked.uri.size() <= size : asked.uri.size() != size) return std::nullopt;
    std::vector<int> classes;
    for (std::size_t i = 0; i < size; ++i) {
        const bool authid = pattern[i] == authid_placeholder;
        const bool authrole = pattern[i] == authrole_placeholder;
        const std::string& wanted = authid ? asked.authid : authrole ? asked.role : pattern[i];
        if (authid || authrole) {
            const bool fits =
                !wanted.empty() && wanted.find_first_of(".*# \t\n\r") == std::string::npos;
            if (fits ? wanted != asked.uri[i] : !unfit) return std::nullopt;
            classes.push_back(authid ? 1 : 2);
        } else if (wanted.empty()) {
            classes.push_back(3);
        } else {
            if (wanted != asked.uri[i]) return std::nullopt;
            classes.push_back(0);
        }
    }
    if (prefix) classes.push_back(4);
    return classes;
}

inline bool takes_payload(const RuleText& rule, const Query& asked) {
    if (asked.action != Action::call && asked.action != Action::publish) return true;
    if (asked.opaque) {
        if (rule.payload == PayloadMode::readable) return false;
        return rule.where.empty() || !rule.allow;
    }
    if (rule.payload == PayloadMode::opaque) return false;
    const wamp::Payload none{};
    for (const Condition& condition : rule.where) {
        if (!holds(condition, asked.payload != nullptr ? *asked.payload : none)) return false;
    }
    return true;
}

struct Verdict {
    bool allowed = false;
    std::string rule;  ///< the forbid or the allow; "" when none matches
};

/// The file's patterns, split once.
class Policy {
public:
    explicit Policy(const PolicyFile& file, bool shadows = false) {
        for (const RuleText& rule : file.rules) {
            if (rule.shadow && !shadows) continue;
            Rule& made = rules_.emplace_back(Rule{&rule, {}});
            for (const PatternText& uri : rule.uris)
                made.patterns.push_back(pattern(uri.text, rule.match));
        }
        for (const RouteText& route : file.routes) {
            for (const PatternText& uri : route.uris)
                routes_.push_back({&route, pattern(uri.text, route.match),
                                   route.match == wamp::MatchPolicy::prefix});
        }
    }

    Verdict decide(const Query& asked) const {
        std::optional<Candidate> forbid;
        std::optional<Candidate> allow;
        for (const auto& [rule, patterns] : rules_) {
            const auto names = [&](const std::string& name) {
                return name == "*" || name == asked.role;
            };
            if (!rule->actions.has(asked.action) ||
                !std::any_of(rule->roles.begin(), rule->roles.end(), names) ||
                !takes_payload(*rule, asked)) {
                continue;
            }
            for (const Components& pattern : patterns) {
                const auto classes =
                    match(pattern, rule->match == wamp::MatchPolicy::prefix, asked, !rule->allow);
                if (!classes) continue;
                const Candidate candidate{*classes, rule->where.empty(), rule->id};
                std::optional<Candidate>& best = rule->allow ? allow : forbid;
                if (!best || candidate < *best) best = candidate;
            }
        }
        if (forbid) return {false, std::get<2>(*forbid)};
        if (allow) return {true, std::get<2>(*allow)};
        return {};
    }

    /// The route that the URI takes; null when there is none.
    const RouteText* route(const Components& uri) const {
        const RouteText* best = nullptr;
        std::vector<int> best_classes;
        Query asked;
        asked.uri = uri;
        for (const Route& route : routes_) {
            const auto classes = match(route.pattern, route.prefix, asked, false);
            if (!classes || (best != nullptr && best_classes < *classes)) continue;
            best = route.text;
            best_classes = *classes;
        }
        return best;
    }
    bool has_routes() const noexcept { return !routes_.empty(); }

    /// Whether a pattern that matches those URIs has one way: a route for all of them, and no more
    /// specific one elsewhere for any.
    bool has_one_way(const std::vector<const Components*>& uris) const {
        const RouteText* base = nullptr;
        std::vector<int> base_classes;
        std::vector<std::pair<const RouteText*, std::vector<int>>> met;
        for (const Route& route : routes_) {
            std::size_t matched = 0;
            std::vector<int> classes;
            for (const Components* uri : uris) {
                Query asked;
                asked.uri = *uri;
                const auto found = match(route.pattern, route.prefix, asked, false);
                if (!found) continue;
                ++matched;
                classes = *found;
            }
            if (matched == 0) continue;
            met.emplace_back(route.text, classes);
            if (matched == uris.size() && (base == nullptr || classes < base_classes)) {
                base = route.text;
                base_classes = classes;
            }
        }
        return base != nullptr && std::none_of(met.begin(), met.end(), [&](const auto& other) {
                   return other.second < base_classes && other.first->backends != base->backends;
               });
    }

private:
    using Candidate = std::tuple<std::vector<int>, bool, std::string>;
    struct Rule {
        const RuleText* text;
        std::vector<Components> patterns;
    };
    struct Route {
        const RouteText* text;
        Components pattern;
        bool prefix;
    };

    // The prefix "" has no component before its end.
    static Components pattern(const std::string& text, wamp::MatchPolicy match) {
        if (match == wamp::MatchPolicy::prefix && text.empty()) return {""};
        return split(text);
    }

    std::vector<Rule> rules_;
    std::vector<Route> routes_;
};

}  // namespace sallyport::policy::naive
