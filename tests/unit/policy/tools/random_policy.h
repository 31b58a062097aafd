#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// Small random policies in which much overlaps: of two letters, two roles and two components, with
/// all that the language has.
class RandomPolicies {
public:
    explicit RandomPolicies(std::uint64_t seed)
        : random_({static_cast<std::uint8_t>(seed), static_cast<std::uint8_t>(seed >> 8U),
                   static_cast<std::uint8_t>(seed >> 16U), 9}) {}

    PolicyFile file() {
        PolicyFile file;
        file.file = "f.toml";
        file.realm = "r";
        for (std::uint64_t i = 1 + random_.below(6); i > 0; --i)
            file.rules.push_back(rule("rule" + std::to_string(i)));
        const std::uint64_t routes = random_.below(4);
        for (std::uint64_t i = 0; i < routes; ++i)
            file.routes.push_back(route("route" + std::to_string(i)));
        return file;
    }

    /// A few changes.
    PolicyFile changed(PolicyFile file) {
        for (std::uint64_t i = 1 + random_.below(2); i > 0; --i) {
            if (file.rules.empty() || random_.below(6) == 0) {
                file.rules.push_back(rule("new" + std::to_string(i)));
                continue;
            }
            if (!file.routes.empty() && random_.below(6) == 0) {
                RouteText& route = file.routes[random_.below(file.routes.size())];
                route = this->route(route.id);
                continue;
            }
            const std::size_t at = random_.below(file.rules.size());
            RuleText& rule = file.rules[at];
            const RuleText other = this->rule(rule.id);
            switch (random_.below(8)) {
                case 0:
                    file.rules.erase(file.rules.begin() + static_cast<std::ptrdiff_t>(at));
                    break;
                case 1:
                    rule.roles = other.roles;
                    break;
                case 2:
                    rule.actions = other.actions;
                    break;
                case 3:
                    rule.match = other.match;
                    rule.uris = other.uris;
                    break;
                case 4:
                    rule.where = other.where;
                    break;
                case 5:
                    rule.limits = other.limits;
                    rule.grants = other.grants;
                    rule.delivery = other.delivery;
                    break;
                case 6:
                    rule.payload = other.payload;
                    rule.shadow = other.shadow;
                    break;
                default:
                    rule = other;
            }
            if (at < file.rules.size() && !file.rules[at].allow) {
                file.rules[at].limits = {};
                file.rules[at].grants = {};
                file.rules[at].delivery = {};
            }
        }
        return file;
    }

private:
    RuleText rule(const std::string& id) {
        RuleText rule;
        rule.id = id;
        rule.allow = random_.below(3) != 0;
        constexpr std::array roles{"a", "b", "*", "*"};
        rule.roles = {roles[random_.below(roles.size())]};
        rule.actions.add(random_.below(2) == 0 ? Action::call : Action::subscribe);
        if (random_.below(3) == 0) rule.actions.add(Action::call);
        rule.match = static_cast<wamp::MatchPolicy>(random_.below(3));
        std::set<std::string> uris;
        for (std::uint64_t i = 1 + random_.below(2); i > 0; --i) uris.insert(pattern(rule.match));
        for (const std::string& uri : uris) rule.uris.push_back({uri, {}});
        const bool subscribes = rule.actions.has(Action::subscribe);
        rule.payload = !rule.allow ? PayloadMode::any : PayloadMode::readable;
        if (!subscribes && random_.below(4) == 0)
            rule.payload = static_cast<PayloadMode>(random_.below(3));
        if (!subscribes && random_.below(3) == 0) rule.where.push_back(condition());
        rule.shadow = random_.below(8) == 0;
        if (rule.allow && random_.below(3) == 0) {
            rule.limits.rate_per_s = static_cast<double>(1 + random_.below(2));
            if (random_.below(2) == 0) rule.limits.payload_bytes = 10;
            if (random_.below(2) == 0) rule.limits.circuit.in_flight = 3;
        }
        if (rule.allow && random_.below(4) == 0) rule.grants.add(Grant::disclose_me);
        if (rule.allow && subscribes && random_.below(6) == 0) {
            rule.delivery.latest = true;
            if (random_.below(2) == 0)
                rule.delivery.key = static_cast<std::uint32_t>(random_.below(2));
            if (random_.below(2) == 0) rule.delivery.rate_per_s = 2;
        }
        return rule;
    }

    RouteText route(const std::string& id) {
        RouteText route;
        route.id = id;
        route.match = wamp::MatchPolicy::prefix;
        constexpr std::array uris{"", "a.", "b.", "a.b."};
        route.uris = {{uris[random_.below(uris.size())], {}}};
        route.backends = {random_.below(2) == 0 ? "one" : "two"};
        if (random_.below(3) == 0)
            route.backends.emplace_back(route.backends.front() == "one" ? "two" : "one");
        if (random_.below(3) == 0 && !route.uris[0].text.empty()) route.rewrite = "z.";
        route.idempotent = random_.below(4) == 0;
        return route;
    }

    Condition condition() {
        Condition condition;
        condition.index = static_cast<std::uint32_t>(random_.below(2));
        if (random_.below(3) == 0) condition.min = Number(std::int64_t{1});
        if (random_.below(2) == 0) condition.max = Number(std::int64_t{2});
        if (!condition.min && !condition.max)
            condition.one_of = {std::string("s"), std::int64_t{1}};
        condition.optional = random_.below(4) == 0;
        return condition;
    }

    std::string pattern(wamp::MatchPolicy match) {
        std::string text;
        const std::uint64_t count = 1 + random_.below(2);
        for (std::uint64_t i = 0; i < count; ++i) {
            if (i != 0) text += '.';
            const bool open = match == wamp::MatchPolicy::wildcard && random_.below(2) == 0;
            constexpr std::array parts{"a", "b", "a", "b", "${authid}", "${authrole}"};
            if (!open) text += parts[random_.below(parts.size())];
        }
        if (match == wamp::MatchPolicy::wildcard && text.empty()) text = ".";
        return match == wamp::MatchPolicy::prefix ? text + "." : text;
    }

    wamp::Random random_;
};

}  // namespace sallyport::policy
