#include "wamp/router/receiver_filter.h"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::wamp {
namespace {

constexpr SessionId publisher = 1;

bool passes(const Dict& options, SessionId id = 2, std::string authid = "joe",
            std::string authrole = "user") {
    return ReceiverFilter(options, publisher)
        .passes({id, std::move(authid), std::move(authrole), {}, 0});
}

// W-PEX-01
TEST(ReceiverFilter, ThePublisherIsExcludedUnlessItSaysOtherwise) {
    EXPECT_TRUE(passes({}));
    EXPECT_FALSE(passes({}, publisher));
    EXPECT_FALSE(passes(Dict{{"exclude_me", true}}, publisher));
    EXPECT_TRUE(passes(Dict{{"exclude_me", false}}, publisher));
}

// W-BWL-05
TEST(ReceiverFilter, NotExcludingMeDoesNotOverrideAnExplicitExclude) {
    EXPECT_FALSE(passes(Dict{{"exclude_me", false}, {"exclude", List{publisher}}}, publisher));
    EXPECT_FALSE(passes(Dict{{"eligible", List{publisher}}}, publisher));
}

struct Kind {
    const char* eligible;
    const char* exclude;
    Value mine;
    Value other;
};

std::array<Kind, 3> kinds() {
    return {{{"eligible", "exclude", std::uint64_t{2}, std::uint64_t{3}},
             {"eligible_authid", "exclude_authid", "joe", "ann"},
             {"eligible_authrole", "exclude_authrole", "user", "admin"}}};
}

// W-BWL-01
TEST(ReceiverFilter, EachListDecidesByItsAttribute) {
    for (const Kind& kind : kinds()) {
        EXPECT_TRUE(passes(Dict{{kind.eligible, List{kind.other, kind.mine}}})) << kind.eligible;
        EXPECT_FALSE(passes(Dict{{kind.eligible, List{kind.other}}})) << kind.eligible;
        EXPECT_FALSE(passes(Dict{{kind.exclude, List{kind.other, kind.mine}}})) << kind.exclude;
        EXPECT_TRUE(passes(Dict{{kind.exclude, List{kind.other}}})) << kind.exclude;
    }
}

// W-BWL-02
TEST(ReceiverFilter, APresentEmptyEligibleListAdmitsNobody) {
    for (const Kind& kind : kinds()) {
        EXPECT_FALSE(passes(Dict{{kind.eligible, List{}}})) << kind.eligible;
        EXPECT_TRUE(passes(Dict{{kind.exclude, List{}}})) << kind.exclude;
    }
}

// W-BWL-01: AND across the lists; an exclude wins over an eligible.
TEST(ReceiverFilter, AllListsMustAgree) {
    const Dict both{{"eligible_authrole", List{"a"}}, {"eligible_authid", List{"x"}}};
    EXPECT_TRUE(passes(both, 2, "x", "a"));
    EXPECT_FALSE(passes(both, 2, "x", "b"));
    EXPECT_FALSE(passes(both, 2, "y", "a"));
    EXPECT_FALSE(passes(Dict{{"eligible", List{2}}, {"exclude_authid", List{"joe"}}}));
}

// W-BWL-04
TEST(ReceiverFilter, OtherKeysOfThatLookAreIgnored) {
    EXPECT_TRUE(passes(Dict{{"exclude_authmethod", List{"ticket"}}, {"eligible_x", List{}}}));
}

// W-BWL-03
TEST(ReceiverFilter, WhoRepresentsOthersPassesUnlessNobodyCan) {
    const auto link_passes = [](const Dict& options) {
        return ReceiverFilter(options, publisher).passes({2, "gate", "gateway", {}, 0, true});
    };
    for (const Kind& kind : kinds()) {
        EXPECT_TRUE(link_passes(Dict{{kind.eligible, List{kind.other}}})) << kind.eligible;
        EXPECT_FALSE(link_passes(Dict{{kind.eligible, List{}}})) << kind.eligible;
        EXPECT_TRUE(link_passes(Dict{{kind.exclude, List{kind.other}}})) << kind.exclude;
    }
    EXPECT_FALSE(link_passes(Dict{{"exclude", List{2}}}));
    EXPECT_FALSE(link_passes(Dict{{"exclude_authid", List{"gate"}}}));
    EXPECT_FALSE(link_passes(Dict{{"exclude_authrole", List{"gateway"}}}));
}

TEST(ReceiverFilter, ListsHaveALargestLength) {
    for (const Kind& kind : kinds()) {
        for (const char* key : {kind.eligible, kind.exclude}) {
            List list(ReceiverFilter::entries_max, Value(kind.other));
            EXPECT_FALSE(ReceiverFilter::too_long(Dict{{key, list}})) << key;
            list.push_back(Value(kind.other));
            EXPECT_TRUE(ReceiverFilter::too_long(Dict{{key, list}})) << key;
        }
    }
    EXPECT_FALSE(ReceiverFilter::too_long({}));
}

TEST(ReceiverFilter, OnlyTheSixListsAreHandedOn) {
    Dict options{{"acknowledge", true}, {"exclude_x", List{"a"}}};
    Dict lists;
    for (const Kind& kind : kinds()) {
        options.append(kind.exclude, List{kind.mine});
        options.append(kind.eligible, List{});
        lists.append(kind.eligible, List{});
        lists.append(kind.exclude, List{kind.mine});
    }
    Dict details;
    ReceiverFilter::append_lists(details, options);
    EXPECT_EQ(details, lists);
}

}  // namespace
}  // namespace sallyport::wamp
