#include "gateway/admin/control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/gateway/admin/reactor_thread.h"

namespace sallyport::gateway {
namespace {

struct Printed {
    int code = -1;
    std::string out;
    std::string err;
};

/// That many letters and the end of the line.
std::string line_of(std::size_t bytes) {
    std::string line(bytes + 1, 'x');
    line.back() = '\n';
    return line;
}

class ControlTest : public testing::Test {
protected:
    ControlTest() { std::filesystem::create_directory(state_.path("run")); }

    /// What send_command() prints when the program behind the socket does that.
    Printed tell(Control::Handler handler, std::string_view line, bool json) const {
        boost::asio::io_context io(1);
        const Control control(io, listen_unix({control_socket(state_.path()), {}}),
                              std::move(handler));
        const test::ReactorThread program(io);
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Printed printed;
        printed.code = send_command(state_.path(), line, json);
        std::fflush(stdout);
        printed.out = testing::internal::GetCapturedStdout();
        printed.err = testing::internal::GetCapturedStderr();
        std::filesystem::remove(control_socket(state_.path()));
        return printed;
    }
    static Control::Handler answering(int code, std::string text) {
        return [code, text = std::move(text)](const std::string&, const Control::Reply& reply) {
            reply(code, text);
        };
    }
    std::string refusal(std::string_view line = "apply") const {
        try {
            send_command(state_.path(), line, false);
        } catch (const StartError& error) {
            return error.what();
        }
        return "";
    }

    sallyport::test::TemporaryFolder state_;
};

TEST_F(ControlTest, HandsTheLineToTheProgramAndPrintsItsAnswer) {
    std::string heard;
    const Printed printed = tell(
        [&heard](const std::string& line, const Control::Reply& reply) {
            heard = line;
            reply(0, "one\ntwo\n");
        },
        "check", false);
    EXPECT_EQ(heard, "check");
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.out, "one\ntwo\n");
    EXPECT_EQ(printed.err, "");
}

TEST_F(ControlTest, PrintsWhatWasNotDoneToStderr) {
    const Printed printed = tell(answering(1, "not done\n"), "apply", false);
    EXPECT_EQ(printed.code, 1);
    EXPECT_EQ(printed.out, "");
    EXPECT_EQ(printed.err, "not done\n");
}

TEST_F(ControlTest, PrintsEitherAsOneJsonObjectToStdout) {
    EXPECT_EQ(tell(answering(0, "one\ntwo\n"), "apply", true).out,
              "{\"done\":true,\"lines\":[\"one\",\"two\"]}\n");
    const Printed failed = tell(answering(1, "broken\n"), "apply", true);
    EXPECT_EQ(failed.code, 1);
    EXPECT_EQ(failed.out, "{\"errors\":[{\"text\":\"broken\"}]}\n");
    EXPECT_EQ(failed.err, "");
}

TEST_F(ControlTest, MayAnswerLater) {
    Control::Reply later;
    boost::asio::io_context io(1);
    const Control control(
        io, listen_unix({control_socket(state_.path()), {}}),
        [&later](const std::string&, Control::Reply reply) { later = std::move(reply); });
    std::string answer;
    std::thread asker([&] { answer = unix_request(control_socket(state_.path()), "apply\n", {}); });
    while (!later) io.run_one();
    later(3, "done");
    later = nullptr;
    io.poll();
    asker.join();
    EXPECT_EQ(answer, "3\ndone");
}

TEST_F(ControlTest, TellsThatAProgramGaveNoAnswer) {
    boost::asio::io_context io(1);
    const Control control(io, listen_unix({control_socket(state_.path()), {}}),
                          [](const std::string&, const Control::Reply&) {});
    const test::ReactorThread program(io);
    EXPECT_NE(refusal().find("no answer"), std::string::npos) << refusal();
}

TEST_F(ControlTest, ReadsALineOfBoundedLength) {
    boost::asio::io_context io(1);
    std::atomic<std::size_t> heard = 0;
    const Control control(io, listen_unix({control_socket(state_.path()), {}}),
                          [&heard](const std::string& line, const Control::Reply& reply) {
                              heard = line.size();
                              reply(0, "fine");
                          });
    const test::ReactorThread program(io);
    EXPECT_EQ(unix_request(control_socket(state_.path()), line_of(4095), {}), "0\nfine");
    EXPECT_EQ(heard, 4095U);
    EXPECT_EQ(unix_request(control_socket(state_.path()), line_of(4096), {}), "");
    EXPECT_EQ(heard, 4095U);
}

TEST_F(ControlTest, ReportsThatNoProgramAnswers) {
    EXPECT_EQ(refusal(), control_socket(state_.path()) +
                             ": error: cannot connect: No such file or directory (is the program "
                             "running, and are you its user?)");
}

}  // namespace
}  // namespace sallyport::gateway
