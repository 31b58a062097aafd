#include "policy/tools/analysis/mutate.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <tuple>
#include <utility>

#include "policy/file/compile.h"
#include "policy/file/inline_test.h"
#include "policy/file/load.h"
#include "policy/tools/analysis/mutant.h"
#include "policy/tools/analysis/pattern_trie.h"
#include "policy/tools/analysis/rule_match.h"
#include "policy/tools/analysis/test_text.h"
#include "policy/tools/edit/toml_text.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

/// The number of rules compiled in total to run tests about patterns and to find example messages.
/// Beyond that a mutant counts as undetected.
constexpr std::size_t pattern_rules_max = 200'000;
constexpr std::size_t witness_rules_max = 5'000;
constexpr std::size_t routes_whole_max = 32;
constexpr std::size_t shown_max = 100;

constexpr std::size_t none = SIZE_MAX;

/// A rule or route that applies to a request.
struct Candidate {
    std::size_t index = none;
    RuleMatch match;
};

/// The first two candidates: the second one decides if the first is changed.
class FirstTwo {
public:
    template <class Before>
    void add(const Candidate& candidate, const Before& before) {
        if (two_[0].index == none || before(candidate, two_[0])) {
            two_[1] = std::exchange(two_[0], candidate);
        } else if (two_[1].index == none || before(candidate, two_[1])) {
            two_[1] = candidate;
        }
    }
    const Candidate& without(std::size_t index) const {
        return two_[0].index == index ? two_[1] : two_[0];
    }

private:
    std::array<Candidate, 2> two_;
};

Question question_of(const TestText& test, const wamp::Payload& payload) {
    return {test.action, test.uri, test.match, test.payload_bytes, &payload, test.opaque};
}

/// A test about one URI, with everything that decides it.
struct ExactTest {
    const TestText* test;
    FirstTwo allows;
    FirstTwo forbids;
    FirstTwo routes;
};

/// A test about a pattern, with all rules that may apply.
struct PatternTest {
    const TestText* test;
    std::vector<std::size_t> rules;
};

class Mutations {
public:
    explicit Mutations(const PolicyFile& file);
    MutationReport run();

private:
    void index_tests();
    void index_rules();
    void add_rule(std::size_t rule, std::size_t test);
    bool before(const Candidate& a, const Candidate& b) const {
        return decides_before(file_.rules[a.index], a.match, file_.rules[b.index], b.match);
    }
    /// Whether the test passes if the rule is deleted, or replaced by `changed`, or if the route is
    /// changed.
    bool passes(const ExactTest& test, std::size_t rule, const RuleText* changed,
                const RulePatterns* patterns) const;
    bool passes_route(const ExactTest& test, std::size_t route, const RouteText* changed,
                      const RulePatterns* patterns) const;
    bool fits(const TestText& test, const RuleText* allow, const RuleText* forbid,
              const std::string* route) const;
    bool pattern_detected(std::size_t rule, const RuleText* changed);
    bool pattern_passes(const PatternTest& test, std::size_t rule, const RuleText* changed,
                        const std::vector<RouteText>& routes);
    bool detects(std::size_t rule, const RuleMutant& mutant);
    bool detects(std::size_t route, const RouteMutant& mutant);
    void look_into(std::size_t rule, const RuleMutant& mutant);
    void look_into_route(std::size_t route, const RouteMutant& mutant);
    void keep(SurvivingMutant survivor, const PolicyFile& before, const PolicyFile& after);
    void add_routes(PolicyFile& small, const std::vector<const RulePatterns*>& around) const;
    const std::vector<std::size_t>& overlapping_tests(const RulePatterns& patterns);

    const PolicyFile& file_;
    std::vector<RulePatterns> rules_;
    std::vector<RulePatterns> routes_;
    std::vector<ExactTest> exact_;
    std::vector<PatternTest> patterns_;
    PatternTrie test_trie_;  ///< URIs of the exact tests
    PatternTrie rule_trie_;
    PatternTrie route_trie_;
    std::vector<std::vector<std::size_t>> tests_by_rule_;  ///< to which each rule applies
    std::vector<std::size_t> met_;
    std::vector<std::size_t> met_stamp_;
    std::size_t stamp_ = 0;
    std::size_t pattern_rules_ = 0;
    std::size_t witness_rules_ = 0;
    MutationReport report_;
};

