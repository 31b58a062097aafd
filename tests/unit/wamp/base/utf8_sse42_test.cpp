#include <gtest/gtest.h>

#include "tests/unit/wamp/base/utf8_vector_cases.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(Utf8Sse42, ValidatesAsTheScalarCodeWhereItIsSupported) {
    if (!is_supported(InstructionSet::sse42)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::sse42);
        return;
    }
#if defined(__x86_64__)
    expect_validates_as_the_scalar_code(is_valid_utf8_sse42);
#endif
}

}  // namespace
}  // namespace sallyport::wamp
