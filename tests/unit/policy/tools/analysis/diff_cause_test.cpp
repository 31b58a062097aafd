#include "policy/tools/analysis/diff_cause.h"

#include <gtest/gtest.h>

#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

struct DiffCause : testing::Test {
    DiffCause() {
        RuleText rule;
        rule.id = "drive";
        rule.roles = {"*"};
        rule.actions.add(Action::call);
        rule.uris = {{"lab.slew", {}}};
        rule.where.resize(2);
        rule.where[0].max = std::int64_t{9};
        rule.where[1].index = 1;
        rule.where[1].one_of = {"x"};
        before.rules = after.rules = {rule};
        after.rules[0].where[0].max = std::int64_t{99};
        after.rules[0].where[1].one_of = {"x", "y"};
    }

    std::string cause(const wamp::List& args, const std::string& was, const std::string& is) const {
        ArgumentCase one;
        one.args = args;
        one.payload = wamp::make_payload(wamp::Serializer::msgpack, args, {});
        DiffPlace place{"guest", "anna", Action::call, "lab.slew", {}, false};
        for (const PolicyFile* file : {&before, &after}) {
            for (const RuleText& rule : file->rules) place.rules.push_back(&rule);
        }
        return Causes(before, after).of(place, one, was, is);
    }

    PolicyFile before;
    PolicyFile after;
};

TEST_F(DiffCause, IsAnotherForEachConditionThatAMessageBreaksAlone) {
    const std::string wider = cause({50, "x"}, "", "drive");
    const std::string more = cause({5, "y"}, "", "drive");
    EXPECT_TRUE(wider.starts_with(Causes::condition)) << wider;
    EXPECT_TRUE(more.starts_with(Causes::condition)) << more;
    EXPECT_NE(wider, more);
    EXPECT_EQ(cause({50, "y"}, "", "drive"), Causes::several);
}

TEST_F(DiffCause, IsFoundUnderAnotherName) {
    after.rules[0].id = "steer";
    EXPECT_TRUE(cause({50, "x"}, "", "steer").starts_with(Causes::condition));
}

TEST_F(DiffCause, OfAMessageThatNothingOfTheOtherVersionMatchesIsItsUri) {
    after.rules[0].uris = {{"lab.park", {}}, {"lab.slew", {}}};
    before.rules[0].uris = {{"lab.park", {}}};
    ArgumentCase none;
    const DiffPlace place{"guest", "anna", Action::call, "lab.slew", {&after.rules[0]}, false};
    EXPECT_EQ(Causes(before, after).of(place, none, "", "drive"), "uri lab.slew");
}

}  // namespace
}  // namespace sallyport::policy
