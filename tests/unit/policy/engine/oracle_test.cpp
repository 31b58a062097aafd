// The compiled policy against one that reads the rules one by one, on random policies and requests.
// SALLYPORT_ORACLE_DECISIONS says how many are asked; SALLYPORT_ORACLE_SEED where to begin.
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "tests/unit/policy/naive.h"
#include "tests/unit/policy/support.h"
#include "wamp/base/random.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using naive::Components;
using wamp::MatchPolicy;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class World {
public:
    explicit World(std::uint64_t seed)
        : random_({static_cast<std::uint8_t>(seed), static_cast<std::uint8_t>(seed >> 8U),
                   static_cast<std::uint8_t>(seed >> 16U), static_cast<std::uint8_t>(seed >> 24U),
                   2}) {}

    PolicyFile file() {
        PolicyFile file;
        file.file = test_file;
        file.realm = "r";
        for (std::uint64_t i = 1 + below(8); i > 0; --i) file.rules.push_back(rule(i));
        if (below(2) == 0) routes(file);
        return file;
    }

    /// A request of that kind, often close to what some rule says.
    std::string request(const PolicyFile& file, MatchPolicy match) {
        if (match == MatchPolicy::prefix || below(3) == 0) return pattern(match);
        const RuleText& rule = file.rules[below(file.rules.size())];
        Components parts = naive::split(rule.uris[below(rule.uris.size())].text);
        for (std::string& part : parts) {
            const bool open = part.empty() || part.starts_with("$");
            if (open || below(4) == 0) part = letter();
            if (match == MatchPolicy::wildcard && below(4) == 0) part.clear();
        }
        if (rule.match == MatchPolicy::prefix && below(3) == 0) parts.push_back(letter());
        if (match == MatchPolicy::wildcard && parts.size() > 4) parts.resize(4);  // as the universe
        return joined(parts);
    }
    std::string role() { return pick<std::string>({"x", "y", "z"}); }
    std::string authid() { return pick<std::string>({"x", "y", "z", "", "x.y", "*", "x y"}); }
    Action action() { return static_cast<Action>(below(4)); }
    MatchPolicy match() { return static_cast<MatchPolicy>(below(3)); }
    wamp::OwnedPayload payload() {
        wamp::List args;
        for (std::uint64_t i = below(3); i > 0; --i) args.push_back(argument());
        wamp::Dict kwargs;
        if (below(2) == 0) kwargs.set("k", argument());
        return wamp::make_payload(
            below(2) == 0 ? wamp::Serializer::json : wamp::Serializer::msgpack, args, kwargs);
    }
    bool rarely() { return below(6) == 0; }

    template <class Vector>
    void shuffle(Vector& all) {
        for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[below(i)]);
    }

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    template <class T>
    T pick(std::vector<T> all) {
        return all[below(all.size())];
    }
    std::string letter() { return pick<std::string>({"x", "xx", "y"}); }

    wamp::Value argument() {
        return pick<wamp::Value>(
            {0, 5, -5, 9.5, "s", "long text", true, nullptr, wamp::List{1, 2}, wamp::Bytes{"b"}});
    }

    static std::string joined(const Components& parts) {
        std::string text;
        for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : ".") + parts[i];
        return text;
    }

    // "z" is what no pattern names.
    std::string pattern(MatchPolicy match) {
        Components parts;
        for (std::uint64_t i = 1 + below(3); i > 0; --i)
            parts.push_back(pick<std::string>({"x", "xx", "y", "z"}));
        if (match == MatchPolicy::wildcard) parts[below(parts.size())].clear();
        std::string text = joined(parts);
        if (match == MatchPolicy::prefix) {
            if (below(2) == 0) text += ".";
            if (below(4) == 0) text.resize(below(text.size() + 1));
        }
        return text;
    }

    // A pattern as a rule may have it.
    std::string written(MatchPolicy match, bool placeholders, std::uint64_t depth) {
        Components parts;
        for (std::uint64_t i = 0; i < depth; ++i) {
            const bool bound = placeholders && below(6) == 0;
            parts.push_back(bound ? pick<std::string>({"${authid}", "${authrole}"}) : letter());
        }
        if (match == MatchPolicy::wildcard) {
            parts[below(depth)].clear();
            if (below(3) == 0) parts[below(depth)].clear();
        }
        return joined(parts) + (match == MatchPolicy::prefix ? "." : "");
    }

    RuleText rule(std::uint64_t number) {
        RuleText rule;
        rule.id = "rule" + std::to_string(number);
        rule.allow = below(3) != 0;
        rule.shadow = rarely();
        rule.match = match();
        const std::set<std::string> roles{pick<std::string>({"x", "y", "*"}),
                                          pick<std::string>({"x", "y", "*"})};
        rule.roles.assign(roles.begin(), roles.end());
        for (std::uint64_t i = below(4) + 1; i > 0; --i) rule.actions.add(action());
        // Wide allows, so that forbids within them decide.
        const bool wide = rule.allow && rule.match == MatchPolicy::prefix && below(3) != 0;
        std::set<std::string> uris;
        for (std::uint64_t i = below(3) + 1; i > 0; --i)
            uris.insert(written(rule.match, true, wide ? 1 : 1 + below(3)));
        for (const std::string& uri : uris) rule.uris.push_back({uri, {test_file, 1, 1}});
        rule.payload = rule.allow ? PayloadMode::readable : PayloadMode::any;
        if (below(4) == 0)
            rule.payload =
                pick<PayloadMode>({PayloadMode::readable, PayloadMode::opaque, PayloadMode::any});
        if (below(3) == 0) rule.where.push_back(condition());
        return rule;
    }

    Condition condition() {
        Condition condition;
        if (below(3) == 0) {
            condition.source = Condition::Source::kwarg;
            condition.name = "k";
        } else {
            condition.index = static_cast<std::uint32_t>(below(2));
        }
        condition.optional = below(3) == 0;
        switch (below(4)) {
            case 0:
                condition.types.add(ValueTypes::Type::number);
                break;
            case 1:
                condition.min = std::int64_t{0};
                condition.max = 9.5;
                break;
            case 2:
                condition.max_length = 3;
                break;
            default:
                condition.one_of = {std::string("s"), std::int64_t{5}};
                break;
        }
        return condition;
    }

    void routes(PolicyFile& file) {
        std::set<std::string> taken;
        for (std::uint64_t i = 1 + below(4); i > 0; --i) {
            RouteText route;
            route.id = "route" + std::to_string(i);
            route.backends = {pick<std::string>({"p", "q"})};
            route.match = match();
            const bool all = route.match == MatchPolicy::prefix && below(2) == 0;
            const std::string uri = all ? "" : written(route.match, false, 1 + below(2));
            if (!taken.insert(std::string(wamp::to_string(route.match)) + uri).second) continue;
            route.uris.push_back({uri, {test_file, 1, 1}});
            file.routes.push_back(std::move(route));
        }
    }

    wamp::Random random_;
};

