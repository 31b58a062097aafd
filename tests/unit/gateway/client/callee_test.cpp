#include "gateway/client/callee.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
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

/// What a callee with that command says after REGISTER, when `dealer` follows REGISTERED.
std::vector<std::string> said_after(const std::string& command, const std::string& dealer,
                                    std::size_t answers = 1) {
    std::vector<std::string> script{welcome, "[65,1,5]\n" + dealer};
    script.resize(script.size() + answers - 1);
    script.push_back(goodbye);
    Router router(std::move(script));
    const Printed printed = run<RegisterRun>(router.options(), std::string("com.proc"), command);
    EXPECT_EQ(printed.code, client_not_connected) << "the router sent GOODBYE";
    EXPECT_TRUE(printed.err.starts_with("registered com.proc\n")) << printed.err;
    std::vector<std::string> said = router.said();
    said.erase(said.begin(), said.begin() + 2);
    return said;
}

TEST(RegisterRun, EchoesAndRunsCommands) {
    for (const std::string command : {"", "cat >/dev/null; echo '{\"a\": 1}'", "exit 3"}) {
        std::vector<std::string> said;
        {
            Router router({welcome, "[65,1,5]\n[68,1,5,{},[8],{\"k\":1}]", goodbye + "\n"});
            const Printed printed =
                run<RegisterRun>(router.options(), std::string("com.proc"), command);
            EXPECT_EQ(printed.code, client_not_connected) << "the router sent GOODBYE";
            said = router.said();
        }
        ASSERT_GE(said.size(), 3u);
        EXPECT_EQ(
            said[2],
            command.empty() ? R"([70,1,{},[8],{"k":1}])"
            : command == "exit 3"
                ? R"([8,68,1,{},"wamp.error.runtime_error",["the command ended with exit code 3"]])"
                : R"([70,1,{},[{"a":1}]])");
    }
}

TEST(RegisterRun, GivesTheArgumentsToTheCommandAsOneLineOfJson) {
    EXPECT_EQ(said_after("cat", R"([68,1,5,{},[8],{"k":1}])").at(0),
              R"([70,1,{},[{"args":[8],"kwargs":{"k":1}}]])");
}

TEST(RegisterRun, AnswersWithNothingWhenTheCommandPrintsNothing) {
    EXPECT_EQ(said_after("true", "[68,1,5,{}]").at(0), "[70,1,{}]");
    EXPECT_EQ(said_after("echo; echo ' '", "[68,1,5,{}]").at(0), "[70,1,{}]");
}

TEST(RegisterRun, AnswersWithAnErrorWhenTheCommandDoesNotPrintJson) {
    EXPECT_EQ(
        said_after("echo plain", "[68,1,5,{}]").at(0),
        R"([8,68,1,{},"wamp.error.runtime_error",["the command's output is not valid JSON"]])");
    EXPECT_EQ(said_after("kill -9 $$", "[68,1,5,{}]").at(0),
              R"([8,68,1,{},"wamp.error.runtime_error",["the command was ended"]])");
}

TEST(RegisterRun, EndsTheCommandOfAnInterruptedInvocation) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(said_after("sleep 100", "[68,1,5,{}]\n[69,1,{}]").at(0),
              R"([8,68,1,{},"wamp.error.canceled"])");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50));
}

TEST(RegisterRun, AnswersMoreInvocationsThanCommandsMayRunAtOnce) {
    constexpr std::size_t invocations = 2 * RegisterRun::commands_at_once_max + 1;
    std::string dealer;
    for (std::size_t i = 1; i <= invocations; ++i)
        dealer += "[68," + std::to_string(i) + ",5,{},[" + std::to_string(i) + "]]\n";
    auto said = said_after("cat", dealer, invocations);
    ASSERT_GE(said.size(), invocations);
    said.resize(invocations);
    for (std::size_t i = 1; i <= invocations; ++i) {
        const std::string number = std::to_string(i);
        EXPECT_EQ(std::count(said.begin(), said.end(),
                             "[70," + number + ",{},[{\"args\":[" + number + "],\"kwargs\":{}}]]"),
                  1)
            << i;
    }
}

TEST(RegisterRun, CancelsAnInvocationThatStillWaitsForItsTurn) {
    std::string dealer;
    for (std::size_t i = 1; i <= RegisterRun::commands_at_once_max + 1; ++i)
        dealer += "[68," + std::to_string(i) + ",5,{}]\n";
    const std::string last = std::to_string(RegisterRun::commands_at_once_max + 1);
    const auto said = said_after("sleep 100", dealer + "[69," + last + ",{}]");
    EXPECT_EQ(said.at(0), "[8,68," + last + R"(,{},"wamp.error.canceled"])");
}

TEST(RegisterRun, EndsWhenTheProcedureMayNotBeRegistered) {
    Router router({welcome, R"([8,64,1,{},"wamp.error.not_authorized"])", goodbye});
    const Printed printed =
        run<RegisterRun>(router.options(), std::string("com.proc"), std::string());
    EXPECT_EQ(printed.code, client_wamp_error);
    EXPECT_EQ(printed.err, "error: wamp.error.not_authorized\n");
}

}  // namespace
}  // namespace sallyport::gateway
