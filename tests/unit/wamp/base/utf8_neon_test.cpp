#include <gtest/gtest.h>

#include "tests/unit/wamp/base/utf8_vector_cases.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(Utf8Neon, ValidatesAsTheScalarCodeWhereItIsSupported) {
    if (!is_supported(InstructionSet::neon)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::neon);
        return;
    }
#if defined(__aarch64__)
    expect_validates_as_the_scalar_code(is_valid_utf8_neon);
#endif
}

}  // namespace
}  // namespace sallyport::wamp