// All URIs of up to four components: longer by one than any pattern. "z" stands for the components
// that no rule names, "xz" and so on for what may follow within a component.
std::vector<Components> make_universe() {
    std::vector<Components> all;
    std::vector<Components> level{{}};
    for (int depth = 0; depth < 4; ++depth) {
        std::vector<Components> next;
        for (const Components& head : level) {
            for (const char* letter : {"x", "xx", "y", "z", "xxz", "yz", "zz"}) {
                next.push_back(head);
                next.back().push_back(letter);
            }
        }
        all.insert(all.end(), next.begin(), next.end());
        level = std::move(next);
    }
    return all;
}

bool within(const Components& uri, const std::string& asked, MatchPolicy match) {
    std::string text;
    for (const std::string& part : uri) text += (text.empty() ? "" : ".") + part;
    return wamp::matches(asked, match, text);
}

// A pattern passes if each URI that it matches does, and if there is one way for all of them.
std::string decide_pattern(const naive::Policy& policy, const std::vector<Components>& universe,
                           naive::Query asked, const std::string& pattern, MatchPolicy match) {
    std::vector<const Components*> matched;
    for (const Components& uri : universe) {
        if (!within(uri, pattern, match)) continue;
        asked.uri = uri;
        if (!policy.decide(asked).allowed) return "denied";
        matched.push_back(&uri);
    }
    const bool one_way = !policy.has_routes() || policy.has_one_way(matched);
    return !matched.empty() && one_way ? "allowed" : "denied";
}

