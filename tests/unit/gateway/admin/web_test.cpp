#include "gateway/admin/web.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "gateway/admin/control.h"
#include "gateway/host/files.h"
#include "gateway/host/unix_request.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/gateway/admin/reactor_thread.h"

namespace sallyport::gateway {
namespace {

class WebTest : public testing::Test {
protected:
    static Web::Handler echo() {
        return [](const HttpHead& head, const Web::Respond& respond) {
            respond({200, "text/plain", head.path + " " + head.accept + "\n"});
        };
    }
    std::string ask(std::string_view question) const {
        return unix_request(folder_.path("s"), question, {});
    }
    Descriptor listener() const { return listen_unix({folder_.path("s"), {}}); }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(WebTest, AnswersGetAndHead) {
    boost::asio::io_context io(1);
    const Web web(io, listener(), echo());
    const test::ReactorThread program(io);
    const std::string got = ask("GET /a HTTP/1.1\r\nHost: localhost\r\nAccept: x\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\n/a x\n")) << got;
    const std::string head = ask("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
    EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos) << head;
}

TEST_F(WebTest, RefusesOtherMethodsOtherHostsAndWhatIsNotHttp) {
    boost::asio::io_context io(1);
    const Web web(io, listener(), echo());
    const test::ReactorThread program(io);
    EXPECT_TRUE(ask("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 405 "));
    EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").starts_with("HTTP/1.1 421 "));
    EXPECT_TRUE(ask("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 421 "));
    EXPECT_TRUE(ask("drain lab\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(WebTest, TakesFormsWhereItMay) {
    boost::asio::io_context io(1);
    const Web web(
        io, listener(),
        [](const HttpHead& head, const Web::Respond& respond) {
            respond({200, "text/plain", head.method + " " + head.body + "\n"});
        },
        Web::Methods::all);
    const test::ReactorThread program(io);
    const auto post = [this](std::size_t length, const std::string& body) {
        return ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                   std::to_string(length) + "\r\n\r\n" + body);
    };
    EXPECT_TRUE(post(3, "a=1").ends_with("\r\n\r\nPOST a=1\n"));
    EXPECT_TRUE(post(3, "a=1&b=2").ends_with("\r\n\r\nPOST a=1\n"));
    EXPECT_TRUE(post(0, "").ends_with("\r\n\r\nPOST \n"));
    const std::string longest(Web::body_bytes_max, 'x');
    EXPECT_TRUE(post(longest.size(), longest).ends_with("POST " + longest + "\n"));
    EXPECT_TRUE(post(longest.size() + 1, longest + "x").starts_with("HTTP/1.1 413 "));
}

TEST_F(WebTest, DropsAHeadThatIsTooLong) {
    boost::asio::io_context io(1);
    const Web web(io, listener(), echo());
    const test::ReactorThread program(io);
    EXPECT_EQ(ask("GET / HTTP/1.1\r\na: " + std::string(8192, 'x')), "");
}

TEST_F(WebTest, SharesTheAdminSocketWithCommands) {
    boost::asio::io_context io(1);
    const Control control(
        io, listener(),
        [](const std::string& line, const Control::Reply& reply) { reply(0, line); }, echo());
    const test::ReactorThread program(io);
    EXPECT_EQ(ask("status\n"), "0\nstatus");
    const std::string got = ask("GET /b HTTP/1.1\r\nAccept: y\r\n\r\n");
    EXPECT_TRUE(got.ends_with("\r\n\r\n/b y\n")) << "whatever the host: " << got;
}

}  // namespace
}  // namespace sallyport::gateway