Mutations::Mutations(const PolicyFile& file) : file_(file), tests_by_rule_(file.rules.size()) {
    rules_.reserve(file.rules.size());
    for (const RuleText& rule : file.rules) rules_.emplace_back(rule.uris, rule.match);
    for (const RouteText& route : file.routes) routes_.emplace_back(route.uris, route.match);
    index_tests();
    index_rules();
}

void Mutations::index_tests() {
    for (const TestText& test : file_.tests) {
        const bool pattern = !RequestedUri(test.uri, test.match).is_one();
        if (pattern) {
            patterns_.push_back({&test, {}});
            continue;
        }
        test_trie_.add(Pattern(test.uri, wamp::MatchPolicy::exact),
                       {static_cast<std::uint32_t>(exact_.size()), 0, {}});
        exact_.push_back({&test, {}, {}, {}});
    }
    met_stamp_.assign(exact_.size(), 0);
}

void Mutations::index_rules() {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        for (const auto& [pattern, shape] : rules_[rule].all())
            rule_trie_.add(pattern, {static_cast<std::uint32_t>(rule), 0, {}});
        for (const std::size_t test : overlapping_tests(rules_[rule])) add_rule(rule, test);
    }
    for (std::size_t route = 0; route < routes_.size(); ++route) {
        for (const auto& [pattern, shape] : routes_[route].all())
            route_trie_.add(pattern, {static_cast<std::uint32_t>(route), 0, {}});
        for (const std::size_t test : overlapping_tests(routes_[route])) {
            const TestText& text = *exact_[test].test;
            const RequestedUri requested(text.uri, text.match);
            Candidate candidate{route, {}};
            candidate.match.pattern = routes_[route].find(requested, {}, false, false);
            if (candidate.match.pattern == nullptr) continue;
            exact_[test].routes.add(candidate, [](const Candidate& a, const Candidate& b) {
                return a.match.pattern->shape < b.match.pattern->shape;
            });
        }
    }
    for (PatternTest& test : patterns_) {
        const RequestedUri requested(test.test->uri, test.test->match);
        const Bindings bindings{test.test->authid, test.test->role};
        for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
            if (rules_[rule].find(requested, bindings, true, true) != nullptr)
                test.rules.push_back(rule);
        }
    }
}

void Mutations::add_rule(std::size_t index, std::size_t test_index) {
    ExactTest& test = exact_[test_index];
    const RuleText& rule = file_.rules[index];
    const wamp::Payload payload = test.test->payload.view();
    const Question question = question_of(*test.test, payload);
    const RuleMatch matched =
        match_rule(rule, rules_[index], {{}, test.test->authid, test.test->role}, question,
                   RequestedUri(test.test->uri, test.test->match));
    if (!matched.role || !matched.action || !matched.uri) return;
    tests_by_rule_[index].push_back(test_index);
    if (rule.shadow || !matched.applies()) return;
    const auto order = [this](const Candidate& a, const Candidate& b) { return before(a, b); };
    (rule.allow ? test.allows : test.forbids).add({index, matched}, order);
}

const std::vector<std::size_t>& Mutations::overlapping_tests(const RulePatterns& patterns) {
    met_.clear();
    ++stamp_;
    for (const auto& [pattern, shape] : patterns.all()) {
        test_trie_.for_each_overlapping(pattern, [this](std::uint32_t test) {
            if (std::exchange(met_stamp_[test], stamp_) != stamp_) met_.push_back(test);
        });
    }
    return met_;
}

bool Mutations::fits(const TestText& test, const RuleText* allow, const RuleText* forbid,
                     const std::string* route) const {
    const bool denied =
        forbid != nullptr || allow == nullptr || route == nullptr ||
        (allow->limits.payload_bytes != 0 && test.payload_bytes > allow->limits.payload_bytes);
    switch (test.expect) {
        case TestText::Expect::allow:
            return !denied && (test.rule.empty() || test.rule == allow->id) &&
                   (test.route.empty() || test.route == *route) &&
                   (!test.delivery || *test.delivery == allow->delivery);
        case TestText::Expect::deny:
            return denied;
        case TestText::Expect::forbid:
            return forbid != nullptr && test.rule == forbid->id;
    }
    return false;
}

