#include "wamp/session/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace sallyport::wamp {
namespace {

Dict details_with(const char* role, std::vector<std::string> names) {
    Dict features;
    for (std::string& name : names) features.append(std::move(name), true);
    return Dict{{"roles", Dict{{role, Dict{{"features", features}}}}}};
}

TEST(Features, NothingAnnouncedIsNothing) {
    EXPECT_EQ(read_features({}), Features{});
    EXPECT_EQ(read_features(Dict{{"roles", Dict{}}}), Features{});
}

TEST(Features, EachClientRoleIsRead) {
    const std::array<std::pair<const char*, Feature>, 4> cases{
        {{"caller", Feature::caller},
         {"callee", Feature::callee},
         {"publisher", Feature::publisher},
         {"subscriber", Feature::subscriber}}};
    for (const auto& [name, feature] : cases) {
        const Features features = read_features(Dict{{"roles", Dict{{name, Dict{}}}}});
        Features only;
        only.add(feature);
        EXPECT_EQ(features, only) << name;
        EXPECT_TRUE(features.any_client_role()) << name;
    }
}

TEST(Features, RouterRolesAreNoClientRoles) {
    const Features features =
        read_features(Dict{{"roles", Dict{{"broker", Dict{}}, {"dealer", Dict{}}}}});
    EXPECT_TRUE(features.has(Feature::broker));
    EXPECT_TRUE(features.has(Feature::dealer));
    EXPECT_FALSE(features.any_client_role());
}

// W-SES-02: unknown role names are ignored, and alone they are no role.
TEST(Features, UnknownRolesAreIgnored) {
    EXPECT_EQ(read_features(Dict{{"roles", Dict{{"admin", Dict{}}}}}), Features{});
}

// W-FEA-02
TEST(Features, FeaturesThatAreFalseOrUnknownOrAtAnotherRoleDoNotCount) {
    Dict features{{"call_canceling", false}, {"flying", true}, {"publisher_identification", true}};
    const Features read =
        read_features(Dict{{"roles", Dict{{"callee", Dict{{"features", features}}}}}});
    Features only;
    only.add(Feature::callee);
    EXPECT_EQ(read, only);
}

// W-FEA-05
TEST(Features, CalleeThatCannotBeCancelledLacksProgressiveResults) {
    const Features without = read_features(details_with("callee", {"progressive_call_results"}));
    EXPECT_FALSE(without.has(Feature::callee_progressive_call_results));
    const Features with =
        read_features(details_with("callee", {"progressive_call_results", "call_canceling"}));
    EXPECT_TRUE(with.has(Feature::callee_progressive_call_results));
    EXPECT_TRUE(with.has(Feature::callee_call_canceling));
}

// W-FEA-03
TEST(Features, TheOtherSpellingOfCancelingCounts) {
    EXPECT_TRUE(read_features(details_with("callee", {"call_cancelling"}))
                    .has(Feature::callee_call_canceling));
    EXPECT_TRUE(read_features(details_with("dealer", {"call_cancelling"}))
                    .has(Feature::dealer_call_canceling));
}

TEST(Features, EveryFeatureBitHasItsName) {
    struct Case {
        const char* role;
        const char* name;
        Feature feature;
    };
    const std::array cases{
        Case{"caller", "progressive_call_results", Feature::caller_progressive_call_results},
        Case{"callee", "call_canceling", Feature::callee_call_canceling},
        Case{"callee", "call_timeout", Feature::callee_call_timeout},
        Case{"callee", "caller_identification", Feature::callee_caller_identification},
        Case{"callee", "registration_revocation", Feature::callee_registration_revocation},
        Case{"subscriber", "publisher_identification",
             Feature::subscriber_publisher_identification},
        Case{"subscriber", "subscription_revocation", Feature::subscriber_subscription_revocation},
        Case{"dealer", "call_canceling", Feature::dealer_call_canceling},
        Case{"dealer", "progressive_call_results", Feature::dealer_progressive_call_results},
        Case{"caller", "payload_passthru_mode", Feature::caller_payload_passthru_mode},
        Case{"callee", "payload_passthru_mode", Feature::callee_payload_passthru_mode},
        Case{"publisher", "payload_passthru_mode", Feature::publisher_payload_passthru_mode},
        Case{"subscriber", "payload_passthru_mode", Feature::subscriber_payload_passthru_mode},
        Case{"broker", "payload_passthru_mode", Feature::broker_payload_passthru_mode},
        Case{"dealer", "payload_passthru_mode", Feature::dealer_payload_passthru_mode},
    };
    for (const Case& c : cases) {
        EXPECT_TRUE(read_features(details_with(c.role, {c.name})).has(c.feature)) << c.name;
        EXPECT_FALSE(read_features(details_with(c.role, {})).has(c.feature)) << c.name;
    }
}

/// Every entry is a role, with nothing but `features`, in which all is true (W-SES-04).
void expect_well_formed(const Dict& roles, const std::vector<std::string>& names) {
    EXPECT_EQ(roles.size(), names.size());
    for (const std::string& name : names) {
        const Dict* role = roles.get_dict(name);
        ASSERT_NE(role, nullptr) << name;
        ASSERT_EQ(role->size(), 1u) << name;
        const Dict* features = role->get_dict("features");
        ASSERT_NE(features, nullptr) << name;
        for (const auto& [feature, value] : *features) EXPECT_EQ(value, Value(true)) << feature;
    }
}

TEST(Features, WhatWeAnnounceIsWellFormed) {
    expect_well_formed(router_roles(), {"broker", "dealer"});
    for (const bool passthru : {false, true}) {
        expect_well_formed(client_roles(passthru), {"caller", "callee", "publisher", "subscriber"});
    }
}

TEST(Features, OurClientsUnderstandWhatOurRoutersAnnounce) {
    const Features router = read_features(Dict{{"roles", router_roles()}});
    EXPECT_TRUE(router.has(Feature::dealer_call_canceling));
    EXPECT_TRUE(router.has(Feature::dealer_progressive_call_results));
    EXPECT_TRUE(router.has(Feature::broker_payload_passthru_mode));
    EXPECT_TRUE(router.has(Feature::dealer_payload_passthru_mode));
    EXPECT_TRUE(router.has(Feature::dealer_progressive_call_invocations));
    EXPECT_TRUE(router.has(Feature::dealer_shared_registration));
    const Features client = read_features(Dict{{"roles", client_roles()}});
    EXPECT_TRUE(client.has(Feature::callee_progressive_call_results));
    EXPECT_TRUE(client.has(Feature::callee_caller_identification));
    EXPECT_TRUE(client.has(Feature::subscriber_publisher_identification));
}

// W-FEA-01: the meta API does not work here and is not announced.
TEST(Features, WhatIsMissingIsNotAnnounced) {
    const Dict roles = router_roles();
    for (const char* role : {"broker", "dealer"}) {
        const Dict* features = roles.get_dict(role)->get_dict("features");
        for (const char* name :
             {"session_meta_api", "registration_meta_api", "subscription_meta_api", "event_history",
              "testament_meta_api", "call_reroute", "sharded_registration"}) {
            EXPECT_EQ(features->find(name), nullptr) << name;
        }
    }
    EXPECT_TRUE(roles.get_dict("broker")->get_dict("features")->get_bool("event_retention", false));
}

// W-FEA-01: a client that says and opens nothing in that mode itself hands on what others do, or
// does not have it.
TEST(Features, PayloadPassthruModeIsAnnouncedForEachRoleOrForNone) {
    for (const bool passthru : {false, true}) {
        const Features client = read_features(Dict{{"roles", client_roles(passthru)}});
        for (const Feature feature :
             {Feature::caller_payload_passthru_mode, Feature::callee_payload_passthru_mode,
              Feature::publisher_payload_passthru_mode,
              Feature::subscriber_payload_passthru_mode}) {
            EXPECT_EQ(client.has(feature), passthru);
        }
    }
}

// W-FEA-01: a link hands on calls whose arguments come in several CALLs; our commands have none.
TEST(Features, ProgressiveCallInvocationsAreAnnouncedByLinks) {
    for (const bool link : {false, true}) {
        const Features client = read_features(Dict{{"roles", client_roles(link)}});
        EXPECT_EQ(client.has(Feature::caller_progressive_call_invocations), link);
        EXPECT_EQ(client.has(Feature::callee_progressive_call_invocations), link);
    }
}

// W-FEA-03, W-FEA-05
TEST(Features, ProgressiveCallInvocationsNeedCancellingAndHaveAnAlias) {
    for (const char* name : {"progressive_call_invocations", "progressive_calls"}) {
        EXPECT_TRUE(read_features(details_with("caller", {name}))
                        .has(Feature::caller_progressive_call_invocations));
        EXPECT_FALSE(read_features(details_with("callee", {name}))
                         .has(Feature::callee_progressive_call_invocations));
        EXPECT_TRUE(read_features(details_with("callee", {name, "call_canceling"}))
                        .has(Feature::callee_progressive_call_invocations));
        EXPECT_FALSE(read_features(details_with("dealer", {name}))
                         .has(Feature::dealer_progressive_call_invocations));
        EXPECT_TRUE(read_features(details_with("dealer", {name, "call_canceling"}))
                        .has(Feature::dealer_progressive_call_invocations));
    }
}

// W-SRV-01, and what is really out there.
TEST(Features, OfAutobahnPythonHoldNoRevocationOfSubscriptions) {
    const Features features = read_features(
        details_with("subscriber", {"subscription_revocation", "payload_encryption_cryptobox"}));
    EXPECT_TRUE(features.has(Feature::subscriber));
    EXPECT_FALSE(features.has(Feature::subscriber_subscription_revocation));
}

}  // namespace
}  // namespace sallyport::wamp
