#include "policy/auth/authenticator.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using logins::Desk;
using logins::hello;
using wamp::Dict;
using wamp::List;
using wamp::Value;
namespace uris = wamp::uris;

const std::string right = logins::secret;

struct Realm {
    std::string anonymous;
    bool alice = false;
    std::uint32_t bob_iterations = 0;  // 0: no bob
    std::optional<Methods> methods = {};

    Desk make() const {
        wamp::Random random({7});
        AuthText auth;
        auth.anonymous_role = anonymous;
        auth.methods = methods;
        Principals principals;
        if (alice) {
            Credentials one;
            one.authid = "alice";
            one.role = "operator";
            one.ticket = crypto::hash_ticket(right, 0, random);
            principals.list.push_back(one);
        }
        if (bob_iterations != 0) {
            Credentials one;
            one.authid = "bob";
            one.role = "guest";
            one.ticket = crypto::hash_ticket(right, bob_iterations, random);
            principals.list.push_back(one);
        }
        return Desk(auth, principals);
    }
};

std::string open(Desk& desk, const wamp::Hello& message) {
    const auto step = desk.open(message);
    const auto* admitted = std::get_if<Authenticator::Admitted>(&step);
    if (admitted == nullptr) return Desk::words(step);
    const Principal& who = admitted->principal;
    EXPECT_TRUE(who.authid.starts_with("anonymous-")) << who.authid;
    return "anonymous " + who.role + " " + who.method;
}

TEST(Authenticator, LetsAnonymousInUnderADrawnName) {  // W-AUT-A1
    Desk desk = Realm{"guest"}.make();
    EXPECT_EQ(open(desk, hello({"anonymous"}, "admin")), "anonymous guest anonymous");
    const auto one = desk.open(hello({"anonymous"}, ""));
    const auto other = desk.open(hello({"anonymous"}, ""));
    EXPECT_NE(Desk::words(one), Desk::words(other));
}

TEST(Authenticator, TakesAbsentAndEmptyMethodsAsAnonymous) {  // W-AUT-01
    Desk desk = Realm{"guest", true}.make();
    EXPECT_EQ(open(desk, hello({}, "")), "anonymous guest anonymous");
    wamp::Hello empty{"r", {}};
    empty.details.set("authmethods", List{});
    EXPECT_EQ(open(desk, empty), "anonymous guest anonymous");
}

TEST(Authenticator, TakesTheFirstMethodThatItServes) {  // W-AUT-01
    Desk desk = Realm{"guest", true}.make();
    EXPECT_EQ(open(desk, hello({"wampcra", "ticket", "anonymous"}, "alice")), "challenge ticket");
    EXPECT_EQ(open(desk, hello({"anonymous", "ticket"}, "alice")), "anonymous guest anonymous");
    EXPECT_EQ(open(desk, hello({"ticket", "anonymous"}, "")), "anonymous guest anonymous");
    EXPECT_EQ(open(desk, hello({Value(7), "ticket"}, "alice")), "challenge ticket");
    EXPECT_EQ(open(desk, hello({"cookie", "tls", "ticket"}, "alice")), "challenge ticket");
}

TEST(Authenticator, SaysWhichMethodItUses) {
    Desk desk = Realm{"guest", true}.make();
    EXPECT_EQ(desk.terms->method_of(hello({"wampcra", "ticket"}, "alice")), Method::ticket);
    EXPECT_EQ(desk.terms->method_of(hello({"ticket", "anonymous"}, "")), Method::anonymous);
    EXPECT_EQ(desk.terms->method_of(hello({}, "")), Method::anonymous);
    EXPECT_EQ(desk.terms->method_of(hello({"wampcra"}, "alice")), std::nullopt);
}

TEST(Authenticator, RefusesWithTheReasonThatIsDue) {  // W-SES-11
    Desk tickets = Realm{"", true}.make();
    EXPECT_EQ(open(tickets, hello({}, "")), uris::authentication_required);
    EXPECT_EQ(open(tickets, hello({"anonymous"}, "")), uris::authentication_required);
    EXPECT_EQ(open(tickets, hello({"wampcra"}, "alice")), uris::no_matching_auth_method);
    EXPECT_EQ(open(tickets, hello({"ticket"}, "")), uris::no_matching_auth_method);
    Desk anonymous = Realm{"guest"}.make();
    EXPECT_EQ(open(anonymous, hello({"ticket"}, "alice")), uris::no_matching_auth_method);
    Desk nobody = Realm{}.make();
    EXPECT_EQ(open(nobody, hello({"anonymous", "ticket"}, "alice")), uris::authentication_required);
    EXPECT_FALSE(nobody.terms->admits_anybody());
}

