#include "policy/tools/analysis/mutate.h"

#include "policy/file/inline_test.h"
#include "policy/tools/analysis/mutant.h"
#include "tests/unit/policy/tools/random_policy.h"
#include "tests/unit/policy/tools/support.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using Mutate = ToolTest;

constexpr const char* one_rule = R"(realm = "r"
[[allow]]
id = "drive"
roles = ["operator"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer", max = 90 }]
[[test]]
as = { authid = "al", role = "operator" }
call = "lab.slew"
args = [90]
expect = "allow drive"
)";

TEST_F(Mutate, ShowsWhatNoTestNoticesWithAMessage) {
    const std::string path = file("r.toml", one_rule);
    EXPECT_EQ(mutate({path, false}, to_), 1);
    EXPECT_NE(out().find("r.toml:2:1: no test detects that allow drive for all roles\n"
                         "  message: call \"lab.slew\" as anna:somebody with args [0]\n"
                         "  now:     deny: no rule allows it\n"
                         "  then:    allow drive (r.toml:2:1) by route local\n"),
              std::string::npos)
        << out();
    EXPECT_NE(out().find("no test detects that allow drive with arg 0 max 91\n  message: call "
                         "\"lab.slew\" as anna:operator with args [91]\n"),
              std::string::npos)
        << out();
    EXPECT_EQ(out().find("is deleted"), std::string::npos);
}

TEST_F(Mutate, SuggestsTheTestsThatNoticeAll) {
    const std::string path = file("r.toml", one_rule);
    EXPECT_EQ(mutate({path, true}, to_), 1);
    const std::string tests = out();
    file("r.toml", one_rule + tests);
    out_.str("");
    EXPECT_EQ(mutate({path, false}, to_), 0) << out();
    EXPECT_NE(out().find(" 0 not detected\n"), std::string::npos) << out();
    out_.str("");
    EXPECT_EQ(mutate({path, false}, json_), 0);
    EXPECT_TRUE(out().ends_with("\"not_noticed\":[]}\n")) << out();
}

TEST_F(Mutate, FindsATestForEachPartOfADelivery) {
    const std::string text =
        "realm = \"r\"\n[[allow]]\nid = \"watch\"\nroles = [\"*\"]\nactions = [\"subscribe\"]\n"
        "uri = \"lab.x\"\ndeliver = \"latest\"\nkey = { arg = 1 }\nrate = \"2/s\"\n";
    const std::string path = file("r.toml", text);
    EXPECT_EQ(mutate({path, false}, to_), 1);
    for (const char* what : {"delivering all events", "without its key", "without its rate"})
        EXPECT_NE(out().find(what), std::string::npos) << what;
    EXPECT_NE(out().find("  now:     allow watch (r.toml:2:1) by route local; events: latest, key "
                         "arg 1, rate 2/s\n"),
              std::string::npos)
        << out();
    out_.str("");
    EXPECT_EQ(mutate({path, true}, to_), 1);
    file("r.toml", text + out());
    out_.str("");
    EXPECT_EQ(mutate({path, false}, to_), 0) << out();
}

TEST_F(Mutate, WantsAFileWhoseTestsPass) {
    const std::string text(one_rule);
    const std::string path = file(
        "r.toml", text + "[[test]]\nas = { role = \"x\" }\ncall = \"a.b\"\nexpect = \"allow\"\n");
    EXPECT_EQ(mutate({path, false}, to_), 2);
    EXPECT_NE(err().find("test failed"), std::string::npos);
}

TEST_F(Mutate, CountsAsWithoutEffectWhatNoMessageShows) {
    // What another rule allows in any case.
    const std::string path = file("r.toml", R"(realm = "r"
[[allow]]
id = "b-all"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
[[allow]]
id = "c-some"
roles = ["operator"]
actions = ["call"]
uri = "lab.slew"
)");
    EXPECT_EQ(mutate({path, false}, to_), 1);
    EXPECT_EQ(out().find("allow c-some is deleted"), std::string::npos) << out();
    EXPECT_NE(out().find("allow b-all is deleted"), std::string::npos) << out();
}

// --- against compiling every mutant ------------------------------------------------------------

