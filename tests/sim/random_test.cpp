#include "tests/sim/random.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/world.h"

namespace sallyport::sim {
namespace {

std::vector<std::uint64_t> three(Dice& dice) {
    return {dice.between(0, 9), dice.between(0, 999), dice.next()};
}

TEST(Script, DecidesWithItsBytesWhatTheyAreEnoughFor) {
    Dice dice = Dice::of_script("seed\x03\x01\x02\xFF\x63\x62");
    EXPECT_EQ(dice.between(10, 19), 13U);
    EXPECT_EQ(dice.between(0, 999), 0x102U);
    ASSERT_TRUE(dice.next_turn());
    EXPECT_FALSE(dice.chance(99));
    EXPECT_TRUE(dice.chance(99));
    EXPECT_FALSE(dice.next_turn());
}

TEST(Script, LeavesOneTurnAsItIsWhenAnotherOneChanges) {
    const std::string first = "seed\x01\xFF\x02\xFF";
    const std::string other = "seed\x07\x08\x09\xFF\x02\xFF";
    Dice one = Dice::of_script(first);
    Dice two = Dice::of_script(other);
    EXPECT_NE(three(one), three(two));
    one.next_turn();
    two.next_turn();
    EXPECT_EQ(three(one), three(two));
    EXPECT_FALSE(one.next_turn());
    EXPECT_FALSE(two.next_turn());
    EXPECT_EQ(three(one), three(two));
}

TEST(Script, ItsSeedDecidesWhatItsBytesLeaveOpen) {
    Dice one = Dice::of_script("seed");
    Dice again = Dice::of_script("seed");
    Dice other = Dice::of_script("sees");
    const auto choices = three(one);
    EXPECT_EQ(three(again), choices);
    EXPECT_NE(three(other), choices);
}

std::string script_of_turns(std::size_t turns, std::uint64_t seed) {
    Dice dice(seed);
    std::string script = "seed";
    for (; turns > 0; --turns) {
        for (auto left = dice.between(0, 12); left > 0; --left)
            script += static_cast<char>(dice.between(0, 254));
        script += Dice::end_of_turn;
    }
    return script;
}

TEST(Script, MakesAWorldThatCanBeReplayed) {
    const std::string script = script_of_turns(150, 7);
    World first(Dice::of_script(script));
    first.run();
    EXPECT_TRUE(first.findings().none()) << first.findings().text();
    EXPECT_GT(first.findings().counts.records, 20U);
    World second(Dice::of_script(script));
    second.run();
    EXPECT_EQ(first.findings().digest(), second.findings().digest());
}

// What tests/fuzz/conversation.cpp searches with the guidance of coverage, here at random;
// tests/run sets the time.
TEST(Script, ConversationsKeepEveryPromise) {
    const char* const text = std::getenv("SALLYPORT_CONVERSATION_SECONDS");
    const std::chrono::seconds time(text == nullptr ? 1 : std::atoi(text));
    const auto end = std::chrono::steady_clock::now() + time;
    constexpr std::uint64_t first = 1000;
    std::uint64_t seed = first;
    do {
        ++seed;
        const std::string script = script_of_turns(20 + seed % 280, seed);
        World world(Dice::of_script(script));
        world.run();
        ASSERT_TRUE(world.findings().none()) << "script " << seed << ":\n"
                                             << world.findings().text();
    } while (std::chrono::steady_clock::now() < end);
    std::cout << seed - first << " conversations\n";
}

TEST(Script, FindsAPlantedBug) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::string script = script_of_turns(300, seed);
        World world(Dice::of_script(script), Bug::crosses_unpermitted);
        world.run();
        if (world.findings().has(Check::permit)) return;
    }
    FAIL() << "20 scripts, and the planted bug was not found";
}

}  // namespace
}  // namespace sallyport::sim
