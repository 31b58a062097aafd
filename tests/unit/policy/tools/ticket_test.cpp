#include "policy/tools/ticket.h"

#include <gtest/gtest.h>

#include <sstream>

#include "policy/authenticator.h"
#include "policy/principals.h"
#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

struct Printed {
    int code;
    std::string out;
    std::string err;
};

Printed run(const TicketRequest& request) {
    wamp::Random random({9});
    std::ostringstream out;
    std::ostringstream err;
    const int code = ticket(request, random, out, err);
    return {code, out.str(), err.str()};
}

bool lets_in(const std::string& lines, const std::string& authid, const std::string& secret) {
    Diagnostics diagnostics;
    const auto principals = parse_principals(lines, "p", diagnostics);
    EXPECT_TRUE(diagnostics.empty());
    logins::Desk desk(Authenticator::make({}, principals));
    return desk.login(Method::ticket, authid, secret).ends_with("/ticket");
}

TEST(TicketTool, DrawsATicketAndPrintsLinesThatLetItsOwnerIn) {
    const Printed printed = run({"alice", "operator", std::nullopt});
    EXPECT_EQ(printed.code, 0);
    const std::size_t end = printed.out.find('\n');
    ASSERT_EQ(end, 64U);
    const std::string secret = printed.out.substr(0, end);
    const std::string lines = printed.out.substr(end);
    EXPECT_EQ(lines.find(secret), std::string::npos);
    EXPECT_NE(lines.find("role = \"operator\"\nticket = \"sha256$"), std::string::npos);
    EXPECT_TRUE(lets_in(lines, "alice", secret));
    EXPECT_FALSE(lets_in(lines, "alice", "another"));
}

TEST(TicketTool, StretchesAChosenTicketAndNeverShowsIt) {
    const Printed printed = run({"joe \"\\ \n", "guest", "correct horse battery"});
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.out.find("correct"), std::string::npos);
    EXPECT_NE(printed.out.find("ticket = \"pbkdf2-sha256$50000$"), std::string::npos);
    EXPECT_TRUE(lets_in(printed.out, "joe \"\\ \n", "correct horse battery"));
}

TEST(TicketTool, LeavesPlacesForWhatIsNotSaid) {
    const Printed printed = run({});
    EXPECT_NE(printed.out.find("authid = \"AUTHID\"\nrole = \"ROLE\"\n"), std::string::npos);
}

TEST(TicketTool, RefusesWhatCannotWork) {
    EXPECT_EQ(run({"a", "r", std::string(chosen_ticket_bytes_min - 1, 'x')}).code, 2);
    EXPECT_EQ(run({"a", "r", std::string(chosen_ticket_bytes_min, 'x')}).code, 0);
    EXPECT_EQ(run({"a", "r", std::string(crypto::ticket_bytes_max + 1, 'x')}).code, 2);
    EXPECT_EQ(run({"a", "r", std::string(20, '\xff')}).code, 2);
    EXPECT_EQ(run({"a", "two words", std::nullopt}).code, 2);
    EXPECT_EQ(run({std::string(authid_bytes_max + 1, 'a'), "r", std::nullopt}).code, 2);
}

TEST(TicketTool, ReadsOneLine) {
    const auto read = [](const std::string& text) {
        std::istringstream in(text);
        return read_ticket(in);
    };
    EXPECT_EQ(read("secret\nmore\n"), "secret");
    EXPECT_EQ(read("secret\r\n"), "secret");
    EXPECT_EQ(read("se cret"), "se cret");
    EXPECT_EQ(read(""), "");
}

}  // namespace
}  // namespace sallyport::policy