void add_tests(PolicyFile& file, const RealmPolicy& policy, wamp::Random& random) {
    const std::array roles{"a", "b", "z"};
    const std::array parts{"a", "b", "z"};
    for (int i = 0; i < 12; ++i) {
        TestText test;
        test.authid = parts[random.below(3)];
        test.role = roles[random.below(3)];
        test.action = random.below(2) == 0 ? Action::call : Action::subscribe;
        test.uri = parts[random.below(3)];
        if (random.below(3) != 0) test.uri += std::string(".") + parts[random.below(3)];
        if (test.action == Action::subscribe && random.below(3) == 0) {
            test.match = wamp::MatchPolicy::prefix;
            test.uri += '.';
        } else if (test.action == Action::subscribe && random.below(3) == 0) {
            test.match = wamp::MatchPolicy::wildcard;
            test.uri += '.';
        }
        if (test.action == Action::call) {
            test.payload = wamp::make_payload(
                wamp::Serializer::json, wamp::List{static_cast<std::int64_t>(random.below(4)), 1});
            test.payload_bytes = random.below(20);
            test.opaque = random.below(5) == 0;
        }
        const Decision decision = decide(test, policy);
        if (const auto* permit = std::get_if<Permit>(&decision)) {
            test.expect = TestText::Expect::allow;
            if (random.below(2) == 0) test.rule = policy.rule(permit->rule()).id;
            if (random.below(2) == 0) test.route = policy.route(permit->route()).id;
            if (test.action == Action::subscribe && random.below(2) == 0)
                test.delivery = policy.rule(permit->rule()).delivery;
        } else if (const auto& denial = std::get<Denial>(decision);
                   denial.reason == Denial::Reason::forbidden && random.below(2) == 0) {
            test.expect = TestText::Expect::forbid;
            test.rule = policy.rule(denial.rule).id;
        }
        file.tests.push_back(test);
    }
}

bool is_detected(const PolicyFile& mutated) {
    const auto policy = Compiler::compile(mutated, {false, {}, true}, "");
    if (!policy) return true;
    return std::any_of(mutated.tests.begin(), mutated.tests.end(),
                       [&policy](const TestText& test) { return !passes(test, **policy); });
}

std::size_t detected_by_compiling(const PolicyFile& file) {
    std::size_t detected = 0;
    for (std::size_t rule = 0; rule < file.rules.size(); ++rule) {
        for (const RuleMutant& mutant : mutants_of(file.rules[rule])) {
            PolicyFile mutated = file;
            if (mutant.rule) {
                mutated.rules[rule] = *mutant.rule;
            } else {
                mutated.rules.erase(mutated.rules.begin() + static_cast<std::ptrdiff_t>(rule));
            }
            detected += is_detected(mutated) ? 1U : 0U;
        }
    }
    for (std::size_t route = 0; route < file.routes.size(); ++route) {
        for (const RouteMutant& mutant : mutants_of(file.routes, route)) {
            PolicyFile mutated = file;
            if (mutant.route) {
                mutated.routes[route] = *mutant.route;
            } else {
                mutated.routes.erase(mutated.routes.begin() + static_cast<std::ptrdiff_t>(route));
            }
            detected += is_detected(mutated) ? 1U : 0U;
        }
    }
    return detected;
}

TEST(MutateAgainstCompiling, NoticesExactlyWhatTheTestsNotice) {
#ifdef NDEBUG
    constexpr std::uint64_t worlds = 400;
#else
    constexpr std::uint64_t worlds = 60;
#endif
    std::size_t mutants = 0;
    std::size_t detected = 0;
    wamp::Random random({4});
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        PolicyFile file = RandomPolicies(seed).file();
        const auto policy = Compiler::compile(file, {false, {}, true}, "");
        if (!policy) continue;
        add_tests(file, **policy, random);
        const MutationReport report = mutate(file);
        ASSERT_EQ(report.detected, detected_by_compiling(file)) << "seed " << seed;
        ASSERT_EQ(report.mutants, report.detected + report.equivalent + report.survivors.size());
        mutants += report.mutants;
        detected += report.detected;
    }
    EXPECT_GE(mutants, worlds * 15);
    EXPECT_GE(detected, mutants / 10);
    EXPECT_LE(detected, mutants * 9 / 10);
}

}  // namespace
}  // namespace sallyport::policy
