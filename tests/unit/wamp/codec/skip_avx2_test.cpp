#include <gtest/gtest.h>

#include "tests/unit/wamp/codec/skip_cases.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(SkipAvx2, AcceptsTheJsonThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::avx2)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::avx2);
        return;
    }
    expect_same_json(InstructionSet::avx2);
}

TEST(SkipAvx2, AcceptsTheMessagePackThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::avx2)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::avx2);
        return;
    }
    expect_same_msgpack(InstructionSet::avx2);
}

}  // namespace
}  // namespace sallyport::wamp
