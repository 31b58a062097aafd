// What every client command does, whatever it was started for: to join, to leave, and to say why
// it ended.
#include "gateway/client/run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <utility>

#include "gateway/client/connect.h"
#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/client/scripted_router.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {
namespace {

using test::goodbye;
using test::Printed;
using test::read_exactly;
using test::Router;
using test::run;
using test::ScriptedPeer;
using test::welcome;
using test::write_all;

constexpr int interrupted = 130;

/// Does once it has joined what the test says, and nothing with answers.
class ScriptedRun final : public ClientRun {
public:
    using Joined = std::function<void(ScriptedRun&)>;

    ScriptedRun(ClientOptions options, Joined joined)
        : ClientRun(std::move(options)), joined_(std::move(joined)) {}

    using ClientRun::finish;
    using ClientRun::next_request;
    using ClientRun::print;
    using ClientRun::send;
    using ClientRun::serializer;

private:
    void on_joined() override { joined_(*this); }
    void on_dispatch(wamp::Message&) override {}

    Joined joined_;
};

Printed run_to(const ClientOptions& options, const ScriptedRun::Joined& joined) {
    return run<ScriptedRun>(options, joined);
}

void do_nothing(ScriptedRun&) {}

TEST(ClientRun, JoinsTheRealmAndLeavesWithGoodbye) {
    Router router({welcome, goodbye});
    const Printed printed = run_to(router.options(), [](ScriptedRun& command) {
        command.print("joined");
        command.finish(7);
    });
    EXPECT_EQ(printed.code, 7);
    EXPECT_EQ(printed.out, "joined\n");
    EXPECT_EQ(printed.err, "");
    const auto& said = router.said();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_TRUE(said[0].starts_with(R"([1,"realm1",{)")) << said[0];
    EXPECT_TRUE(said[1].starts_with("[6,")) << said[1];
}

TEST(ClientRun, TellsARefusedJoin) {
    Router router({R"([3,{},"wamp.error.no_such_realm"])"});
    const Printed printed = run_to(router.options(), do_nothing);
    EXPECT_EQ(printed.code, client_join_refused);
    EXPECT_EQ(printed.err, "join refused: wamp.error.no_such_realm\n");
}

TEST(ClientRun, TellsALostConnection) {  // W-RAW-09
    ScriptedPeer peer([](int fd) { read_exactly(fd, 4); });
    ClientOptions options;
    options.url = parse_client_url("rs+unix:" + peer.path());
    const Printed printed = run_to(options, do_nothing);
    EXPECT_EQ(printed.code, client_not_connected);
    EXPECT_TRUE(printed.err.starts_with("connection lost: ")) << printed.err;
}

TEST(ClientRun, ThrowsWhenThereIsNobodyToConnectTo) {
    ClientOptions options;
    options.url = parse_client_url("rs+unix:/nonexistent/a.sock");
    EXPECT_THROW(ScriptedRun(options, do_nothing).run(), ClientFailure);
}

TEST(ClientRun, EndsWhenTheFarEndBreaksTheProtocol) {
    for (const std::string answer : {"nonsense", "[36,1,1,{}]"}) {
        Router router({answer});
        const Printed printed = run_to(router.options(), do_nothing);
        EXPECT_EQ(printed.code, client_not_connected) << answer;
        EXPECT_TRUE(printed.err.starts_with("the router violated the protocol: ")) << printed.err;
    }
}

TEST(ClientRun, AnswersAGoodbyeOfTheFarEndAndTellsOfIt) {
    Router router({welcome + "\n" + R"([6,{},"wamp.close.system_shutdown"])"});
    const Printed printed = run_to(router.options(), do_nothing);
    EXPECT_EQ(printed.code, client_not_connected);
    EXPECT_EQ(printed.err, "the router ended the session: wamp.close.system_shutdown\n");
    ASSERT_EQ(router.said().size(), 2U);
    EXPECT_EQ(router.said()[1], goodbye);
}

TEST(ClientRun, EndsInTimeWhenNobodyAnswers) {
    Router router({});
    const Printed printed = run_to(router.options(0.2), do_nothing);
    EXPECT_EQ(printed.code, client_timeout);
    EXPECT_EQ(printed.err, "no answer in time\n");
}

TEST(ClientRun, LeavesInGoodOrderAtASignal) {
    Router router({welcome, goodbye});
    const Printed printed = run_to(router.options(), [](ScriptedRun&) { std::raise(SIGINT); });
    EXPECT_EQ(printed.code, interrupted);
    ASSERT_EQ(router.said().size(), 2U);
    EXPECT_TRUE(router.said()[1].starts_with("[6,"));
}

TEST(ClientRun, EndsAtASecondSignalWhenTheFarEndDoesNotAnswerTheFirst) {
    Router router({welcome, ""});
    const auto start = std::chrono::steady_clock::now();
    const Printed printed = run_to(router.options(), [](ScriptedRun&) {
        std::raise(SIGINT);
        std::raise(SIGTERM);
    });
    EXPECT_EQ(printed.code, interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(ClientRun, EndsWhenItsGoodbyeIsNotAnswered) {
    Router router({welcome, ""});
    EXPECT_EQ(run_to(router.options(), [](ScriptedRun& command) { command.finish(0); }).code, 0);
}

TEST(ClientRun, SendsNothingThatTheFarEndDoesNotAccept) {
    std::string after_hello;
    ScriptedPeer peer([&after_hello](int fd) {
        read_exactly(fd, 4);
        write_all(fd, std::string("\x7F\x21\0\0", 4));  // JSON, messages of up to 2 KiB
        const std::string head = read_exactly(fd, 4);
        ASSERT_EQ(head.size(), 4U);
        read_exactly(fd, std::size_t{static_cast<unsigned char>(head[2])} << 8 |
                             static_cast<unsigned char>(head[3]));
        write_all(fd, std::string(wamp::Frame::copy_of(welcome).rawsocket()));
        read_exactly(fd, 4);
        after_hello = read_exactly(fd, 3);
    });
    ClientOptions options;
    options.url = parse_client_url("rs+unix:" + peer.path());
    options.session.realm = "r";
    const Printed printed = run_to(options, [](ScriptedRun& command) {
        const auto payload =
            wamp::make_payload(command.serializer(), {wamp::Value(std::string(2048, 'x'))});
        EXPECT_FALSE(
            command.send(wamp::Publish{command.next_request(), {}, "a.b", payload.view()}));
    });
    peer.join();
    EXPECT_EQ(printed.code, client_wamp_error);
    EXPECT_EQ(printed.err, "error: wamp.error.payload_size_exceeded\n");
    EXPECT_EQ(after_hello, "[6,");
}

}  // namespace
}  // namespace sallyport::gateway
