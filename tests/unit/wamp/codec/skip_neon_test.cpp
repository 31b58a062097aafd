#include <gtest/gtest.h>

#include "tests/unit/wamp/codec/skip_cases.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(SkipNeon, AcceptsTheJsonThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::neon)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::neon);
        return;
    }
    expect_same_json(InstructionSet::neon);
}

TEST(SkipNeon, AcceptsTheMessagePackThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::neon)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::neon);
        return;
    }
    expect_same_msgpack(InstructionSet::neon);
}

}  // namespace
}  // namespace sallyport::wamp
