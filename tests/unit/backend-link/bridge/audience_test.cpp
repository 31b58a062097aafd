#include "backend-link/bridge/audience.h"

#include <gtest/gtest.h>

#include "backend-link/bridge/link_side.h"

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
    EXPECT_FALSE(audience.has_lists());
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
    }
    EXPECT_TRUE(Audience({{"exclude", List{}}}).admits(other, 1));
}

// W-BWL-04
TEST(Audience, KnowsNoOtherListThanTheSix) {
    EXPECT_TRUE(
        Audience({{"exclude_role", List{"guest"}}, {"eligible_x", List{}}}).admits(other, 1));
}

// W-BWL-03
class AudienceBehind : public testing::Test {
protected:
    AudienceBehind() {
        sessions_.add(session(2, "bob", "guest"));
        link_.secret = 0x1234567890ABCDEF;
    }
    Dict behind(const Dict& options, wamp::SessionId excluded = 0) {
        Dict all;
        Audience(options).append_to(all, link_, excluded);
        return all;
    }

    policy::Sessions sessions_;
    FrontIds ids_{5};
    wamp::Random random_{{1}};
    policy::Judge judge_{policy::AuditTrail::Level::nothing, random_};
    LinkSide link_{profile_of(BackendKind::sallyport),
                   sessions_,
                   ids_,
                   0,
                   judge_,
                   wamp::Random({2}),
                   {},
                   false,
                   0,
                   0,
                   {}};
};

TEST_F(AudienceBehind, HasTheListsOfIdentitiesAsTheyAre) {
    EXPECT_EQ(behind({{"eligible_authid", List{"b", "a"}},
                      {"eligible_authrole", List{}},
                      {"exclude_authid", List{}},
                      {"exclude_authrole", List{"x"}},
                      {"exclude_me", false},
                      {"acknowledge", true}}),
              (Dict{{"eligible_authid", List{"a", "b"}},
                    {"eligible_authrole", List{}},
                    {"exclude_authrole", List{"x"}}}));
    EXPECT_EQ(behind({{"eligible", List{}}, {"exclude", List{}}}), (Dict{{"eligible", List{}}}));
    EXPECT_EQ(behind({}), Dict());
}

TEST_F(AudienceBehind, NamesASessionByTheNumberThatTheClientWasTold) {
    const wamp::SessionId service = 4711;
    const wamp::SessionId told = link_.pseudonym_of(service);
    EXPECT_NE(told, service);
    EXPECT_EQ(behind({{"eligible", List{told}}}), (Dict{{"eligible", List{told, service}}}));
    EXPECT_EQ(behind({{"exclude", List{told}}}), (Dict{{"exclude", List{told, service}}}));
    EXPECT_EQ(behind({{"exclude", List{2}}}), (Dict{{"exclude", List{2}}})) << "one in front";
}

TEST_F(AudienceBehind, ExcludesWhomTheLinkStandsFor) {
    EXPECT_EQ(behind({}, 2), (Dict{{"exclude", List{2}}}));
    EXPECT_EQ(behind({{"exclude_authid", List{"a"}}}, 2),
              (Dict{{"exclude", List{2}}, {"exclude_authid", List{"a"}}}));
}

TEST_F(AudienceBehind, KnowsEverySessionByItsPseudonymAndNoTwoByOne) {
    wamp::Random random({9});
    for (int i = 0; i < 10000; ++i) {
        const wamp::SessionId id = random.global_id();
        const wamp::SessionId told = link_.pseudonym_of(id);
        ASSERT_TRUE(told >= 1 && told <= wamp::id_max && told != id);
        ASSERT_EQ(link_.id_of(told), id);
    }
    for (const wamp::SessionId id : {wamp::SessionId{1}, wamp::id_max})
        EXPECT_EQ(link_.id_of(link_.pseudonym_of(id)), id);
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
