#include "wamp/base/check.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

TEST(Check, PassesWhatIsTrue) {
    int evaluated = 0;
    SALLYPORT_CHECK(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, AbortsAndNamesTheExpressionAndThePlace) {
    const int three = 3;
    EXPECT_DEATH(SALLYPORT_CHECK(three == 4), "three == 4 .*check_test\\.cpp:");
}

}  // namespace
}  // namespace sallyport::wamp