std::string outcome(const Decision& decision) {
    return std::holds_alternative<Permit>(decision) ? "allowed" : "denied";
}

std::string rule_of(const RealmPolicy& policy, const Decision& decision) {
    if (const auto* permit = std::get_if<Permit>(&decision)) return policy.rule(permit->rule()).id;
    const Denial& denial = std::get<Denial>(decision);
    return denial.reason == Denial::Reason::forbidden ? policy.rule(denial.rule).id : "";
}

/// One random policy, three times: compiled, compiled in another order, and read by its letter.
class Trial {
public:
    explicit Trial(std::uint64_t seed)
        : seed_(seed), world_(seed), file_(world_.file()), naive_(file_), shadows_(file_, true) {
        PolicyFile shuffled = file_;
        world_.shuffle(shuffled.rules);
        world_.shuffle(shuffled.routes);
        for (RuleText& rule : shuffled.rules) world_.shuffle(rule.uris);
        const auto policy = Compiler::compile(file_, tool_options(), "");
        const auto other = Compiler::compile(shuffled, tool_options(), "");
        if (!policy || !other) return;
        policy_ = *policy;
        other_ = *other;
    }

    bool compiled() const { return policy_ != nullptr; }

    void ask_exact(std::map<std::string, std::size_t>& seen) {
        const std::string uri = world_.request(file_, MatchPolicy::exact);
        const std::string role = world_.role();
        const std::string authid = world_.authid();
        const wamp::OwnedPayload owned = world_.payload();
        const wamp::Payload payload = owned.view();
        const Question question{world_.action(), uri, MatchPolicy::exact, 0, &payload,
                                world_.rarely()};
        const naive::Query asked{authid,   role,           question.action, naive::split(uri),
                                 &payload, question.opaque};
        const Decision decision = policy_->decide({policy_->role(role), authid, role}, question);
        const Decision permuted = other_->decide({other_->role(role), authid, role}, question);
        const std::string context = describe(question, role, authid);
        const naive::Verdict expected = naive_.decide(asked);
        const RouteText* const route = naive_.route(asked.uri);
        const bool routed = !naive_.has_routes() || route != nullptr;
        ASSERT_EQ(outcome(decision), expected.allowed && routed ? "allowed" : "denied") << context;
        ASSERT_EQ(answer(*policy_, decision), answer(*other_, permuted)) << context;
        if (const auto* permit = std::get_if<Permit>(&decision)) {
            ASSERT_EQ(policy_->route(permit->route()).id, route == nullptr ? "local" : route->id)
                << context;
        }
        if (routed || !expected.allowed) {
            ASSERT_EQ(rule_of(*policy_, decision), expected.rule) << context;
        }
        const Decision shadow =
            policy_->decide_with_shadows({policy_->role(role), authid, role}, question);
        ASSERT_EQ(outcome(shadow), shadows_.decide(asked).allowed && routed ? "allowed" : "denied")
            << context;
        naive::Query event = asked;
        event.action = Action::subscribe;
        ASSERT_EQ(policy_->may_receive({policy_->role(role), authid, role}, uri),
                  naive_.decide(event).allowed)
            << context;
        ++seen["exact " + outcome(decision)];
        ++seen[question.opaque ? "opaque " + outcome(decision) : "readable"];
    }

