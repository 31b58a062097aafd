#include "gateway/admin/admin.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "gateway/admin/control.h"
#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/gateway/admin/reactor_thread.h"

namespace sallyport::gateway {
namespace {

constexpr const char* status_line =
    R"({"onion":{"mode":"managed","bootstrap":100,"summary":"Done","warning":"","address":"abc.onion","reachable":true},)"
    R"("front":{"connections":3,"sessions":2,)"
    R"("decisions":{"allowed":5,"denied":4,"limited":1,"joined":2,"join_refused":6},)"
    R"("links":[{"name":"lab","up":true,"calls":1,"subscriptions":2,"registrations":3,"held":4}]},)"
    R"("audit":{"recorded":9,"written":7,"dropped":1,"waiting":1,"error":"No space left on device"}})"
    "\n";

class AdminTest : public testing::Test {
protected:
    AdminTest()
        : config_(folder_.write("gateway.toml",
                                "state_dir = \".\"\nrealms = [\"r.toml\"]\n"
                                "[listen]\nadmin = \"admin.sock\"\n[tor]\nmode = \"off\"\n"
                                "[[backend]]\nname = \"lab\"\nkind = \"dial\"\n"
                                "address = \"unix:lab.sock\"\n")) {}

    struct Printed {
        int code = -1;
        std::string out;
        std::string err;
    };
    Printed status(bool json) const {
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Printed printed;
        printed.code = print_status(config_, json);
        std::fflush(stdout);
        printed.out = testing::internal::GetCapturedStdout();
        printed.err = testing::internal::GetCapturedStderr();
        return printed;
    }
    /// What `sallyport status` prints when a gateway answers with that line.
    Printed status_of(const std::string& line, bool json = false) const {
        boost::asio::io_context io(1);
        std::string asked;
        const Control admin(io, listen_unix({folder_.path("admin.sock"), {}}),
                            [&](const std::string& command, const Control::Reply& reply) {
                                asked = command;
                                reply(0, line);
                            });
        const test::ReactorThread program(io);
        const Printed printed = status(json);
        std::filesystem::remove(folder_.path("admin.sock"));
        EXPECT_EQ(asked, "status");
        return printed;
    }

