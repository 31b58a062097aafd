#include "policy/authenticator.h"

#include <gtest/gtest.h>

#include "policy/file.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using wamp::Dict;
using wamp::List;
using wamp::Value;
namespace uris = wamp::uris;

const std::string right = "a ticket that is right";

struct Realm {
    std::string anonymous;
    bool alice = false;
    std::uint32_t bob_iterations = 0;  // 0: no bob

    std::shared_ptr<const Authenticator> make() const {
        wamp::Random random({7});
        PolicyFile file;
        file.auth.anonymous_role = anonymous;
        std::vector<PrincipalText> principals;
        if (alice)
            principals.push_back({"alice", "operator", crypto::hash_ticket(right, 0, random), {}});
        if (bob_iterations != 0) {
            principals.push_back(
                {"bob", "guest", crypto::hash_ticket(right, bob_iterations, random), {}});
        }
        return Authenticator::make(file.auth, principals);
    }
};

wamp::Hello hello(List methods, std::string authid) {
    wamp::Hello message{"r", {}};
    if (!methods.empty()) message.details.set("authmethods", std::move(methods));
    if (!authid.empty()) message.details.set("authid", std::move(authid));
    return message;
}

std::string open(const Authenticator& authenticator, const wamp::Hello& message) {
    const auto opening = authenticator.open(message, "random-name");
    if (const auto* who = std::get_if<Principal>(&opening))
        return who->authid + "/" + who->role + "/" + who->method;
    if (const auto* challenged = std::get_if<Authenticator::Challenged>(&opening)) {
        return "challenge " + challenged->method + " " + challenged->authid +
               (challenged->extra.empty() ? "" : " with extra");
    }
    return std::string(std::get<Authenticator::Refused>(opening).reason);
}

std::string verify(const Authenticator& authenticator, const std::string& authid,
                   const std::string& signature) {
    const auto opening = authenticator.open(hello({"ticket"}, authid), "random-name");
    const auto verdict =
        authenticator.verify(std::get<Authenticator::Challenged>(opening), {signature, {}});
    if (const auto* who = std::get_if<Principal>(&verdict))
        return who->authid + "/" + who->role + "/" + who->method;
    return std::string(std::get<Authenticator::Refused>(verdict).reason);
}

TEST(Authenticator, LetsAnonymousInUnderADrawnName) {  // W-AUT-A1
    const auto realm = Realm{"guest"}.make();
    EXPECT_EQ(open(*realm, hello({"anonymous"}, "admin")), "random-name/guest/anonymous");
}

TEST(Authenticator, TakesAbsentAndEmptyMethodsAsAnonymous) {  // W-AUT-01
    const auto realm = Realm{"guest", true}.make();
    EXPECT_EQ(open(*realm, hello({}, "")), "random-name/guest/anonymous");
    wamp::Hello empty{"r", {}};
    empty.details.set("authmethods", List{});
    EXPECT_EQ(open(*realm, empty), "random-name/guest/anonymous");
}

TEST(Authenticator, TakesTheFirstMethodThatItServes) {  // W-AUT-01
    const auto realm = Realm{"guest", true}.make();
    EXPECT_EQ(open(*realm, hello({"wampcra", "ticket", "anonymous"}, "alice")),
              "challenge ticket alice");
    EXPECT_EQ(open(*realm, hello({"anonymous", "ticket"}, "alice")), "random-name/guest/anonymous");
    EXPECT_EQ(open(*realm, hello({"ticket", "anonymous"}, "")), "random-name/guest/anonymous");
    EXPECT_EQ(open(*realm, hello({Value(7), "ticket"}, "alice")), "challenge ticket alice");
}

TEST(Authenticator, RefusesWithTheReasonThatIsDue) {  // W-SES-11
    const auto tickets = Realm{"", true}.make();
    EXPECT_EQ(open(*tickets, hello({}, "")), uris::authentication_required);
    EXPECT_EQ(open(*tickets, hello({"anonymous"}, "")), uris::authentication_required);
    EXPECT_EQ(open(*tickets, hello({"wampcra"}, "alice")), uris::no_matching_auth_method);
    EXPECT_EQ(open(*tickets, hello({"ticket"}, "")), uris::no_matching_auth_method);
    const auto anonymous = Realm{"guest"}.make();
    EXPECT_EQ(open(*anonymous, hello({"ticket"}, "alice")), uris::no_matching_auth_method);
    const auto nobody = Realm{}.make();
    EXPECT_EQ(open(*nobody, hello({"anonymous", "ticket"}, "alice")),
              uris::authentication_required);
    EXPECT_FALSE(nobody->admits_anybody());
}

TEST(Authenticator, NeverListensToARoleInHello) {  // W-AUT-03, W-SEC-11, W-SEC-12
    const auto realm = Realm{"guest"}.make();
    wamp::Hello message = hello({"anonymous-proxy", "trusted", "anonymous"}, "");
    message.details.set("authrole", "operator");
    message.details.set("authextra", Dict{{"proxy_authrole", "operator"}});
    EXPECT_EQ(open(*realm, message), "random-name/guest/anonymous");
}

TEST(Authenticator, ChallengesKnownAndUnknownAlike) {  // W-AUT-04
    const auto realm = Realm{"", true}.make();
    EXPECT_EQ(open(*realm, hello({"ticket"}, "alice")), "challenge ticket alice");
    EXPECT_EQ(open(*realm, hello({"ticket"}, "mallory")), "challenge ticket mallory");
}

TEST(Authenticator, RefusesAnAuthidThatNobodyCanHave) {  // W-AUT-06
    const auto realm = Realm{"", true}.make();
    const std::string longest(authid_bytes_max, 'a');
    EXPECT_EQ(open(*realm, hello({"ticket"}, longest)), "challenge ticket " + longest);
    EXPECT_EQ(open(*realm, hello({"ticket"}, longest + "a")), uris::authentication_denied);
}

TEST(Authenticator, KnowsTheRightTicketAndGivesOneAnswerToAllOthers) {  // W-AUT-T1, W-AUT-04
    const auto realm = Realm{"", true, crypto::iterations_min}.make();
    EXPECT_EQ(verify(*realm, "alice", right), "alice/operator/ticket");
    EXPECT_EQ(verify(*realm, "bob", right), "bob/guest/ticket");
    for (const std::string& wrong :
         {std::string(), right + " ", std::string("A ticket that is right"),
          std::string(1 << 20U, 'x')}) {
        EXPECT_EQ(verify(*realm, "alice", wrong), uris::authentication_denied);
        EXPECT_EQ(verify(*realm, "bob", wrong), uris::authentication_denied);
    }
    EXPECT_EQ(verify(*realm, "mallory", right), uris::authentication_denied);
    EXPECT_EQ(verify(*realm, "alice\n", right), uris::authentication_denied);
}

TEST(Authenticator, VerifiesNoOtherMethod) {
    const auto realm = Realm{"", true}.make();
    const auto verdict = realm->verify({"wampcra", {}, "alice"}, {right, {}});
    EXPECT_TRUE(std::holds_alternative<Authenticator::Refused>(verdict));
}

TEST(Authenticator, TellsToolsTheRoleOfAPrincipal) {
    const auto realm = Realm{"guest", true}.make();
    EXPECT_EQ(realm->role_of("alice"), "operator");
    EXPECT_EQ(realm->role_of("mallory"), std::nullopt);
    EXPECT_TRUE(realm->admits_anybody());
}

}  // namespace
}  // namespace sallyport::policy
