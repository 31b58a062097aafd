#include "policy/engine/rule_limits.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;
using Lease = wamp::Tally::Lease;
using Verdict = RuleLimits::Verdict;

constexpr wamp::Instant start{1h};

Limits in_flight(std::uint32_t session, std::uint32_t authid = 0, std::uint32_t circuit = 0) {
    Limits limits;
    limits.in_flight = session;
    limits.authid.in_flight = authid;
    limits.circuit.in_flight = circuit;
    return limits;
}

Limits rates(double session, double authid = 0, double circuit = 0) {
    Limits limits;
    limits.rate_per_s = session;
    limits.authid.rate_per_s = authid;
    limits.circuit.rate_per_s = circuit;
    return limits;
}

class RuleLimitsTest : public testing::Test {
protected:
    Verdict call(const Limits& under, const LimitSubject& who, std::string_view rule = "r",
                 wamp::Instant now = start) {
        Lease lease;
        const Verdict verdict = limits_.admit(rule, under, who, true, now, lease);
        if (verdict == Verdict::within) kept_.push_back(std::move(lease));
        return verdict;
    }
    Verdict publish(const Limits& under, const LimitSubject& who, std::string_view rule = "r",
                    wamp::Instant now = start) {
        Lease lease;
        return limits_.admit(rule, under, who, false, now, lease);
    }

    RuleLimits limits_{7};
    std::vector<Lease> kept_;
};

TEST_F(RuleLimitsTest, ScopesAreCountedApart) {
    const std::vector<Limits> scopes{in_flight(1), in_flight(0, 1), in_flight(0, 0, 1)};
    const LimitSubject first{1, "alice", 10};
    const std::vector<LimitSubject> same{{1, "bob", 11}, {2, "alice", 11}, {2, "bob", 10}};
    const std::vector<LimitSubject> other{{2, "alice", 10}, {1, "bob", 10}, {1, "alice", 11}};
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        EXPECT_EQ(call(scopes[i], first), Verdict::within);
        EXPECT_EQ(call(scopes[i], same[i]), Verdict::over_in_flight);
        EXPECT_EQ(call(scopes[i], other[i]), Verdict::within);
        EXPECT_EQ(call(scopes[i], same[i], "another"), Verdict::within);
        kept_.clear();
        EXPECT_EQ(limits_.counts(), 0u);
    }
}

TEST_F(RuleLimitsTest, RatesOfScopesAreCountedApart) {
    const std::vector<Limits> scopes{rates(2), rates(0, 2), rates(0, 0, 2)};
    const std::vector<LimitSubject> same{{1, "bob", 11}, {2, "alice", 11}, {2, "bob", 10}};
    const std::vector<LimitSubject> other{{2, "alice", 10}, {1, "bob", 10}, {1, "alice", 11}};
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const std::string rule = "r" + std::to_string(i);
        EXPECT_EQ(publish(scopes[i], {1, "alice", 10}, rule), Verdict::within);
        EXPECT_EQ(publish(scopes[i], same[i], rule), Verdict::within);
        EXPECT_EQ(publish(scopes[i], {1, "alice", 10}, rule), Verdict::over_rate);
        EXPECT_EQ(publish(scopes[i], same[i], rule), Verdict::over_rate);
        EXPECT_EQ(publish(scopes[i], other[i], rule), Verdict::within);
        EXPECT_EQ(publish(scopes[i], same[i], rule, start + 500ms), Verdict::within);
        EXPECT_EQ(publish(scopes[i], same[i], rule, start + 500ms), Verdict::over_rate);
    }
}

TEST_F(RuleLimitsTest, WhatIsRefusedUsesNothingUp) {
    Limits both = in_flight(1);
    both.rate_per_s = 2;
    both.authid.rate_per_s = 10;
    const LimitSubject who{1, "alice", 10};
    EXPECT_EQ(call(both, who), Verdict::within);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(call(both, who), Verdict::over_in_flight);
    kept_.clear();
    EXPECT_EQ(call(both, who), Verdict::within) << "the second of this second";
    kept_.clear();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(call(both, who), Verdict::over_rate);
    EXPECT_EQ(limits_.counts(), 0u);
    both.rate_per_s = 0;
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(call(both, who), Verdict::within);
        kept_.clear();
    }
    EXPECT_EQ(call(both, who), Verdict::over_rate);
}

TEST_F(RuleLimitsTest, OnlyCallsAreInFlight) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(publish(in_flight(1), {1, "a", 1}), Verdict::within);
    EXPECT_EQ(limits_.counts(), 0u);
}

TEST_F(RuleLimitsTest, ARuleWithoutLimitsBoundsNothing) {
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(call({}, {1, "a", 1}), Verdict::within);
    EXPECT_EQ(limits_.counts(), 0u);
}

TEST(LimitKeys, DistinguishRulesScopesAndSecrets) {
    std::set<std::uint64_t> keys;
    std::size_t made = 0;
    for (const std::uint64_t secret : {1U, 2U}) {
        for (const auto* rule : {"r", "s", "rs"}) {
            for (const auto scope : {Scope::session, Scope::authid, Scope::circuit}) {
                for (std::uint64_t who = 0; who < 1000; ++who, made += 2) {
                    keys.insert(limit_key(secret, rule, scope, who));
                    keys.insert(limit_key(secret, rule, scope, std::to_string(who)));
                }
            }
        }
    }
    EXPECT_EQ(keys.size(), made);
    EXPECT_FALSE(keys.contains(0));
    EXPECT_EQ(limit_key(1, "r", Scope::authid, "alice"), limit_key(1, "r", Scope::authid, "alice"));
}

}  // namespace
}  // namespace sallyport::policy
