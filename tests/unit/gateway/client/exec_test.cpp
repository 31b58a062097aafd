#include "gateway/client/exec.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

namespace sallyport::gateway {
namespace {

struct Ended {
    int times = 0;
    int exit_code = 0;
    std::string output;
};

Ended run(const std::string& command, const std::string& input) {
    std::signal(SIGPIPE, SIG_IGN);  // as main() does
    boost::asio::io_context io(1);
    Ended ended;
    auto exec =
        std::make_shared<ClientExec>(io, input, [&](int exit_code, const std::string& output) {
            ++ended.times;
            ended.exit_code = exit_code;
            ended.output = output;
        });
    EXPECT_TRUE(exec->start(command));
    io.run_for(std::chrono::seconds(20));
    return ended;
}

TEST(ClientExec, GivesTheInputAndCollectsTheOutput) {
    const std::string input(200000, 'x');
    const Ended ended = run("cat", input);
    EXPECT_EQ(ended.times, 1);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_TRUE(ended.output == input);
}

TEST(ClientExec, TellsTheExitCode) {
    EXPECT_EQ(run("exit 7", "").exit_code, 7);
    EXPECT_EQ(run("kill -9 $$", "").exit_code, -1);
}

TEST(ClientExec, MindsNoCommandThatReadsNothing) {
    const Ended ended = run("echo 1", std::string(1 << 20, 'x'));
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_EQ(ended.output, "1\n");
}

TEST(ClientExec, DoesNotWaitForWhatRunsOnInTheBackground) {
    const auto start = std::chrono::steady_clock::now();
    const Ended ended = run("echo 2; sleep 15 &", "");
    EXPECT_EQ(ended.output, "2\n");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(14));
}

TEST(ClientExec, EndsACommandThatWritesTooMuch) {
    EXPECT_EQ(run("yes", "").exit_code, -1);
}

TEST(ClientExec, EndsTheCommandWhenNobodyWantsItAnyMore) {
    boost::asio::io_context io(1);
    int times = 0;
    auto exec = std::make_shared<ClientExec>(io, "", [&](int, const std::string&) { ++times; });
    ASSERT_TRUE(exec->start("sleep 15"));
    exec->stop();
    exec.reset();
    const auto start = std::chrono::steady_clock::now();
    io.run_for(std::chrono::seconds(14));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(13));
    EXPECT_EQ(times, 0);
}

}  // namespace
}  // namespace sallyport::gateway
