#include "policy/tools/analysis/atoms.h"

#include <gtest/gtest.h>

#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

ArgumentCase with_args(const wamp::List& args) {
    ArgumentCase one;
    one.args = args;
    one.payload = wamp::make_payload(wamp::Serializer::msgpack, args, {});
    return one;
}

TEST(Atoms, OfAConditionAreItsTypeAndEachBound) {
    Condition condition;
    condition.types.add(ValueTypes::Type::integer);
    condition.min = std::int64_t{1};
    condition.max = std::int64_t{9};
    const auto atoms = atoms_of(condition);
    ASSERT_EQ(atoms.size(), 3U);
    EXPECT_FALSE(atoms[0].min || atoms[0].max);
    EXPECT_TRUE(atoms[1].min && !atoms[1].max);
    EXPECT_TRUE(atoms[2].max && !atoms[2].min);
    EXPECT_TRUE(atoms[2].types.has(ValueTypes::Type::integer));
}

TEST(Atoms, AMisfitNamesTheLiteralThatTheOtherRuleTakes) {
    RuleText rule;
    rule.where.resize(1);
    rule.where[0].one_of = {"x"};
    RuleText other = rule;
    other.where[0].one_of = {"x", "y", "z"};
    EXPECT_TRUE(misfits(rule, other, with_args({"x"})).empty());
    const auto y = misfits(rule, other, with_args({"y"}));
    const auto z = misfits(rule, other, with_args({"z"}));
    ASSERT_EQ(y.size(), 1U);
    ASSERT_EQ(z.size(), 1U);
    EXPECT_NE(y, z);
    EXPECT_NE(misfits(rule, other, with_args({})), y);
}

TEST(Atoms, AMisfitOfTypeHidesThoseOfItsBounds) {
    RuleText rule;
    rule.where.resize(2);
    rule.where[0].types.add(ValueTypes::Type::integer);
    rule.where[0].max = std::int64_t{9};
    rule.where[1].index = 1;
    rule.where[1].max_length = 1;
    EXPECT_EQ(misfits(rule, rule, with_args({"x", "y"})).size(), 1U);
    EXPECT_EQ(misfits(rule, rule, with_args({10, "yy"})).size(), 2U);
    ArgumentCase opaque;
    opaque.opaque = true;
    EXPECT_FALSE(misfits(rule, rule, opaque).empty());
}

}  // namespace
}  // namespace sallyport::policy