bool Mutations::passes(const ExactTest& test, std::size_t rule, const RuleText* changed,
                       const RulePatterns* patterns) const {
    static const std::string local(local_backend);
    const auto text_of = [this](const Candidate& candidate) {
        return candidate.index == none ? nullptr : &file_.rules[candidate.index];
    };
    const Candidate& allow = test.allows.without(rule);
    const Candidate& forbid = test.forbids.without(rule);
    const RuleText* allowing = text_of(allow);
    const RuleText* forbidding = text_of(forbid);
    if (changed != nullptr && !changed->shadow) {
        const wamp::Payload payload = test.test->payload.view();
        const RuleMatch matched = match_rule(
            *changed, *patterns, {{}, test.test->authid, test.test->role},
            question_of(*test.test, payload), RequestedUri(test.test->uri, test.test->match));
        const RuleText*& side = changed->allow ? allowing : forbidding;
        const Candidate& other = changed->allow ? allow : forbid;
        if (matched.applies() &&
            (side == nullptr || decides_before(*changed, matched, *side, other.match)))
            side = changed;
    }
    const Candidate& route = test.routes.without(none);
    const std::string* routed = file_.routes.empty()  ? &local
                                : route.index == none ? nullptr
                                                      : &file_.routes[route.index].id;
    return fits(*test.test, allowing, forbidding, routed);
}

bool Mutations::passes_route(const ExactTest& test, std::size_t index, const RouteText* changed,
                             const RulePatterns* patterns) const {
    const Candidate& allow = test.allows.without(none);
    const Candidate& forbid = test.forbids.without(none);
    const Candidate& other = test.routes.without(index);
    const std::string* routed = other.index == none ? nullptr : &file_.routes[other.index].id;
    if (changed != nullptr) {
        const RequestedUri requested(test.test->uri, test.test->match);
        const RulePatterns::Entry* pattern = patterns->find(requested, {}, false, false);
        if (pattern != nullptr &&
            (routed == nullptr || pattern->shape < other.match.pattern->shape))
            routed = &changed->id;
    }
    return fits(*test.test, allow.index == none ? nullptr : &file_.rules[allow.index],
                forbid.index == none ? nullptr : &file_.rules[forbid.index], routed);
}

bool Mutations::pattern_passes(const PatternTest& test, std::size_t rule, const RuleText* changed,
                               const std::vector<RouteText>& routes) {
    PolicyFile small;
    small.realm = file_.realm;
    small.routes = routes;
    for (const std::size_t index : test.rules) {
        if (index != rule) small.rules.push_back(file_.rules[index]);
    }
    if (changed != nullptr) small.rules.push_back(*changed);
    pattern_rules_ += small.rules.size() + 1;
    const auto policy = Compiler::compile(small, {false, {}, true}, "");
    return !policy || ::sallyport::policy::passes(*test.test, **policy);
}

bool Mutations::pattern_detected(std::size_t rule, const RuleText* changed) {
    for (const PatternTest& test : patterns_) {
        if (pattern_rules_ > pattern_rules_max) return false;
        const TestText& text = *test.test;
        const auto speaks = [&text](const RuleText& one) {
            return one.actions.has(text.action) &&
                   std::any_of(one.roles.begin(), one.roles.end(), [&text](const auto& role) {
                       return role == "*" || role == text.role;
                   });
        };
        const RuleText& old = file_.rules[rule];
        const bool was = speaks(old) &&
                         std::find(test.rules.begin(), test.rules.end(), rule) != test.rules.end();
        bool is = false;
        if (changed != nullptr && speaks(*changed)) {
            const RulePatterns patterns(changed->uris, changed->match);
            is = patterns.find(RequestedUri(text.uri, text.match), {text.authid, text.role}, true,
                               true) != nullptr;
        }
        if ((was || is) && !pattern_passes(test, rule, is ? changed : nullptr, file_.routes))
            return true;
    }
    return false;
}

bool Mutations::detects(std::size_t rule, const RuleMutant& mutant) {
    const RuleText& old = file_.rules[rule];
    const RuleText* changed = mutant.rule ? &*mutant.rule : nullptr;
    const auto same_text = [](const PatternText& a, const PatternText& b) {
        return a.text == b.text;
    };
    const bool moved =
        changed != nullptr &&
        (changed->match != old.match || !std::equal(changed->uris.begin(), changed->uris.end(),
                                                    old.uris.begin(), old.uris.end(), same_text));
    std::optional<RulePatterns> own;
    if (moved) own.emplace(changed->uris, changed->match);
    const RulePatterns* patterns = own ? &*own : &rules_[rule];
    const auto fails = [&](std::size_t test) {
        return !passes(exact_[test], rule, changed, patterns);
    };
    if (std::any_of(tests_by_rule_[rule].begin(), tests_by_rule_[rule].end(), fails)) return true;
    const bool wider = changed != nullptr &&
                       (moved || changed->roles != old.roles || !(changed->actions == old.actions));
    if (wider) {
        const auto& met = overlapping_tests(*patterns);
        if (std::any_of(met.begin(), met.end(), fails)) return true;
    }
    return pattern_detected(rule, changed);
}

