// The compiled policy against an evaluator that reads the rules one by one, on random policies and
// requests.
#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/policy/support.h"
#include "wamp/base/random.h"

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

// --- the naive evaluator: rules as they were written, language by language -----------------------

bool speaks_of(const RuleText& rule, std::string_view role, Action action) {
    const auto names = [role](const std::string& name) { return name == "*" || name == role; };
    return rule.actions.has(action) && std::any_of(rule.roles.begin(), rule.roles.end(), names);
}

// All URIs that a pattern matches, of a bounded universe that is closed under what decides:
// components are letters, and each pattern is shorter than the universe's URIs by one component and
// one letter at least.
using Universe = std::vector<std::string>;

std::string oracle(const PolicyFile& file, const Universe& universe, std::string_view role,
                   Action action, std::string_view pattern, MatchPolicy match) {
    bool any = false;
    for (const std::string& uri : universe) {
        if (!wamp::matches(pattern, match, uri)) continue;
        any = true;
        bool allowed = false;
        for (const RuleText& rule : file.rules) {
            if (!speaks_of(rule, role, action)) continue;
            for (const PatternText& text : rule.uris) {
                if (!wamp::matches(text.text, rule.match, uri)) continue;
                if (!rule.allow) return "denied";
                allowed = true;
            }
        }
        if (!allowed) return "denied";
    }
    return any ? "allowed" : "denied";
}

std::string limits_rule(const PolicyFile& file, std::string_view role, Action action,
                        std::string_view uri) {
    std::pair<std::size_t, std::string> best;
    for (const RuleText& rule : file.rules) {
        if (!rule.allow || !speaks_of(rule, role, action)) continue;
        for (const PatternText& text : rule.uris) {
            if (!wamp::matches(text.text, rule.match, uri) || text.text.size() < best.first)
                continue;
            if (text.text.size() > best.first || rule.id < best.second)
                best = {text.text.size(), rule.id};
        }
    }
    return best.second;
}

// --- random worlds -----------------------------------------------------------------------------

class World {
public:
    explicit World(std::uint64_t seed)
        : random_({static_cast<std::uint8_t>(seed), static_cast<std::uint8_t>(seed >> 8U),
                   static_cast<std::uint8_t>(seed >> 16U), 1}) {}

    PolicyFile file() {
        PolicyFile file;
        file.file = test_file;
        file.realm = "r";
        const std::uint64_t rules = 1 + random_.below(8);
        for (std::uint64_t i = 0; i < rules; ++i) file.rules.push_back(rule(i));
        return file;
    }

    std::string pattern(MatchPolicy match) {
        std::string text = components(1 + random_.below(match == MatchPolicy::wildcard ? 4 : 3),
                                      match == MatchPolicy::wildcard ? 3 : 0);
        if (match == MatchPolicy::prefix) {
            if (random_.below(2) == 0) text += ".";
            if (random_.below(4) == 0) text.resize(random_.below(text.size() + 1));
        }
        return text;
    }
    // A wildcard pattern that has most in common with some rule of the file.
    std::string related_wildcard(const PolicyFile& file) {
        const RuleText& rule = file.rules[random_.below(file.rules.size())];
        std::string text = rule.uris[random_.below(rule.uris.size())].text;
        if (text.ends_with('.')) text += "y";
        std::string changed;
        for (std::size_t begin = 0; begin <= text.size();) {
            const std::size_t end = std::min(text.find('.', begin), text.size());
            const std::uint64_t change = random_.below(4);
            if (begin != 0) changed += ".";
            if (change > 1) changed += text.substr(begin, end - begin);
            if (change == 1) changed += components(1, 0);
            begin = end + 1;
        }
        return changed;
    }
    std::string role() { return std::array{"a", "b", "c"}[random_.below(3)]; }
    Action action() { return static_cast<Action>(random_.below(4)); }
    MatchPolicy match() { return static_cast<MatchPolicy>(random_.below(3)); }

    template <class Vector>
    void shuffle(Vector& all) {
        for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random_.below(i)]);
    }

