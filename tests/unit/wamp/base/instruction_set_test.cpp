#include "wamp/base/instruction_set.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

TEST(InstructionSet, TheScalarCodeRunsEverywhere) {
    EXPECT_TRUE(is_supported(InstructionSet::scalar));
}

TEST(InstructionSet, TheBestIsTheWidestThatIsSupported) {
    const InstructionSet best = best_instruction_set();
    EXPECT_TRUE(is_supported(best));
    if (is_supported(InstructionSet::avx2)) {
        EXPECT_EQ(best, InstructionSet::avx2);
    }
    if (is_supported(InstructionSet::neon)) {
        EXPECT_EQ(best, InstructionSet::neon);
    }
    if (best == InstructionSet::scalar) {
        EXPECT_FALSE(is_supported(InstructionSet::sse42));
    }
}

}  // namespace
}  // namespace sallyport::wamp