bool Mutations::detects(std::size_t route, const RouteMutant& mutant) {
    const RouteText* changed = mutant.route ? &*mutant.route : nullptr;
    std::optional<RulePatterns> own;
    if (changed != nullptr) own.emplace(changed->uris, changed->match);
    const auto& met = overlapping_tests(routes_[route]);
    if (std::any_of(met.begin(), met.end(), [&](std::size_t test) {
            return !passes_route(exact_[test], route, changed, own ? &*own : nullptr);
        }))
        return true;
    std::vector<RouteText> routes = file_.routes;
    if (changed != nullptr) {
        routes[route] = *changed;
    } else {
        routes.erase(routes.begin() + static_cast<std::ptrdiff_t>(route));
    }
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const PatternTest& test) {
        return pattern_rules_ <= pattern_rules_max && !pattern_passes(test, none, nullptr, routes);
    });
}

// All routes, or those that apply here; never none if the file has some, as without routes
// everything goes to one backend.
void Mutations::add_routes(PolicyFile& small,
                           const std::vector<const RulePatterns*>& around) const {
    if (file_.routes.size() <= routes_whole_max) {
        small.routes = file_.routes;
        return;
    }
    std::vector<std::uint32_t> met{0};
    for (const RulePatterns* patterns : around) {
        for (const auto& [pattern, shape] : patterns->all())
            route_trie_.for_each_overlapping(pattern,
                                             [&met](std::uint32_t route) { met.push_back(route); });
    }
    std::sort(met.begin(), met.end());
    met.erase(std::unique(met.begin(), met.end()), met.end());
    for (const std::uint32_t route : met) small.routes.push_back(file_.routes[route]);
}

// Compares both policies, with only those rules that the change can affect.
void Mutations::keep(SurvivingMutant survivor, const PolicyFile& before, const PolicyFile& after) {
    const auto old = Compiler::compile(before, {false, {}, true}, "");
    const auto changed = Compiler::compile(after, {false, {}, true}, "");
    if (!old || !changed) {  // such a mistake is reported as an error
        ++report_.detected;
        return;
    }
    for (Difference& difference : differences({before, **old}, {after, **changed})) {
        if (difference.before.expect == difference.after.expect &&
            difference.before.route == difference.after.route &&
            difference.before.delivery == difference.after.delivery)
            continue;  // no test can ask about it
        if (survivor.witness && !survivor.test.empty()) break;
        survivor.test = test_text(difference, !file_.routes.empty());
        survivor.witness = std::make_shared<const Difference>(std::move(difference));
    }
    if (!survivor.witness) {
        ++report_.equivalent;
        return;
    }
    report_.survivors.push_back(std::move(survivor));
}

void Mutations::look_into(std::size_t index, const RuleMutant& mutant) {
    const RuleText& rule = file_.rules[index];
    SurvivingMutant survivor{(rule.allow ? "allow " : "forbid ") + rule.id, rule.place, mutant.what,
                             nullptr, ""};
    if (witness_rules_ > witness_rules_max) {
        report_.survivors.push_back(std::move(survivor));
        return;
    }
    std::vector<std::uint32_t> met;
    const auto take = [&met](std::uint32_t line) { met.push_back(line); };
    std::vector<const RulePatterns*> around{&rules_[index]};
    std::optional<RulePatterns> own;
    if (mutant.rule) around.push_back(&own.emplace(mutant.rule->uris, mutant.rule->match));
    for (const RulePatterns* patterns : around) {
        for (const auto& [pattern, shape] : patterns->all())
            rule_trie_.for_each_overlapping(pattern, take);
    }
    std::sort(met.begin(), met.end());
    met.erase(std::unique(met.begin(), met.end()), met.end());
    PolicyFile before;
    before.realm = file_.realm;
    add_routes(before, around);
    for (const std::uint32_t line : met) {
        if (line != index) before.rules.push_back(file_.rules[line]);
    }
    witness_rules_ += 2 * before.rules.size() + before.routes.size() + 2;
    PolicyFile after = before;
    before.rules.push_back(rule);
    if (mutant.rule) after.rules.push_back(*mutant.rule);
    keep(std::move(survivor), before, after);
}