    sallyport::test::TemporaryFolder folder_;
    std::string config_;
};

TEST_F(AdminTest, PrintsTheStatusForPeople) {
    const Printed printed = status_of(status_line);
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.err, "");
    EXPECT_EQ(
        printed.out,
        "all is well\n"
        "tor           managed\n"
        "bootstrap     100% Done\n"
        "onion         abc.onion\n"
        "reachable     yes\n"
        "connections   3\n"
        "sessions      2\n"
        "decisions     5 allowed, 4 denied, 1 over a limit; 2 joined, 6 refused to join\n"
        "audit log     7 written, 1 dropped, 1 waiting: No space left on device\n"
        "link lab      up, 1 calls in flight, 2 subscriptions, 3 registrations, 4 messages held\n");
}

TEST_F(AdminTest, DrainsABackendAndTakesThatBack) {
    boost::asio::io_context io(1);
    std::string asked;
    const Control admin(io, listen_unix({folder_.path("admin.sock"), {}}),
                        [&](const std::string& command, const Control::Reply& reply) {
                            asked += command + "\n";
                            reply(command == "drain lab" ? 0 : 1, "said\n");
                        });
    const test::ReactorThread program(io);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(drain_backend(config_, "lab", false, false), 0);
    EXPECT_EQ(drain_backend(config_, "lab", true, false), 1);
    std::fflush(stdout);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "said\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "said\n");
    EXPECT_EQ(asked, "drain lab\nundrain lab\n");
}

TEST_F(AdminTest, AsksForMetrics) {
    boost::asio::io_context io(1);
    int status = 200;
    const Control admin(
        io, listen_unix({folder_.path("admin.sock"), {}}),
        [](const std::string&, const Control::Reply&) {},
        [&](const HttpHead& head, const Web::Respond& respond) {
            respond({status, "text/plain", head.path + "\n"});
        });
    const test::ReactorThread program(io);
    EXPECT_EQ(ask_metrics(config_), "/metrics\n");
    status = 404;
    EXPECT_EQ(ask_metrics(config_), "");
}

TEST_F(AdminTest, KicksInOneRealmOrInAny) {
    boost::asio::io_context io(1);
    std::string asked;
    const Control admin(io, listen_unix({folder_.path("admin.sock"), {}}),
                        [&](const std::string& command, const Control::Reply& reply) {
                            asked += command + "\n";
                            reply(command == "kick * alice" ? 0 : 1, "said\n");
                        });
    const test::ReactorThread program(io);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(kick_sessions(config_, "", "alice", false), 0);
    EXPECT_EQ(kick_sessions(config_, "lab", "no body", false), 1);
    std::fflush(stdout);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "said\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "said\n");
    EXPECT_EQ(asked, "kick * alice\nkick lab no body\n");
}

TEST_F(AdminTest, SaysThatALinkIsDrained) {
    const Printed printed =
        status_of(R"({"front":{"links":[{"name":"lab","up":true,"drained":true}]}})"
                  "\n");
    EXPECT_NE(printed.out.find("link lab      up, drained, 0 calls"), std::string::npos)
        << printed.out;
}

TEST_F(AdminTest, SaysHowTheCallsOfALinkWentAndThatItIsEjected) {
    const Printed printed = status_of(
        R"({"front":{"links":[{"name":"lab","up":true,"ejected_ms":29001,"last_calls":20,"last_failed":15,)"
        R"("last_latency_us":2340,"round_trip_us":90},{"name":"plc","up":true,"share":40}]}})"
        "\n");
    EXPECT_NE(
        printed.out.find("link lab      up, ejected for 30 s more as its calls failed, 0 calls"),
        std::string::npos)
        << printed.out;
    EXPECT_NE(printed.out.find("0 messages held; of the last 20 calls 15 failed, the others took "
                               "2.34 ms; probed in 0.09 ms\n"),
              std::string::npos)
        << printed.out;
    EXPECT_NE(printed.out.find("0 messages held; returning with 40% of its spread calls\n"),
              std::string::npos)
        << printed.out;
}

TEST_F(AdminTest, FailsWithALinkThatIsDownAlsoAsJson) {
    const std::string line =
        R"({"front":{"links":[{"name":"lab","up":false,"since":"2026-12-01T09:31:00.5Z","reason":"no"}]}})"
        "\n";
    EXPECT_EQ(status_of(line).code, 1);
    EXPECT_EQ(status_of(line, true).code, 1);
    EXPECT_EQ(status_of(line, true).out, line);
    EXPECT_TRUE(status_of(line).out.starts_with("not all is well\n  link lab is down since "));
}

TEST_F(AdminTest, PrintsTheLineItselfAsJson) {
    const Printed printed = status_of(status_line, true);
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.out, status_line);
}

TEST_F(AdminTest, ReportsThatTorIsStillStarting) {
    const Printed printed = status_of(
        R"({"onion":{"mode":"managed","bootstrap":10,"summary":"conn","warning":"no route"}})");
    EXPECT_EQ(printed.code, 1) << "nobody can reach the onion";
    EXPECT_EQ(printed.out,
              "not all is well\n"
              "  nobody can reach the onion: tor is at 10% (conn)\n"
              "    tor says: no route\n"
              "tor           managed\n"
              "bootstrap     10% conn\n"
              "tor warning   no route\n"
              "onion         not known yet\n"
              "reachable     not yet\n");
}

TEST_F(AdminTest, FailsWhenTheAnswerIsEmptyOrNoObject) {
    for (const char* answer : {"", "[1]\n", "{\"front\":"}) {
        const Printed printed = status_of(answer);
        EXPECT_EQ(printed.code, 2) << answer;
        EXPECT_EQ(printed.out, "") << answer;
        EXPECT_NE(printed.err.find("the program did not answer"), std::string::npos);
    }
    const Printed json = status_of("", true);
    EXPECT_EQ(json.code, 2);
    EXPECT_NE(json.out.find("the program did not answer"), std::string::npos) << json.out;
}

TEST_F(AdminTest, NamesThePlaceOfTheSocketThatNobodyAnswersOn) {
    try {
        print_status(config_, false);
        ADD_FAILURE() << "somebody answered";
    } catch (const StartError& error) {
        EXPECT_EQ(std::string(error.what()),
                  config_ + ":4:9: error: cannot connect to \"" + folder_.path("admin.sock") +
                      "\": No such file or directory (is `sallyport serve` or `sallyport inside` "
                      "running, and are you "
                      "its user?)");
    }
}

}  // namespace
}  // namespace sallyport::gateway
