#include "policy/in_flight.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace sallyport::policy {
namespace {

using Lease = InFlight::Lease;

Limits limits(std::uint32_t session, std::uint32_t authid = 0, std::uint32_t circuit = 0) {
    Limits all;
    all.in_flight = session;
    all.authid.in_flight = authid;
    all.circuit.in_flight = circuit;
    return all;
}

TEST(InFlight, HasAsManyPlacesAsTheRuleSays) {
    InFlight calls(7);
    auto first = calls.take("r", limits(2), {1, "a", 5});
    auto second = calls.take("r", limits(2), {1, "a", 5});
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(calls.take("r", limits(2), {1, "a", 5}));
    EXPECT_TRUE(calls.take("r", limits(2), {2, "a", 5}));      // another session
    EXPECT_TRUE(calls.take("other", limits(2), {1, "a", 5}));  // another rule
    first.reset();
    EXPECT_TRUE(calls.take("r", limits(2), {1, "a", 5}));
}

TEST(InFlight, CountsAnAuthidOverItsSessionsAndACircuitOverItsPrincipals) {
    InFlight calls(7);
    std::vector<Lease> kept;
    const auto take = [&](const Limits& under, const Counted& who) {
        auto lease = calls.take("r", under, who);
        if (lease) kept.push_back(*std::move(lease));
        return lease.has_value();
    };
    EXPECT_TRUE(take(limits(0, 2), {1, "alice", 10}));
    EXPECT_TRUE(take(limits(0, 2), {2, "alice", 20}));
    EXPECT_FALSE(take(limits(0, 2), {3, "alice", 30}));
    EXPECT_TRUE(take(limits(0, 2), {3, "bob", 30}));
    kept.clear();
    EXPECT_TRUE(take(limits(0, 0, 2), {1, "alice", 10}));
    EXPECT_TRUE(take(limits(0, 0, 2), {2, "bob", 10}));
    EXPECT_FALSE(take(limits(0, 0, 2), {3, "carol", 10}));
    EXPECT_TRUE(take(limits(0, 0, 2), {3, "carol", 11}));
}

TEST(InFlight, TakesNoPlaceAnywhereWhereOneIsMissing) {
    InFlight calls(7);
    const auto held = calls.take("r", limits(5, 1, 5), {1, "alice", 10});
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(calls.take("r", limits(5, 1, 5), {1, "alice", 10}));
    EXPECT_EQ(calls.counters(), 3U);
    const auto other = calls.take("r", limits(2, 9, 2), {1, "bob", 10});
    EXPECT_TRUE(other.has_value());
}

TEST(InFlight, KeepsNothingOfCallsThatHaveEnded) {
    InFlight calls(7);
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        const auto lease = calls.take("r", limits(1, 1, 1), {i, std::to_string(i), i});
        EXPECT_TRUE(lease.has_value());
        EXPECT_EQ(calls.counters(), 3U);
    }
    EXPECT_EQ(calls.counters(), 0U);
    EXPECT_TRUE(calls.take("r", limits(0), {1, "a", 1}));
    EXPECT_EQ(calls.counters(), 0U);
}

TEST(InFlight, LeasesMoveAndAreGivenBackOnce) {
    InFlight calls(7);
    {
        auto one = *calls.take("r", limits(1), {1, "a", 1});
        Lease two = std::move(one);
        Lease three;
        three = std::move(two);
        EXPECT_EQ(calls.counters(), 1U);
        auto four = *calls.take("s", limits(1), {1, "a", 1});
        four = std::move(three);
        EXPECT_FALSE(calls.take("r", limits(1), {1, "a", 1}));
    }
    EXPECT_EQ(calls.counters(), 0U);
}

TEST(LimitKeys, TellRulesScopesAndSecretsApart) {
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
