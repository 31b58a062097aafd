#include "policy/auth/credentials.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

TEST(Method, IsReadAsItIsWritten) {
    for (const Method method : all_methods) EXPECT_EQ(parse_method(to_string(method)), method);
    for (const char* name : {"", "Ticket", "wamp_scram", "cookie", "tls", "anonymous-proxy",
                             "cryptosign-proxy"}) {  // W-AUT-P1
        EXPECT_EQ(parse_method(name), std::nullopt) << name;
    }
}

TEST(Methods, AreASet) {
    Methods some;
    EXPECT_TRUE(some.empty());
    some.add(Method::ticket);
    Methods more;
    more.add(Method::cryptosign);
    more.add(some);
    for (const Method method : all_methods) {
        EXPECT_EQ(more.has(method), method == Method::ticket || method == Method::cryptosign);
    }
}

TEST(Credentials, TellForWhichMethodsTheyAre) {
    EXPECT_TRUE(Credentials{}.methods().empty());
    const Credentials all = logins::everything("alice", "operator");
    for (const Method method : logins::with_secrets) EXPECT_TRUE(all.methods().has(method));
    EXPECT_FALSE(all.methods().has(Method::anonymous));
    EXPECT_EQ(all.scram_of(Method::scram), &*all.scram);
    EXPECT_EQ(all.scram_of(Method::wamp_scram), &*all.wamp_scram);
    EXPECT_EQ(Credentials{}.scram_of(Method::scram), nullptr);
}

}  // namespace
}  // namespace sallyport::policy
