#include "gateway/client/requests.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/client/scripted_router.h"

namespace sallyport::gateway {
namespace {

using test::goodbye;
using test::Printed;
using test::Router;
using test::run;
using test::welcome;

TEST(CallRun, PrintsTheResultAndLeavesInGoodOrder) {
    std::vector<std::string> said;
    {
        Router router({welcome, R"([50,1,{},[42]])", goodbye});
        const Printed printed = run<CallRun>(router.options(), std::string("com.add"),
                                             parse_arguments({{"1", "2"}, "", {"k=x"}}));
        EXPECT_EQ(printed.code, client_ok);
        EXPECT_EQ(printed.out, "42\n");
        EXPECT_EQ(printed.err, "");
        said = router.said();
    }
    ASSERT_EQ(said.size(), 3u);
    EXPECT_EQ(said[1], R"([48,1,{},"com.add",[1,2],{"k":"x"}])");
    EXPECT_TRUE(said[2].starts_with("[6,")) << said[2];
}

TEST(CallRun, TellsAnErrorWithItsArgumentsAndExitsWith1) {
    Router router({welcome, R"([8,48,1,{},"com.broken",["why"],{"n":1}])", goodbye});
    const Printed printed = run<CallRun>(router.options(), std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_wamp_error);
    EXPECT_EQ(printed.out, "");
    EXPECT_EQ(printed.err, "error: com.broken {\"args\":[\"why\"],\"kwargs\":{\"n\":1}}\n");
}

TEST(CallRun, EndsInTimeAndCancelsWhenNoAnswerComes) {
    Router router({welcome, "", "", goodbye});
    const auto start = std::chrono::steady_clock::now();
    const Printed printed = run<CallRun>(router.options(0.3), std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(PublishRun, WaitsForTheAcknowledgement) {
    Router router({welcome, "[17,1,99]", goodbye});
    const Printed printed = run<PublishRun>(router.options(), std::string("com.topic"),
                                            parse_arguments({{"1"}, "", {}}), true);
    EXPECT_EQ(printed.code, client_ok);
    Router refused({welcome, R"([8,16,1,{},"wamp.error.not_authorized"])", goodbye});
    EXPECT_EQ(run<PublishRun>(refused.options(), std::string("com.topic"), Arguments{}, true).code,
              client_wamp_error);
}

TEST(SubscribeRun, PrintsOneLinePerEventUntilItsCount) {
    Router router({welcome,
                   "[33,1,7]\n[36,7,1,{},[1]]\n[36,7,2,{\"topic\":\"com.topic.x\"},[],{\"k\":2}]\n["
                   "36,7,3,{}]",
                   goodbye});
    const Printed printed = run<SubscribeRun>(router.options(), std::string("com.topic"),
                                              std::string("prefix"), std::uint64_t{2});
    EXPECT_EQ(printed.code, client_ok);
    EXPECT_EQ(printed.out,
              "{\"topic\":\"com.topic\",\"args\":[1],\"kwargs\":{}}\n"
              "{\"topic\":\"com.topic.x\",\"args\":[],\"kwargs\":{\"k\":2}}\n");
}

}  // namespace
}  // namespace sallyport::gateway