    void ask_pattern(const std::vector<Components>& universe,
                     std::map<std::string, std::size_t>& seen) {
        const MatchPolicy match = seed_ % 2 == 0 ? MatchPolicy::prefix : MatchPolicy::wildcard;
        const std::string uri = world_.request(file_, match);
        const std::string role = world_.role();
        const std::string authid = world_.authid();
        const Question question{seed_ % 4 < 2 ? Action::subscribe : Action::register_, uri, match};
        const Decision decision = policy_->decide({policy_->role(role), authid, role}, question);
        const Decision permuted = other_->decide({other_->role(role), authid, role}, question);
        const std::string context = describe(question, role, authid);
        const std::string expected =
            decide_pattern(naive_, universe, {authid, role, question.action, {}}, uri, match);
        ASSERT_EQ(outcome(decision), expected) << context;
        ASSERT_EQ(answer(*policy_, decision), answer(*other_, permuted)) << context;
        ++seen[std::string(wamp::to_string(match)) + " " + expected];
    }

private:
    std::string describe(const Question& question, const std::string& role,
                         const std::string& authid) const {
        return "SALLYPORT_ORACLE_SEED=" + std::to_string(seed_) + ": " + authid + ":" + role + " " +
               std::string(to_string(question.action)) + " " + quoted(question.uri) + " " +
               std::string(wamp::to_string(question.match)) + (question.opaque ? " opaque" : "") +
               written();
    }

    std::string written() const {
        std::string all;
        for (const RuleText& rule : file_.rules) {
            all += "\n" + rule.id + (rule.allow ? " allow " : " forbid ") +
                   std::string(wamp::to_string(rule.match)) + (rule.shadow ? " shadow" : "") +
                   (rule.where.empty() ? "" : " where") + " for";
            for (const std::string& role : rule.roles) all += " " + role;
            for (const PatternText& uri : rule.uris) all += " " + policy::quoted(uri.text);
        }
        for (const RouteText& route : file_.routes) {
            all += "\n" + route.id + " " + std::string(wamp::to_string(route.match)) + " to " +
                   route.backends.front();
            for (const PatternText& uri : route.uris) all += " " + policy::quoted(uri.text);
        }
        return all;
    }

    std::uint64_t seed_;
    World world_;
    PolicyFile file_;
    naive::Policy naive_;
    naive::Policy shadows_;
    std::shared_ptr<const RealmPolicy> policy_;
    std::shared_ptr<const RealmPolicy> other_;
};

TEST(Oracle, AgreesWithTheCompiledPolicyInAnyOrderOfRules) {
    const auto universe = make_universe();
    const std::uint64_t decisions = number_from("SALLYPORT_ORACLE_DECISIONS", 100'000);
    constexpr int exact_per_world = 250;
    constexpr int patterns_per_world = 3;
    std::map<std::string, std::size_t> seen;
    std::uint64_t asked = 0;
    for (std::uint64_t seed = number_from("SALLYPORT_ORACLE_SEED", 0); asked < decisions; ++seed) {
        Trial trial(seed);
        ASSERT_TRUE(trial.compiled()) << "seed " << seed;
        for (int i = 0; i < exact_per_world; ++i) trial.ask_exact(seen);
        for (int i = 0; i < patterns_per_world; ++i) trial.ask_pattern(universe, seen);
        asked += exact_per_world + patterns_per_world;
        if (HasFatalFailure()) return;
    }
    std::cout << asked << " decisions, no mismatch\n";
    // Each kind was met often enough to mean something.
    for (const char* kind :
         {"exact allowed", "exact denied", "prefix allowed", "prefix denied", "wildcard allowed",
          "wildcard denied", "opaque allowed", "opaque denied"}) {
        EXPECT_GE(seen[kind], decisions / 10'000) << kind;
    }
}

}  // namespace
}  // namespace sallyport::policy
