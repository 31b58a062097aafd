#include "policy/tools/analysis/argument_cases.h"

#include <gtest/gtest.h>

#include <set>

namespace sallyport::policy {
namespace {

Condition integer_between(std::int64_t min, std::int64_t max) {
    Condition condition;
    condition.types.add(ValueTypes::Type::integer);
    condition.min = min;
    condition.max = max;
    return condition;
}

// Which combinations of the rules' conditions the cases show.
std::set<std::vector<bool>> shown(const std::vector<const RuleText*>& rules) {
    std::set<std::vector<bool>> all;
    for (const ArgumentCase& one : argument_cases(rules, Action::call)) {
        if (one.opaque) continue;
        std::vector<bool> truths;
        for (const RuleText* rule : rules)
            truths.push_back(all_hold(rule->where, one.payload.view()));
        all.insert(truths);
    }
    return all;
}

TEST(ArgumentCases, AreTwoWhereNothingIsAskedOfArguments) {
    const RuleText rule;
    const auto cases = argument_cases({&rule}, Action::call);
    ASSERT_EQ(cases.size(), 2U);
    EXPECT_FALSE(cases[0].opaque);
    EXPECT_TRUE(cases[1].opaque);
    EXPECT_EQ(describe(cases[0]), "");
    EXPECT_EQ(describe(cases[1]), " with an opaque payload");
    EXPECT_EQ(argument_cases({&rule}, Action::subscribe).size(), 1U);
}

TEST(ArgumentCases, ShowEachCombinationOfOverlappingRanges) {
    RuleText low;
    low.where = {integer_between(0, 50)};
    RuleText high;
    high.where = {integer_between(40, 90)};
    EXPECT_EQ(shown({&low, &high}).size(), 4U);
    RuleText above;
    above.where = {integer_between(51, 60)};
    EXPECT_EQ(shown({&low, &above}).size(), 3U);
}

TEST(ArgumentCases, CombineArgumentsAndNames) {
    RuleText first;
    first.where = {integer_between(0, 5)};
    RuleText second;
    second.where = {Condition{}};
    second.where[0].source = Condition::Source::kwarg;
    second.where[0].name = "mode";
    second.where[0].one_of = {std::string("slow"), std::string("fast")};
    RuleText third;
    third.where = {Condition{}};
    third.where[0].index = 2;
    third.where[0].max_length = 3;
    third.where[0].types.add(ValueTypes::Type::text);
    EXPECT_EQ(shown({&first, &second, &third}).size(), 8U);
}

TEST(ArgumentCases, ReachBoundsOfLengthDepthAndBytes) {
    for (const Condition::Source source :
         {Condition::Source::arg, Condition::Source::args, Condition::Source::kwargs}) {
        for (int kind = 0; kind < 4; ++kind) {
            RuleText rule;
            rule.where = {Condition{}};
            Condition& condition = rule.where[0];
            condition.source = source;
            if (kind == 0) condition.max_length = 4;
            if (kind == 1) condition.min_length = 4;
            if (kind == 2) condition.max_depth = 3;
            if (kind == 3) condition.max_bytes = 100;
            EXPECT_EQ(shown({&rule}).size(), 2U) << static_cast<int>(source) << " " << kind;
        }
    }
}

// More combinations than can be tried: each condition decides alone in one of the cases.
TEST(ArgumentCases, TellManyConditionsApartAroundWhatTheRuleWants) {
    RuleText rule;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
        Condition& condition = rule.where.emplace_back();
        condition.source = Condition::Source::kwarg;
        condition.name = name;
        condition.types.add(ValueTypes::Type::text);
        condition.min_length = 40;
        condition.max_length = 50;
    }
    rule.where.emplace_back();
    rule.where.back().source = Condition::Source::kwargs;
    rule.where.back().max_length = 6;
    std::set<std::size_t> alone;
    bool all = false;
    for (const ArgumentCase& one : argument_cases({&rule}, Action::call)) {
        if (one.opaque) continue;
        const wamp::Payload payload = one.payload.view();
        std::vector<std::size_t> failing;
        for (std::size_t i = 0; i < rule.where.size(); ++i) {
            if (!holds(rule.where[i], payload)) failing.push_back(i);
        }
        all = all || failing.empty();
        if (failing.size() == 1) alone.insert(failing[0]);
    }
    EXPECT_TRUE(all);
    EXPECT_EQ(alone.size(), rule.where.size());
}

TEST(ArgumentCases, StandOnBothSidesOfEachPayloadLimit) {
    RuleText rule;
    rule.limits.payload_bytes = 64;
    std::set<std::size_t> sizes;
    for (const ArgumentCase& one : argument_cases({&rule}, Action::publish))
        sizes.insert(one.bytes);
    EXPECT_TRUE(sizes.contains(64));
    EXPECT_TRUE(sizes.contains(65));
}

TEST(ArgumentCases, AreShownAsJson) {
    RuleText rule;
    rule.where = {integer_between(7, 7)};
    bool found = false;
    for (const ArgumentCase& one : argument_cases({&rule}, Action::call))
        found = found || describe(one) == " with args [7]";
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace sallyport::policy