void Mutations::look_into_route(std::size_t index, const RouteMutant& mutant) {
    const RouteText& route = file_.routes[index];
    SurvivingMutant survivor{"route " + route.id, route.place, mutant.what, nullptr, ""};
    if (witness_rules_ > witness_rules_max) {
        report_.survivors.push_back(std::move(survivor));
        return;
    }
    witness_rules_ += 2 * file_.rules.size();
    PolicyFile before = file_;
    before.tests.clear();
    PolicyFile after = before;
    if (mutant.route) {
        after.routes[index] = *mutant.route;
    } else {
        after.routes.erase(after.routes.begin() + static_cast<std::ptrdiff_t>(index));
    }
    keep(std::move(survivor), before, after);
}

MutationReport Mutations::run() {
    for (std::size_t rule = 0; rule < file_.rules.size(); ++rule) {
        for (const RuleMutant& mutant : mutants_of(file_.rules[rule])) {
            ++report_.mutants;
            if (detects(rule, mutant)) {
                ++report_.detected;
            } else {
                look_into(rule, mutant);
            }
        }
    }
    for (std::size_t route = 0; route < file_.routes.size(); ++route) {
        for (const RouteMutant& mutant : mutants_of(file_.routes, route)) {
            ++report_.mutants;
            if (detects(route, mutant)) {
                ++report_.detected;
            } else {
                look_into_route(route, mutant);
            }
        }
    }
    std::stable_sort(report_.survivors.begin(), report_.survivors.end(),
                     [](const SurvivingMutant& a, const SurvivingMutant& b) {
                         return std::tie(a.place.file, a.place.line) <
                                std::tie(b.place.file, b.place.line);
                     });
    return std::move(report_);
}

void print(const SurvivingMutant& one, std::ostream& out) {
    out << to_string(one.place) << ": no test detects that " << one.rule << " " << one.what << '\n';
    if (!one.witness) return;
    const Difference& witness = *one.witness;
    out << "  message: " << to_string(witness.action) << ' ' << policy::quoted(witness.uri)
        << " as " << witness.authid << ':' << witness.role << describe(witness.arguments) << '\n'
        << "  now:     " << witness.before.text << '\n'
        << "  then:    " << witness.after.text << '\n';
}

Json json_of(const SurvivingMutant& one) {
    Json object = to_json(one.place);
    object["rule"] = one.rule;
    object["what"] = one.what;
    if (one.witness) {
        object["now"] = one.witness->before.text;
        object["then"] = one.witness->after.text;
        object["test"] = one.test;
    }
    return object;
}

void print(const MutationReport& report, std::ostream& out) {
    for (std::size_t i = 0; i < std::min(report.survivors.size(), shown_max); ++i)
        print(report.survivors[i], out);
    if (report.survivors.size() > shown_max)
        out << "… and " << report.survivors.size() - shown_max << " more\n";
    out << counted(report.mutants, "change", "changes") << ": " << report.detected << " detected, "
        << report.equivalent << " without effect, " << report.survivors.size() << " not detected\n";
}

Json json_of(const MutationReport& report) {
    Json list = Json::array();
    for (const SurvivingMutant& one : report.survivors) list.push_back(json_of(one));
    return {{"changes", report.mutants},
            {"noticed", report.detected},
            {"without_effect", report.equivalent},
            {"not_noticed", std::move(list)}};
}

// One test may detect several mutants.
void print_tests(const MutationReport& report, std::ostream& out) {
    std::vector<std::string> printed;
    for (const SurvivingMutant& one : report.survivors) {
        if (one.test.empty() ||
            std::find(printed.begin(), printed.end(), one.test) != printed.end())
            continue;
        printed.push_back(one.test);
        out << (printed.size() == 1 ? "" : "\n") << "# detects that " << one.rule << ' ' << one.what
            << '\n'
            << one.test;
    }
}

}  // namespace

MutationReport mutate(const PolicyFile& file) {
    return Mutations(file).run();
}

int mutate(const MutateRequest& request, const Output& to) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = false;
    const auto realm = load_realm(request.file, options);
    if (!realm) return print_errors(realm.error(), to);
    const MutationReport report = mutate(realm->file);
    if (to.json) {
        print_json(to.out, json_of(report));
    } else if (request.suggest) {
        print_tests(report, to.out);
    } else {
        print(report, to.out);
    }
    return report.survivors.empty() ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
