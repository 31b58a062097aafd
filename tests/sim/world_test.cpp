// Seeded worlds around the whole Front and the whole Inside (architecture: Tests). One seed replays
// one run:
//   SALLYPORT_SIM_SEED=N  runs that seed alone and prints what was found
//   SALLYPORT_SIM_SEEDS=N runs that many instead of the default

#include "tests/sim/world.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policy/file/load.h"
#include "tests/paths.h"

namespace sallyport::sim {
namespace {

constexpr std::uint64_t default_seeds = 200;

const Policies& policies() {
    static const Policies loaded = [] {
        const std::string folder = SALLYPORT_SOURCE_DIR "/tests/sim/policies/";
        const std::vector<std::string> backends{"inside"};
        auto front = policy::load_realm(folder + "front.toml", {true, backends});
        auto inside = policy::load_realm(folder + "inside.toml", {false, {}});
        if (front.has_error()) throw std::runtime_error(to_string(front.error().front()));
        if (inside.has_error()) throw std::runtime_error(to_string(inside.error().front()));
        return Policies{{front->policy, front->authenticator},
                        {inside->policy, inside->authenticator}};
    }();
    return loaded;
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(World, KeepsEveryPromiseWhateverTheSeedBrings) {
    const auto only = number_from_environment("SALLYPORT_SIM_SEED", 0);
    const auto seeds = number_from_environment("SALLYPORT_SIM_SEEDS", default_seeds);
    std::uint64_t calls = 0;
    std::uint64_t events = 0;
    std::uint64_t failures = 0;
    for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? seeds : only); ++seed) {
        World world(seed, policies(), Bug::none, only != 0);
        world.run();
        ASSERT_TRUE(world.findings().none()) << "seed " << seed << ":\n" << world.findings().text();
        calls += world.findings().calls_ended;
        events += world.findings().events_received;
        failures += world.findings().network_failures;
    }
    std::cout << calls << " calls ended, " << failures << " of them with network_failure; "
              << events << " events\n";
    // A world in which nothing happens would keep every promise.
    if (only == 0) {
        EXPECT_GT(calls, 100 * seeds);
        EXPECT_GT(events, 50 * seeds);
        EXPECT_GT(failures, seeds / 10);
    }
}

TEST(World, ReplaysOneRunExactlyFromItsSeed) {
    for (const std::uint64_t seed : {7u, 11u}) {
        World first(seed, policies());
        first.run();
        World second(seed, policies());
        second.run();
        EXPECT_EQ(first.findings().digest(), second.findings().digest());
    }
    World one(7, policies());
    one.run();
    World other(8, policies());
    other.run();
    EXPECT_NE(one.findings().digest(), other.findings().digest());
}

struct Planted {
    Bug bug;
    Check check;
};

class PlantedBug : public testing::TestWithParam<Planted> {};

TEST_P(PlantedBug, IsCaughtByItsChecker) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        World world(seed, policies(), GetParam().bug);
        world.run();
        if (world.findings().has(GetParam().check)) return;
    }
    FAIL() << "20 seeds, and " << to_string(GetParam().check) << " saw nothing";
}

std::string name_of(const testing::TestParamInfo<Planted>& planted) {
    static constexpr std::array<const char*, 7> names{
        "None",           "AnswersTwice", "LosesAnswers",   "CrossesUnpermitted",
        "EventsAfterEnd", "SwapsEvents",  "ForgetsToForget"};
    return names[static_cast<std::size_t>(planted.param.bug)];
}

INSTANTIATE_TEST_SUITE_P(Checkers, PlantedBug,
                         testing::Values(Planted{Bug::answers_twice, Check::one_answer},
                                         Planted{Bug::loses_answers, Check::one_answer},
                                         Planted{Bug::crosses_unpermitted, Check::permit},
                                         Planted{Bug::events_after_end, Check::subscribed_only},
                                         Planted{Bug::swaps_events, Check::publisher_order},
                                         Planted{Bug::forgets_to_forget, Check::tables_empty}),
                         name_of);

}  // namespace
}  // namespace sallyport::sim
