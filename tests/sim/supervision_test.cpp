// Seeded lives of the whole supervision core. SALLYPORT_SIM_SEED and SALLYPORT_SIM_SEEDS as in
// world_test.cpp.

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/sim/supervision_world.h"

namespace sallyport::sim {
namespace {

constexpr std::uint64_t default_seeds = 500;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SupervisionWorld, KeepsEveryPromiseWhateverTheSeedBrings) {
    const auto only = number_from_environment("SALLYPORT_SIM_SEED", 0);
    const auto seeds = number_from_environment("SALLYPORT_SIM_SEEDS", default_seeds);
    SupervisionWorld::Counts all;
    for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? seeds : only); ++seed) {
        SupervisionWorld world(seed, SupervisionBug::none, only != 0);
        world.run();
        ASSERT_TRUE(world.nothing_found()) << "seed " << seed << ":\n" << world.text();
        all.starts += world.counts().starts;
        all.commits += world.counts().commits;
        all.aborts += world.counts().aborts;
        all.dials += world.counts().dials;
        all.killed_for_commit += world.counts().killed_for_commit;
    }
    std::cout << all.starts << " starts, " << all.commits << " commits (" << all.killed_for_commit
              << " processes killed for one), " << all.aborts << " aborts, " << all.dials
              << " dials\n";
    // A world in which nothing happens would keep every promise.
    if (only == 0) {
        EXPECT_GT(all.starts, 5 * seeds);
        EXPECT_GT(all.commits, 5 * seeds);
        EXPECT_GT(all.aborts, 2 * seeds);
        EXPECT_GT(all.dials, 5 * seeds);
        EXPECT_GT(all.killed_for_commit, seeds / 10);
    }
}

TEST(SupervisionWorld, ReplaysOneRunExactlyFromItsSeed) {
    for (const std::uint64_t seed : {7u, 11u}) {
        SupervisionWorld first(seed);
        first.run();
        SupervisionWorld second(seed);
        second.run();
        EXPECT_EQ(first.digest(), second.digest());
    }
    SupervisionWorld one(7);
    one.run();
    SupervisionWorld other(8);
    other.run();
    EXPECT_NE(one.digest(), other.digest());
}

struct Planted {
    const char* name;
    SupervisionBug bug;
    SupervisionCheck check;
};

class PlantedSupervisionBug : public testing::TestWithParam<Planted> {};

TEST_P(PlantedSupervisionBug, IsCaughtByItsChecker) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SupervisionWorld world(seed, GetParam().bug);
        world.run();
        if (world.has(GetParam().check)) return;
    }
    FAIL() << "200 seeds, and " << to_string(GetParam().check) << " saw nothing";
}

using Bug = SupervisionBug;
using Check = SupervisionCheck;

INSTANTIATE_TEST_SUITE_P(
    Checkers, PlantedSupervisionBug,
    testing::Values(Planted{"CommitsWithoutEffect", Bug::commits_without_effect,
                            Check::all_or_nothing},
                    Planted{"AnswersTwice", Bug::answers_twice, Check::answered_once},
                    Planted{"LosesAnswers", Bug::loses_answers, Check::answered_once},
                    Planted{"IgnoresDeadlines", Bug::ignores_deadlines, Check::reload_ends},
                    Planted{"LosesStarts", Bug::loses_starts, Check::restarted},
                    Planted{"KillsNobody", Bug::kills_nobody, Check::one_process},
                    Planted{"LosesExits", Bug::loses_exits, Check::nothing_left},
                    Planted{"LosesDials", Bug::loses_dials, Check::dials_answered},
                    Planted{"ForgetsNewWorkers", Bug::forgets_new_workers, Check::onion_told},
                    Planted{"RefusesEverything", Bug::refuses_everything, Check::recovers},
                    Planted{"AnswersForOthers", Bug::answers_for_others, Check::hang_ended},
                    Planted{"LosesPings", Bug::loses_pings, Check::healthy_lives},
                    Planted{"CountsSleep", Bug::counts_sleep, Check::healthy_lives},
                    Planted{"HandsOverOldTime", Bug::hands_over_old_time, Check::deadlines_pass}),
    [](const testing::TestParamInfo<Planted>& planted) { return planted.param.name; });

}  // namespace
}  // namespace sallyport::sim
