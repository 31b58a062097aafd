#include <gtest/gtest.h>

#include "tests/unit/wamp/codec/skip_cases.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(SkipSse42, AcceptsTheJsonThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::sse42)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::sse42);
        return;
    }
    expect_same_json(InstructionSet::sse42);
}

TEST(SkipSse42, AcceptsTheMessagePackThatTheScalarCodeAccepts) {
    if (!is_supported(InstructionSet::sse42)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::sse42);
        return;
    }
    expect_same_msgpack(InstructionSet::sse42);
}

}  // namespace
}  // namespace sallyport::wamp
