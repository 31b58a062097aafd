#include "backend-link/bridge/audience.h"

#include <gtest/gtest.h>

namespace sallyport::backend_link {
namespace {

using wamp::Dict;
using wamp::List;

policy::Session session(wamp::SessionId id, std::string authid, std::string role) {
    policy::Session made;
    made.id = id;
    made.principal = {std::move(authid), std::move(role), "ticket"};
    return made;
}

const policy::Session publisher = session(1, "alice", "operator");
const policy::Session other = session(2, "bob", "guest");

// W-PUB-06, W-PEX-01
TEST(Audience, IsEverybodyButThePublisherWithoutOptions) {
    const Audience audience(Dict{});
    EXPECT_TRUE(audience.admits(other, 1));
    EXPECT_FALSE(audience.admits(publisher, 1));
    EXPECT_FALSE(audience.front_only(false));
}

TEST(Audience, HoldsThePublisherWhenExcludeMeIsFalse) {
    EXPECT_TRUE(Audience({{"exclude_me", false}}).admits(publisher, 1));
    EXPECT_FALSE(Audience({{"exclude_me", true}}).admits(publisher, 1));
}

// W-BWL-05
TEST(Audience, ExcludesThePublisherByAListThoughExcludeMeIsFalse) {
    const Audience audience({{"exclude_me", false}, {"exclude", List{1}}});
    EXPECT_FALSE(audience.admits(publisher, 1));
    EXPECT_TRUE(audience.admits(other, 1));
}

// W-BWL-01
TEST(Audience, AppliesEachOfTheSixLists) {
    const auto admits = [](const char* key, List list) {
        return Audience({{key, std::move(list)}}).admits(other, 1);
    };
    EXPECT_TRUE(admits("eligible", {9, 2}));
    EXPECT_FALSE(admits("eligible", {9}));
    EXPECT_TRUE(admits("eligible_authid", {"zoe", "bob"}));
    EXPECT_FALSE(admits("eligible_authid", {"zoe"}));
    EXPECT_TRUE(admits("eligible_authrole", {"x", "guest"}));
    EXPECT_FALSE(admits("eligible_authrole", {"x"}));
    EXPECT_FALSE(admits("exclude", {9, 2}));
    EXPECT_TRUE(admits("exclude", {9}));
    EXPECT_FALSE(admits("exclude_authid", {"zoe", "bob"}));
    EXPECT_TRUE(admits("exclude_authid", {"zoe"}));
    EXPECT_FALSE(admits("exclude_authrole", {"x", "guest"}));
    EXPECT_TRUE(admits("exclude_authrole", {"x"}));
}

// W-BWL-01, W-SUB-12
TEST(Audience, NeedsEveryEligibleListThatIsThere) {
    const Dict both{{"eligible_authrole", List{"guest"}}, {"eligible_authid", List{"zoe"}}};
    EXPECT_FALSE(Audience(both).admits(other, 1));
    EXPECT_TRUE(Audience(both).admits(session(3, "zoe", "guest"), 1));
    EXPECT_FALSE(Audience(both).admits(session(4, "zoe", "operator"), 1));
}

// W-BWL-02, W-SUB-12
TEST(Audience, IsNobodyWhenAnEligibleListIsThereAndEmpty) {
    for (const char* key : {"eligible", "eligible_authid", "eligible_authrole"}) {
        const Audience audience({{key, List{}}});
        EXPECT_FALSE(audience.admits(other, 1)) << key;
        EXPECT_TRUE(audience.front_only(true)) << key;
    }
    EXPECT_TRUE(Audience({{"exclude", List{}}}).admits(other, 1));
}

// W-BWL-04
TEST(Audience, KnowsNoOtherListThanTheSix) {
    EXPECT_TRUE(
        Audience({{"exclude_role", List{"guest"}}, {"eligible_x", List{}}}).admits(other, 1));
}

// W-BWL-06
TEST(Audience, IsForTheFrontAloneWhenItNamesFrontSessions) {
    EXPECT_TRUE(Audience({{"eligible", List{2}}}).front_only(true));
    EXPECT_FALSE(Audience({{"exclude", List{2}}}).front_only(true));
}

TEST(Audience, IsForTheFrontAloneWhenTheRouterBehindCannotKnowTheNamesInIt) {
    for (const char* key : {"eligible_authid", "eligible_authrole"}) {
        EXPECT_FALSE(Audience({{key, List{"x"}}}).front_only(true)) << key;
        EXPECT_TRUE(Audience({{key, List{"x"}}}).front_only(false)) << key;
    }
    EXPECT_FALSE(Audience({{"exclude_authrole", List{"x"}}}).front_only(false));
}

TEST(Audience, HandsListsOfIdentitiesOnAndNeverSessionIds) {
    const Audience audience({{"exclude", List{2}},
                             {"eligible_authid", List{"b", "a"}},
                             {"exclude_authrole", List{"x"}},
                             {"exclude_authid", List{}}});
    Dict options;
    audience.append_to(options, true);
    EXPECT_EQ(options,
              (Dict{{"eligible_authid", List{"a", "b"}}, {"exclude_authrole", List{"x"}}}));
    Dict none;
    audience.append_to(none, false);
    EXPECT_TRUE(none.empty());
}

// W-BWL-06
TEST(Audience, RefusesListsThatAreTooLong) {
    List list;
    for (std::size_t i = 1; i <= Audience::list_entries_max; ++i) list.emplace_back(i);
    EXPECT_FALSE(Audience({{"exclude", list}}).too_long());
    list.emplace_back(7);
    EXPECT_TRUE(Audience({{"exclude", list}}).too_long());
}

}  // namespace
}  // namespace sallyport::backend_link
