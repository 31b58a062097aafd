#include "gateway/client/ping.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/client/scripted_router.h"

namespace sallyport::gateway {
namespace {

using test::goodbye;
using test::Router;
using test::welcome;

TEST(PingRun, CallsOneAfterTheOtherAndMeasuresEach) {
    Router router({welcome, "[50,1,{}]", "[50,2,{},[1]]", goodbye});
    PingRun::Times times;
    EXPECT_EQ(PingRun(router.options(), "com.look", {}, 2, times).run(), client_ok);
    ASSERT_EQ(times.calls.size(), 2u);
    EXPECT_GT(times.calls[0].count(), 0);
    EXPECT_LE(times.marks.begun, times.marks.connected);
    EXPECT_LE(times.marks.connected, times.marks.opened);
    EXPECT_LT(times.marks.opened, times.marks.joined);
    ASSERT_EQ(router.said().size(), 4u);
    EXPECT_EQ(router.said()[2], R"([48,2,{},"com.look"])");
}

TEST(PingRun, JoinsAndLeavesWithoutAProcedure) {
    Router router({welcome, goodbye});
    PingRun::Times times;
    EXPECT_EQ(PingRun(router.options(), "", {}, 5, times).run(), client_ok);
    EXPECT_EQ(times.calls.size(), 0u);
    EXPECT_EQ(router.said().size(), 2u);
}

TEST(PingRun, EndsWithAnError) {
    Router router({welcome, R"([8,48,1,{},"wamp.error.no_such_procedure"])", goodbye});
    PingRun::Times times;
    testing::internal::CaptureStderr();
    EXPECT_EQ(PingRun(router.options(), "com.look", {}, 2, times).run(), client_wamp_error);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: wamp.error.no_such_procedure\n");
}

}  // namespace
}  // namespace sallyport::gateway
