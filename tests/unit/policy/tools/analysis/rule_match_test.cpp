#include "policy/tools/analysis/rule_match.h"

#include "policy/engine/realm_policy.h"
#include "tests/unit/policy/tools/random_policy.h"

#include <gtest/gtest.h>

#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

// The decision made of how each rule matched by itself.
std::string judged(const PolicyFile& file, const Subject& subject, const Question& question) {
    const RequestedUri asked(question.uri, question.match);
    std::vector<RulePatterns> patterns;
    for (const RuleText& rule : file.rules) patterns.emplace_back(rule.uris, rule.match);
    const RuleText* best[2] = {nullptr, nullptr};
    RuleMatch matched[2];
    for (std::size_t i = 0; i < file.rules.size(); ++i) {
        const RuleText& rule = file.rules[i];
        const RuleMatch one = match_rule(rule, patterns[i], subject, question, asked);
        if (rule.shadow || !one.applies()) continue;
        const std::size_t side = rule.allow ? 0 : 1;
        if (best[side] == nullptr || decides_before(rule, one, *best[side], matched[side])) {
            best[side] = &rule;
            matched[side] = one;
        }
    }
    if (best[1] != nullptr) return "forbid " + best[1]->id;
    return best[0] != nullptr ? "allow " + best[0]->id : "deny";
}

std::string decided(const RealmPolicy& policy, const Decision& decision) {
    if (const auto* permit = std::get_if<Permit>(&decision))
        return "allow " + policy.rule(permit->rule()).id;
    const auto& denial = std::get<Denial>(decision);
    if (denial.reason == Denial::Reason::forbidden) return "forbid " + policy.rule(denial.rule).id;
    // It would be allowed but for what matched outside of rules.
    const bool outside = denial.reason == Denial::Reason::no_route ||
                         denial.reason == Denial::Reason::payload_too_big;
    return outside ? "allow " + policy.rule(denial.rule).id : "deny";
}

TEST(LoneRule, StandsAsTheEngineHasIt) {
    wamp::Random random({3});
    int asked = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const PolicyFile file = RandomPolicies(seed).file();
        const auto policy = Compiler::compile(file, {false, {}, true}, "");
        if (!policy) continue;
        for (int i = 0; i < 60; ++i, ++asked) {
            const std::array roles{"a", "b", "z", "z.z"};
            const std::array authids{"a", "b", "q", "q.q"};
            const std::array parts{"a", "b", "z"};
            std::string uri = parts[random.below(3)];
            for (std::uint64_t more = random.below(3); more > 0; --more)
                uri += std::string(".") + parts[random.below(3)];
            const char* role = roles[random.below(4)];
            const auto payload =
                wamp::make_payload(wamp::Serializer::json,
                                   wamp::List{static_cast<std::int64_t>(random.below(4)), "s"});
            const wamp::Payload view = payload.view();
            const Subject subject{(*policy)->role(role), authids[random.below(4)], role};
            const bool opaque = random.below(4) == 0;
            const Question question{random.below(2) == 0 ? Action::call : Action::subscribe,
                                    uri,
                                    wamp::MatchPolicy::exact,
                                    random.below(20),
                                    opaque ? nullptr : &view,
                                    opaque};
            ASSERT_EQ(judged(file, subject, question),
                      decided(**policy, (*policy)->decide(subject, question)))
                << "seed " << seed << " " << uri;
        }
    }
    EXPECT_GE(asked, 10'000);
}

TEST(LoneRule, SaysWhatDoesNotFit) {
    RuleText rule;
    rule.id = "a";
    rule.roles = {"operator"};
    rule.actions.add(Action::call);
    rule.uris = {{"lab.x", {}}};
    Condition condition;
    condition.types.add(ValueTypes::Type::integer);
    rule.where = {condition};
    const RulePatterns patterns(rule.uris, rule.match);
    const auto ask = [&](const char* role, const char* uri, bool opaque = false) {
        const Question question{Action::call, uri, wamp::MatchPolicy::exact, 0, nullptr, opaque};
        return match_rule(rule, patterns, {{}, "al", role}, question,
                          RequestedUri(uri, wamp::MatchPolicy::exact));
    };
    EXPECT_FALSE(ask("guest", "lab.x").role);
    EXPECT_FALSE(ask("operator", "lab.y").uri);
    EXPECT_TRUE(ask("operator", "lab.x").uri);
    EXPECT_FALSE(ask("operator", "lab.x").arguments);
    EXPECT_FALSE(ask("operator", "lab.x", true).payload);
}

}  // namespace
}  // namespace sallyport::policy
