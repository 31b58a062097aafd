#include "gateway/client/requests.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "gateway/client/callee.h"
#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/client/scripted_peer.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {
namespace {

using test::read_exactly;
using test::ScriptedPeer;
using test::write_all;
using wamp::Serializer;

/// A router over RawSocket JSON that says what it is told to: one answer per message that comes.
class Router {
public:
    explicit Router(std::vector<std::string> answers)
        : answers_(std::move(answers)), peer_([this](int fd) { serve(fd); }) {}

    ClientOptions options(double seconds = 20) const {
        ClientOptions options;
        options.url = parse_client_url("rs+unix:" + peer_.path());
        options.serializer = Serializer::json;
        options.session.realm = "realm1";
        options.timeout = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
        return options;
    }
    /// What came; the client has gone.
    const std::vector<std::string>& said() {
        peer_.join();
        return said_;
    }

private:
    void serve(int fd) {
        read_exactly(fd, 4);
        write_all(fd, std::string("\x7F\xF1\0\0", 4));
        for (std::size_t i = 0;; ++i) {
            const std::string head = read_exactly(fd, 4);
            if (head.size() < 4) return;
            const auto octet = [&](std::size_t at) {
                return std::size_t{static_cast<unsigned char>(head[at])};
            };
            said_.push_back(read_exactly(fd, (octet(1) << 16) | (octet(2) << 8) | octet(3)));
            if (i >= answers_.size()) continue;
            std::string_view rest = answers_[i];
            while (!rest.empty()) {  // several, a line each
                const std::size_t end = std::min(rest.find('\n'), rest.size());
                write_all(fd, std::string(wamp::Frame::copy_of(rest.substr(0, end)).rawsocket()));
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }

    std::vector<std::string> answers_;
    std::vector<std::string> said_;
    ScriptedPeer peer_;
};

const std::string welcome = R"([2,1,{"roles":{"broker":{},"dealer":{}}}])";
const std::string goodbye = R"([6,{},"wamp.close.goodbye_and_out"])";

struct Printed {
    int code = -1;
    std::string out;
    std::string err;
};

template <class Run, class... Arguments>
Printed run(ClientOptions options, Arguments... arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Printed printed;
    printed.code = Run(std::move(options), std::move(arguments)...).run();
    printed.out = testing::internal::GetCapturedStdout();
    printed.err = testing::internal::GetCapturedStderr();
    return printed;
}

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

TEST(CallRun, TellsARefusedJoinAndExitsWith4) {
    Router router({R"([3,{},"wamp.error.no_such_realm"])"});
    const Printed printed = run<CallRun>(router.options(), std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_join_refused);
    EXPECT_EQ(printed.err, "join refused: wamp.error.no_such_realm\n");
}

TEST(CallRun, EndsInTimeAndCancelsWhenNoAnswerComes) {
    Router router({welcome, "", "", goodbye});
    const auto start = std::chrono::steady_clock::now();
    const Printed printed = run<CallRun>(router.options(0.3), std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(CallRun, TellsALostConnectionAndExitsWith3) {
    ScriptedPeer peer([](int fd) { read_exactly(fd, 4); });
    ClientOptions options;
    options.url = parse_client_url("rs+unix:" + peer.path());
    const Printed printed = run<CallRun>(options, std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_not_connected);
    EXPECT_TRUE(printed.err.starts_with("connection lost: ")) << printed.err;
}

TEST(CallRun, ExitsWith3WhenTheRouterTalksNonsense) {
    Router router({"nonsense"});
    const Printed printed = run<CallRun>(router.options(), std::string("a.b"), Arguments{});
    EXPECT_EQ(printed.code, client_not_connected);
    EXPECT_TRUE(printed.err.starts_with("the far end broke the protocol")) << printed.err;
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

TEST(RegisterRun, EchoesAndRunsCommands) {
    for (const std::string command : {"", "cat >/dev/null; echo '{\"a\": 1}'", "exit 3"}) {
        std::vector<std::string> said;
        {
            Router router({welcome, "[65,1,5]\n[68,1,5,{},[8],{\"k\":1}]", goodbye + "\n"});
            const Printed printed =
                run<RegisterRun>(router.options(), std::string("com.proc"), command);
            EXPECT_EQ(printed.code, client_not_connected) << "the router said GOODBYE";
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

}  // namespace
}  // namespace sallyport::gateway
