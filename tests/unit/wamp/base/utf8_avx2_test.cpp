#include <gtest/gtest.h>

#include "tests/unit/wamp/base/utf8_vector_cases.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {
namespace {

// Where these instructions are missing, the choice must not fall on them.
TEST(Utf8Avx2, ValidatesAsTheScalarCodeWhereItIsSupported) {
    if (!is_supported(InstructionSet::avx2)) {
        EXPECT_NE(best_instruction_set(), InstructionSet::avx2);
        return;
    }
#if defined(__x86_64__)
    expect_validates_as_the_scalar_code(is_valid_utf8_avx2);
#endif
}

}  // namespace
}  // namespace sallyport::wamp
