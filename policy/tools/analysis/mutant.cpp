#include "policy/tools/analysis/mutant.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/engine/pattern.h"

namespace sallyport::policy {
namespace {

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};

/// Collects the mutants of one rule.
class Mutation {
public:
    explicit Mutation(const RuleText& rule) : rule_(rule) {}

    std::vector<RuleMutant> all() {
        turn_round();
        out_.push_back({"is deleted", std::nullopt});
        roles();
        change_actions();
        uris();
        for (std::size_t i = 0; i < rule_.where.size(); ++i) condition(i);
        payload();
        grants();
        delivery();
        add(rule_.shadow ? "is no longer a shadow" : "becomes a shadow",
            [](RuleText& rule) { rule.shadow = !rule.shadow; });
        return std::move(out_);
    }

private:
    template <class Change>
    void add(std::string what, const Change& change) {
        RuleText changed = rule_;
        change(changed);
        out_.push_back({std::move(what), std::move(changed)});
    }

    void turn_round();
    void roles();
    void change_actions();
    void uris();
    void widen(std::size_t uri);
    void condition(std::size_t index);
    void payload();
    void grants();
    void delivery();

    const RuleText& rule_;
    std::vector<RuleMutant> out_;
};

void Mutation::turn_round() {
    add(rule_.allow ? "becomes a forbid" : "becomes an allow", [](RuleText& rule) {
        rule.allow = !rule.allow;
        rule.limits = {};
        rule.grants = {};
        rule.delivery = {};
        if (!rule.allow && rule.payload == PayloadMode::readable) rule.payload = PayloadMode::any;
    });
}

void Mutation::roles() {
    const bool all = std::find(rule_.roles.begin(), rule_.roles.end(), "*") != rule_.roles.end();
    if (!all) add("for all roles", [](RuleText& rule) { rule.roles = {"*"}; });
    for (std::size_t i = 0; rule_.roles.size() > 1 && i < rule_.roles.size(); ++i) {
        if (all && rule_.roles[i] != "*") continue;
        add("not for role " + rule_.roles[i], [i](RuleText& rule) {
            rule.roles.erase(rule.roles.begin() + static_cast<std::ptrdiff_t>(i));
        });
    }
}

void Mutation::change_actions() {
    const bool reserved =
        rule_.allow && std::any_of(rule_.uris.begin(), rule_.uris.end(),
                                   [](const auto& uri) { return wamp::is_reserved(uri.text); });
    Actions wide;
    std::vector<Action> had;
    for (const Action action : actions) {
        const bool bare = action == Action::subscribe || action == Action::register_;
        const bool possible =
            !(reserved && (action == Action::publish || action == Action::register_)) &&
            !(bare && !rule_.where.empty());
        if (rule_.actions.has(action)) had.push_back(action);
        if (possible || rule_.actions.has(action)) wide.add(action);
    }
    if (!(wide == rule_.actions))
        add("for all actions", [&wide](RuleText& rule) { rule.actions = wide; });
    for (std::size_t i = 0; had.size() > 1 && i < had.size(); ++i) {
        add("not for " + std::string(to_string(had[i])), [&](RuleText& rule) {
            rule.actions = {};
            for (const Action action : had) {
                if (action != had[i]) rule.actions.add(action);
            }
        });
    }
}

void Mutation::uris() {
    for (std::size_t i = 0; i < rule_.uris.size(); ++i) {
        if (rule_.uris.size() > 1) {
            add("without " + quoted(rule_.uris[i].text), [i](RuleText& rule) {
                rule.uris.erase(rule.uris.begin() + static_cast<std::ptrdiff_t>(i));
            });
        }
        widen(i);
    }
}

// Widens the last component, and each placeholder, to anything.
void Mutation::widen(std::size_t uri) {
    const std::string& text = rule_.uris[uri].text;
    const Pattern pattern(text, rule_.match);
    const auto& components = pattern.components();
    const auto set = [&](const std::string& wider, wamp::MatchPolicy match) {
        add("with " + quoted(wider) + " (" + std::string(wamp::to_string(match)) + ") for " +
                quoted(text),
            [&](RuleText& rule) {
                rule.match = match;
                rule.uris[uri].text = wider;
            });
    };
    if (rule_.match == wamp::MatchPolicy::prefix) {
        if (components.size() > 1)
            set(text.substr(0, text.size() - 1 - components.back().text.size()), rule_.match);
        return;
    }
    for (std::size_t i = 0; i < components.size(); ++i) {
        const auto kind = components[i].kind;
        const bool last = i + 1 == components.size();
        if (kind == PatternComponent::Kind::any ||
            (kind == PatternComponent::Kind::literal && !last) || components.size() == 1)
            continue;
        std::string wider;
        for (std::size_t j = 0; j < components.size(); ++j)
            wider +=
                (j == 0 ? "" : ".") + (i == j ? std::string() : std::string(components[j].text));
        set(wider, wamp::MatchPolicy::wildcard);
    }
}

void Mutation::condition(std::size_t index) {
    const Condition& condition = rule_.where[index];
    const std::string subject = subject_of(condition);
    const auto change = [&](const std::string& what, const auto& edit) {
        add("with " + subject + " " + what, [&](RuleText& rule) { edit(rule.where[index]); });
    };
    add("without its condition on " + subject, [index](RuleText& rule) {
        rule.where.erase(rule.where.begin() + static_cast<std::ptrdiff_t>(index));
    });
    const auto bound = [&](const std::string& name, auto member, int by) {
        if (!(condition.*member)) return;
        if constexpr (std::is_same_v<decltype(member), std::optional<Number> Condition::*>) {
            const auto* exact = std::get_if<std::int64_t>(&*(condition.*member));
            if (exact == nullptr || *exact > (INT64_MAX - 1) || *exact < (INT64_MIN + 1)) return;
            change(name + " " + std::to_string(*exact + by),
                   [&](Condition& one) { one.*member = Number(*exact + by); });
        } else {
            const std::uint64_t old = *(condition.*member);
            if (by < 0 && old == 0) return;
            const std::uint64_t now = by < 0 ? old - 1 : old + 1;
            change(name + " " + std::to_string(now), [&](Condition& one) { one.*member = now; });
        }
    };
    bound("min", &Condition::min, -1);
    bound("max", &Condition::max, 1);
    bound("min_length", &Condition::min_length, -1);
    bound("max_length", &Condition::max_length, 1);
    bound("max_depth", &Condition::max_depth, 1);
    bound("max_bytes", &Condition::max_bytes, 1);
    if (!condition.types.empty()) change("of any type", [](Condition& one) { one.types = {}; });
    for (std::size_t i = 0; condition.one_of.size() > 1 && i < condition.one_of.size(); ++i) {
        change("without choice " + std::to_string(i + 1), [i](Condition& one) {
            one.one_of.erase(one.one_of.begin() + static_cast<std::ptrdiff_t>(i));
        });
    }
    if (condition.source == Condition::Source::arg ||
        condition.source == Condition::Source::kwarg) {
        change(condition.optional ? "present" : "present or not",
               [](Condition& one) { one.optional = !one.optional; });
    }
}

void Mutation::payload() {
    const bool carries = rule_.actions.has(Action::call) || rule_.actions.has(Action::publish);
    if (carries && rule_.payload != PayloadMode::any && (rule_.where.empty() || !rule_.allow))
        add("for payloads of any kind", [](RuleText& rule) { rule.payload = PayloadMode::any; });
    if (carries && rule_.payload != PayloadMode::readable)
        add("for readable payloads", [](RuleText& rule) { rule.payload = PayloadMode::readable; });
    if (rule_.limits.payload_bytes != 0) {
        add("without its payload limit", [](RuleText& rule) { rule.limits.payload_bytes = 0; });
        add("with a payload limit of half", [](RuleText& rule) {
            rule.limits.payload_bytes = std::max<std::uint64_t>(1, rule.limits.payload_bytes / 2);
        });
    }
}

// Grants that open parts of "wamp."; tests cannot check the others.
void Mutation::grants() {
    const bool reaches = std::any_of(rule_.uris.begin(), rule_.uris.end(), [this](const auto& uri) {
        return wamp::reaches_reserved(uri.text, rule_.match);
    });
    for (const Grant grant : {Grant::meta, Grant::testaments, Grant::history}) {
        if (!reaches || !rule_.grants.has(grant)) continue;
        add("without grant " + std::string(to_string(grant)), [grant](RuleText& rule) {
            const Grants old = rule.grants;
            rule.grants = {};
            for (std::size_t i = 0; i < grant_count; ++i) {
                const auto one = static_cast<Grant>(i);
                if (one != grant && old.has(one)) rule.grants.add(one);
            }
        });
    }
}

void Mutation::delivery() {
    const EventDelivery& delivery = rule_.delivery;
    if (!delivery.latest) return;
    add("delivering all events", [](RuleText& rule) { rule.delivery = {}; });
    if (delivery.key.index() != 0)
        add("without its key", [](RuleText& rule) { rule.delivery.key = {}; });
    if (delivery.rate_per_s > 0)
        add("without its rate of events", [](RuleText& rule) { rule.delivery.rate_per_s = 0; });
}

bool same_destination(const RouteText& a, const RouteText& b) {
    return a.backends == b.backends && a.realm == b.realm && a.rewrite == b.rewrite;
}

}  // namespace

std::vector<RuleMutant> mutants_of(const RuleText& rule) {
    return Mutation(rule).all();
}

std::vector<RouteMutant> mutants_of(const std::vector<RouteText>& routes, std::size_t index) {
    std::vector<RouteMutant> out;
    if (routes.size() < 2) return out;  // without a route everything is routed to one backend
    out.push_back({"is deleted", std::nullopt, std::nullopt});
    for (std::size_t step = 1; step < routes.size(); ++step) {
        const std::size_t other = (index + step) % routes.size();
        if (same_destination(routes[other], routes[index])) continue;
        RouteText routed = routes[other];
        routed.match = routes[index].match;
        routed.uris = routes[index].uris;
        routed.rewrite = std::nullopt;
        out.push_back({"is routed by " + routes[other].id, std::move(routed), other});
        break;
    }
    for (std::size_t uri = 0; routes[index].uris.size() > 1 && uri < routes[index].uris.size();
         ++uri) {
        RouteText less = routes[index];
        less.uris.erase(less.uris.begin() + static_cast<std::ptrdiff_t>(uri));
        out.push_back(
            {"without " + quoted(routes[index].uris[uri].text), std::move(less), std::nullopt});
    }
    return out;
}

}  // namespace sallyport::policy
