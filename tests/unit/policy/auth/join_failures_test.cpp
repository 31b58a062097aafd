#include "policy/auth/join_failures.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr FailureLimits limits{3, 5, 1min};
constexpr wamp::Instant start{1h};

struct Counted {
    wamp::Random random{wamp::Random::Seed{1}};
    JoinFailures failures{random};
    wamp::Instant now = start;

    bool fail(std::uint64_t circuit, std::string_view name) {
        return failures.count(circuit, "realm", name, limits, now);
    }
    bool blocks(std::uint64_t circuit, std::string_view name, std::string_view realm = "realm") {
        return failures.blocks(circuit, realm, name, limits, now);
    }
};

TEST(JoinFailures, BlockACircuitAtItsLimitUntilTheWindowEnds) {  // W-AUT-04
    Counted counted;
    EXPECT_FALSE(counted.fail(7, "a"));
    EXPECT_FALSE(counted.fail(7, "b"));
    EXPECT_FALSE(counted.blocks(7, "c"));
    EXPECT_TRUE(counted.fail(7, "c"));
    EXPECT_TRUE(counted.blocks(7, "d"));
    EXPECT_FALSE(counted.blocks(8, "d"));
    EXPECT_FALSE(counted.fail(7, "c"));  // told once
    counted.now = start + 1min - 1ns;
    EXPECT_TRUE(counted.blocks(7, "d"));
    counted.now = start + 1min;
    EXPECT_FALSE(counted.blocks(7, "d"));
    EXPECT_FALSE(counted.fail(7, "d"));
    EXPECT_FALSE(counted.blocks(7, "d"));
}

TEST(JoinFailures, BlockANameOnAllCircuits) {  // W-AUT-04
    Counted counted;
    for (std::uint64_t circuit = 1; circuit <= 4; ++circuit) counted.fail(circuit, "alice");
    EXPECT_FALSE(counted.blocks(9, "alice"));
    counted.fail(5, "alice");
    EXPECT_TRUE(counted.blocks(9, "alice"));
    EXPECT_FALSE(counted.blocks(9, "bob"));
    EXPECT_FALSE(counted.blocks(9, "alice", "other realm"));
}

TEST(JoinFailures, KnowNoCircuitZeroAndNoEmptyName) {
    Counted counted;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(counted.fail(0, ""));
    EXPECT_FALSE(counted.blocks(0, ""));
    EXPECT_EQ(counted.failures.entries(), 0U);
}

TEST(JoinFailures, ForgetTheOldestBeyondTheirBound) {
    Counted counted;
    for (int i = 0; i < 3; ++i) counted.fail(1, "");
    ASSERT_TRUE(counted.blocks(1, ""));
    for (std::uint64_t circuit = 2; circuit <= JoinFailures::entries_max; ++circuit)
        counted.fail(circuit, "");
    EXPECT_EQ(counted.failures.entries(), JoinFailures::entries_max);
    EXPECT_TRUE(counted.blocks(1, ""));
    counted.fail(JoinFailures::entries_max + 1, "");
    EXPECT_EQ(counted.failures.entries(), JoinFailures::entries_max);
    EXPECT_FALSE(counted.blocks(1, ""));
}

TEST(JoinFailures, ForgetWhatIsOver) {
    Counted counted;
    for (std::uint64_t circuit = 1; circuit <= 100; ++circuit) counted.fail(circuit, "n");
    EXPECT_EQ(counted.failures.entries(), 101U);
    counted.now += 1min;
    counted.fail(500, "m");
    EXPECT_EQ(counted.failures.entries(), 2U);
    // A window that began anew is not ended by the entry of the old one.
    counted.fail(1, "");
    counted.now += 30s;
    counted.fail(1, "");
    counted.fail(1, "");
    EXPECT_TRUE(counted.blocks(1, ""));
}

}  // namespace
}  // namespace sallyport::policy
