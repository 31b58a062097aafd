#include "gateway/cli/client_commands.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/cli/program_run.h"
#include "tests/unit/gateway/client/scripted_router.h"

namespace sallyport::gateway {
namespace {

using test::goodbye;
using test::ProgramRun;
using test::Router;
using test::welcome;

class ClientCommandsTest : public testing::Test {
protected:
    ProgramRun run(const std::string& arguments) const {
        return test::run_program(folder_, arguments);
    }
    /// The command against that router.
    ProgramRun run(const Router& router, const std::string& command,
                   const std::string& arguments) const {
        return run(command + " --url " + router.url() + " --realm lab --serializer json " +
                   arguments);
    }
    void expect_usage_error(const std::string& arguments, const std::string& text) const {
        const ProgramRun wrong = run(arguments);
        EXPECT_EQ(wrong.exit_code, client_usage) << arguments;
        EXPECT_EQ(wrong.out, "") << arguments;
        EXPECT_NE(wrong.err.find(text), std::string::npos) << wrong.err;
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(ClientCommandsTest, CallSendsItsArgumentsAndPrintsTheResult) {
    Router router({welcome, R"([50,1,{},[42]])", goodbye});
    const ProgramRun called = run(router, "call", "com.add 1 two --kw k=3");
    EXPECT_EQ(called.exit_code, client_ok);
    EXPECT_EQ(called.out, "42\n");
    EXPECT_EQ(router.said().at(1), R"([48,1,{},"com.add",[1,"two"],{"k":3}])");
}

TEST_F(ClientCommandsTest, PublishWaitsForAnAnswerUnlessTold) {
    {
        Router router({welcome, goodbye});
        EXPECT_EQ(run(router, "publish", "com.topic 1 --no-ack").exit_code, client_ok);
        EXPECT_EQ(router.said().at(1), R"([16,1,{},"com.topic",[1]])");
    }
    Router router({welcome, "[17,1,99]", goodbye});
    EXPECT_EQ(run(router, "publish", "com.topic").exit_code, client_ok);
    EXPECT_EQ(router.said().at(1), R"([16,1,{"acknowledge":true},"com.topic"])");
}

TEST_F(ClientCommandsTest, SubscribeEndsAfterItsCount) {
    Router router({welcome, "[33,1,7]\n[36,7,1,{\"topic\":\"com.a\"},[1]]\n[36,7,2,{}]", goodbye});
    const ProgramRun subscribed = run(router, "subscribe", "com. --match prefix --count 1");
    EXPECT_EQ(subscribed.exit_code, client_ok);
    EXPECT_EQ(subscribed.out, "{\"topic\":\"com.a\",\"args\":[1],\"kwargs\":{}}\n");
    EXPECT_EQ(router.said().at(1), R"([32,1,{"match":"prefix"},"com."])");
}

TEST_F(ClientCommandsTest, RegisterRunsTheCommandOrEchoes) {
    const std::string invoked = "[65,1,5]\n[68,1,5,{},[8]]";
    {
        Router router({welcome, invoked, goodbye});
        run(router, "register", "com.proc --echo");
        EXPECT_EQ(router.said().at(2), "[70,1,{},[8]]");
    }
    Router router({welcome, invoked, goodbye});
    run(router, "register", "com.proc --exec 'echo 9'");
    EXPECT_EQ(router.said().at(2), "[70,1,{},[9]]");
}

TEST_F(ClientCommandsTest, JoinWithATicketOfAPrivateFile) {
    folder_.write("ticket", "secret\n");
    Router router({R"([4,"ticket",{}])", welcome, R"([50,1,{}])", goodbye});
    const ProgramRun called = run(router, "call", "com.x --authid alice --ticket-file ticket");
    EXPECT_EQ(called.exit_code, client_ok) << called.err;
    EXPECT_NE(router.said().at(0).find(R"("authid":"alice")"), std::string::npos);
    EXPECT_EQ(router.said().at(1), R"([5,"secret",{}])");
    std::filesystem::permissions(folder_.path("ticket"), std::filesystem::perms(0644));
    expect_usage_error("call --url ws://h/ --realm r com.x --authid alice --ticket-file ticket",
                       "can be read or written by users");
}

TEST_F(ClientCommandsTest, RefuseOptionsThatMakeNoSense) {
    const std::string call = "call --url ws://127.0.0.1:1/ --realm r com.x ";
    expect_usage_error(call + "--ticket secret", "a secret needs --authid");
    expect_usage_error(call + "--authid alice", "--authid needs the secret");
    expect_usage_error(call + "--authid alice --method scram --ticket x", "--secret-file");
    expect_usage_error(call + "--timeout 0", "--timeout");
    expect_usage_error(call + "--timeout 86401", "--timeout");
    expect_usage_error(call + "--serializer xml", "--serializer");
    expect_usage_error(call + "--kw nonsense", "NAME=JSON");
    expect_usage_error("call --url ws+unix:/x --socks 127.0.0.1:9050 --realm r com.x", "--socks");
    expect_usage_error("call --realm r com.x", "--url");
    expect_usage_error("register --url ws://h/ --realm r com.x", "--exec COMMAND or --echo");
    expect_usage_error("register --url ws://h/ --realm r com.x --echo --exec true", "--e");
}

TEST_F(ClientCommandsTest, ExitWith3WhenNobodyListens) {
    const ProgramRun called = run("call --url rs+unix:/nonexistent/a.sock --realm r com.x");
    EXPECT_EQ(called.exit_code, client_not_connected);
    EXPECT_EQ(called.err, "cannot connect to /nonexistent/a.sock: No such file or directory\n");
}

}  // namespace
}  // namespace sallyport::gateway