TEST(Authenticator, NeverListensToARoleInHello) {  // W-AUT-03, W-SEC-11, W-SEC-12
    Desk desk = Realm{"guest"}.make();
    wamp::Hello message = hello({"anonymous-proxy", "trusted", "anonymous"}, "");
    message.details.set("authrole", "operator");
    message.details.set("authextra", Dict{{"proxy_authrole", "operator"}});
    EXPECT_EQ(open(desk, message), "anonymous guest anonymous");
    const auto step = desk.open(message);
    EXPECT_TRUE(std::get<Authenticator::Admitted>(step).authextra.empty());  // W-AUT-06
}

TEST(Authenticator, RefusesAnAuthidThatNobodyCanHave) {  // W-AUT-06
    Desk desk = Realm{"", true}.make();
    const std::string longest(authid_bytes_max, 'a');
    EXPECT_EQ(open(desk, hello({"ticket"}, longest)), "challenge ticket");
    EXPECT_EQ(open(desk, hello({"ticket"}, longest + "a")), uris::authentication_denied);
}

TEST(Authenticator, KnowsTheRightTicketAndGivesOneAnswerToAllOthers) {  // W-AUT-T1, W-AUT-04
    Desk desk = Realm{"", true, crypto::iterations_min}.make();
    EXPECT_EQ(desk.login(Method::ticket, "alice", right), "alice/operator/ticket");
    EXPECT_EQ(desk.login(Method::ticket, "bob", right), "bob/guest/ticket");
    for (const std::string& wrong :
         {std::string(), right + " ", std::string("The secret that is right"),
          std::string(1 << 20U, 'x')}) {
        EXPECT_EQ(desk.login(Method::ticket, "alice", wrong), uris::authentication_denied);
        EXPECT_EQ(desk.login(Method::ticket, "bob", wrong), uris::authentication_denied);
    }
    EXPECT_EQ(desk.login(Method::ticket, "mallory", right), uris::authentication_denied);
    EXPECT_EQ(desk.login(Method::ticket, "alice\n", right), uris::authentication_denied);
}

TEST(Authenticator, OffersOnlyWhatIsSwitchedOn) {
    Methods only;
    only.add(Method::cryptosign);
    Desk desk = Realm{"guest", true, 0, only}.make();
    EXPECT_EQ(open(desk, hello({"ticket"}, "alice")), uris::no_matching_auth_method);
    EXPECT_EQ(open(desk, hello({"anonymous"}, "")), "anonymous guest anonymous");
    // What was switched off while a client was challenged is off.
    Desk before = Realm{"", true}.make();
    auto step = before.open(hello({"ticket"}, "alice"));
    auto& challenged = std::get<Authenticator::Challenged>(step);
    step = desk.verify(std::move(challenged.attempt), {right, {}});
    EXPECT_EQ(Desk::words(step), uris::authentication_denied);
    EXPECT_EQ(Desk::why(step), "the method is no longer offered");
}

TEST(Authenticator, CountsAttemptsUnderTheNameThatWasTried) {
    EXPECT_EQ(name_of(hello({"ticket"}, "alice")), "alice");
    EXPECT_EQ(name_of(hello({}, "")), "");
    EXPECT_EQ(name_of(hello({"cryptosign"}, "", Dict{{"pubkey", "ab12"}})), "key ab12");
    EXPECT_EQ(name_of(hello({}, std::string(1 << 20U, 'a'))).size(), authid_bytes_max);
}

TEST(Authenticator, TellsToolsTheRoleOfAPrincipal) {
    Desk desk = Realm{"guest", true}.make();
    EXPECT_EQ(desk.authenticator->role_of("alice"), "operator");
    EXPECT_EQ(desk.authenticator->role_of("mallory"), std::nullopt);
    EXPECT_TRUE(desk.terms->admits_anybody());
}

TEST(Authenticator, TellsWhoWouldBeLetInAgain) {
    Desk desk = Realm{"guest", true}.make();
    const auto still = [&desk](const char* authid, const char* role, const char* method) {
        return desk.terms->admits({authid, role, method}, false);
    };
    EXPECT_TRUE(still("alice", "operator", "ticket"));
    EXPECT_FALSE(still("alice", "admin", "ticket"));
    EXPECT_FALSE(still("alice", "operator", "wampcra"));
    EXPECT_FALSE(still("bob", "operator", "ticket"));
    EXPECT_TRUE(still("anonymous-7", "guest", "anonymous"));
    EXPECT_FALSE(still("anonymous-7", "visitor", "anonymous"));
    EXPECT_FALSE(still("alice", "operator", "magic"));
    AuthText auth;
    Principals principals;
    principals.list.push_back(logins::everything("alice", "operator"));
    principals.list.back().disabled = true;
    EXPECT_FALSE(Desk(auth, principals).terms->admits({"alice", "operator", "ticket"}, false));
}

}  // namespace
}  // namespace sallyport::policy