private:
    RuleText rule(std::uint64_t number) {
        RuleText rule;
        rule.id = "rule" + std::to_string(number);
        rule.allow = random_.below(3) != 0;
        rule.match = random_.below(2) == 0 ? MatchPolicy::exact : MatchPolicy::prefix;
        std::set<std::string> roles;
        for (std::uint64_t i = random_.below(2) + 1; i > 0; --i) {
            roles.insert(std::array{"a", "b", "*"}[random_.below(3)]);
        }
        rule.roles.assign(roles.begin(), roles.end());
        for (std::uint64_t i = random_.below(4) + 1; i > 0; --i) rule.actions.add(action());
        std::set<std::string> uris;
        for (std::uint64_t i = random_.below(3) + 1; i > 0; --i) {
            const bool prefix = rule.match == MatchPolicy::prefix;
            // Wide allows, so that forbids within them decide.
            const std::uint64_t depth =
                rule.allow && prefix && random_.below(3) != 0 ? 1 : 1 + random_.below(3);
            uris.insert(components(depth, 0) + (prefix ? "." : ""));
        }
        for (const std::string& uri : uris) rule.uris.push_back({uri, {test_file, 1, 1}});
        return rule;
    }

    // Of "x", "xx" and "y"; one of `gaps` is left empty, or none with 0.
    std::string components(std::uint64_t count, std::uint64_t gaps) {
        std::string text;
        for (std::uint64_t i = 0; i < count; ++i) {
            if (i != 0) text += ".";
            if (gaps == 0 || random_.below(gaps) != 0)
                text += std::array{"x", "xx", "y"}[random_.below(3)];
        }
        return text;
    }

    wamp::Random random_;
};

// "z" stands for all the components that no rule names, "xz" and so on for what may follow within a
// component.
Universe make_universe() {
    const std::array letters{"x", "xx", "y", "z", "xxz", "yz"};
    Universe all;
    std::vector<std::string> level{""};
    for (int depth = 0; depth < 4; ++depth) {
        std::vector<std::string> next;
        for (const std::string& head : level) {
            for (const char* letter : letters)
                next.push_back(head.empty() ? letter : head + "." + letter);
        }
        all.insert(all.end(), next.begin(), next.end());
        level = std::move(next);
    }
    return all;
}

std::string outcome(const Decision& decision) {
    return std::holds_alternative<Permit>(decision) ? "allowed" : "denied";
}

TEST(Oracle, AgreesWithTheCompiledPolicyInAnyOrderOfRules) {
    const Universe universe = make_universe();
    constexpr std::uint64_t worlds = 1300;
    constexpr int requests = 80;
    std::size_t decisions = 0;
    std::map<std::string, std::size_t> seen;
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        World world(seed);
        PolicyFile file = world.file();
        const auto policy = Compiler::compile(file, tool_options(), "");
        PolicyFile shuffled = file;
        world.shuffle(shuffled.rules);
        for (RuleText& rule : shuffled.rules) world.shuffle(rule.uris);
        const auto other = Compiler::compile(shuffled, tool_options(), "");
        ASSERT_TRUE(policy && other) << "seed " << seed;
        // Pattern requests cost the naive evaluator a walk through the universe: fewer of them.
        for (int i = 0; i < requests; ++i, ++decisions) {
            const MatchPolicy match = i % 4 == 0 ? world.match() : MatchPolicy::exact;
            const std::string uri = match == MatchPolicy::wildcard && i % 8 == 0
                                        ? world.related_wildcard(file)
                                        : world.pattern(match);
            const std::string role = world.role();
            const Action action = world.action();
            const Decision decision = (*policy)->decide({(*policy)->role(role)}, {action, uri, match});
            const Decision permuted = (*other)->decide({(*other)->role(role)}, {action, uri, match});
            const std::string expected = match == MatchPolicy::exact
                                             ? oracle(file, {uri}, role, action, uri, match)
                                             : oracle(file, universe, role, action, uri, match);
            const std::string context = "seed " + std::to_string(seed) + ": " + role + " " +
                                        std::string(to_string(action)) + " " + policy::quoted(uri) +
                                        " " + std::string(wamp::to_string(match));
            ASSERT_EQ(outcome(decision), expected) << context;
            ASSERT_EQ(answer(**policy, decision), answer(**other, permuted)) << context;
            ++seen[std::string(wamp::to_string(match)) + " " + expected];
            if (match != MatchPolicy::exact) continue;
            const auto* permit = std::get_if<Permit>(&decision);
            if (permit != nullptr) {
                ASSERT_EQ((*policy)->rule(permit->rule()).id, limits_rule(file, role, action, uri))
                    << context;
            }
            ASSERT_EQ((*policy)->may_receive({(*policy)->role(role)}, uri),
                      oracle(file, {uri}, role, Action::subscribe, uri, match) == "allowed")
                << context;
        }
    }
    EXPECT_GE(decisions, 100'000U);
    // Each kind was met often enough to mean something.
    for (const char* kind : {"exact allowed", "exact denied", "prefix allowed", "prefix denied",
                             "wildcard allowed", "wildcard denied"}) {
        EXPECT_GE(seen[kind], 200U) << kind;
    }
}

}  // namespace
}  // namespace sallyport::policy
