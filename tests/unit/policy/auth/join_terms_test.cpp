#include "policy/auth/join_terms.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

std::shared_ptr<const JoinTerms> terms_of(const AuthText& auth) {
    Principals principals;
    principals.list.push_back(logins::everything("alice", "operator"));
    return JoinTerms::make(auth, Roster::of(principals, "text"));
}

TEST(JoinTerms, AdmitAgainWhoIsStillListed) {
    const auto terms = terms_of({});
    EXPECT_TRUE(terms->admits({"alice", "operator", "ticket"}, false));
    EXPECT_FALSE(terms->admits({"alice", "operator", "anonymous"}, false));
    EXPECT_FALSE(terms->admits({"alice", "operator", "no method"}, false));
    EXPECT_FALSE(terms->admits({"joe", "visitor", "ticket"}, false));
}

TEST(JoinTerms, KeepToTheMethodsOfTheRealm) {
    AuthText auth;
    auth.methods.emplace().add(Method::wampcra);
    const auto terms = terms_of(auth);
    EXPECT_EQ(terms->method_of(logins::hello({"ticket", "wampcra"}, "alice")), Method::wampcra);
    EXPECT_FALSE(terms->admits({"alice", "operator", "ticket"}, false)) << "not offered any more";
    EXPECT_TRUE(terms->admits({"alice", "operator", "wampcra"}, false));
}

TEST(JoinTerms, AdmitAgainWhomTheProcedureAdmittedWhileThereIsOne) {
    AuthText auth;
    EXPECT_FALSE(terms_of(auth)->admits({"joe", "visitor", "ticket"}, true));
    auth.dynamic.emplace().methods.add(Method::ticket);
    EXPECT_TRUE(terms_of(auth)->admits({"joe", "visitor", "ticket"}, true));
    EXPECT_TRUE(terms_of(auth)->asks_for(Method::ticket));
    EXPECT_FALSE(terms_of(auth)->asks_for(Method::wampcra));
}

TEST(JoinTerms, AdmitAgainGuestsOfTheSameRole) {
    AuthText auth;
    auth.anonymous_role = "guest";
    EXPECT_TRUE(terms_of(auth)->admits({"anonymous-1", "guest", "anonymous"}, false));
    EXPECT_FALSE(terms_of(auth)->admits({"anonymous-1", "visitor", "anonymous"}, false));
}

TEST(JoinTerms, RefuseWhatIsNotOffered) {
    EXPECT_EQ(JoinTerms::refusal_of(logins::hello({}, "")), wamp::uris::authentication_required);
    EXPECT_EQ(JoinTerms::refusal_of(logins::hello({"ticket"}, "a")),
              wamp::uris::no_matching_auth_method);
}

}  // namespace
}  // namespace sallyport::policy
