#include "wamp/base/uri.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

MatchPolicy policy_of(const std::string& name) {
    for (MatchPolicy policy : {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
        if (to_string(policy) == name) return policy;
    }
    ADD_FAILURE() << name;
    return MatchPolicy::exact;
}

TEST(Uri, AcceptsWhatTheLooseRuleAllows) {  // W-URI-01
    for (const char* uri :
         {"a", "com.example.add2", "COM.Example", "a-b.c/d", "realm1", "\u00e9.\u20ac", "0x1f"}) {
        EXPECT_TRUE(is_valid_uri(uri)) << uri;
    }
}

TEST(Uri, RefusesEmptyComponents) {  // W-URI-03
    for (const char* uri : {"", ".", ".a", "a.", "a..b"}) EXPECT_FALSE(is_valid_uri(uri)) << uri;
}

TEST(Uri, RefusesHashWhiteSpaceAndControlCharacters) {  // W-URI-01, W-URI-05
    for (const char* bad :
         {"#", " ", "\t", "\n", "\x01", "\x7f", "\u0085", "\u009b", "\u00a0", "\u1680", "\u2000",
          "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
        EXPECT_FALSE(is_valid_uri(std::string("com.a") + bad)) << bad;
        EXPECT_FALSE(is_valid_uri(std::string("com.") + bad + "a")) << bad;
        EXPECT_FALSE(is_valid_pattern(std::string("com.") + bad + ".", MatchPolicy::wildcard))
            << bad;
    }
    EXPECT_FALSE(is_valid_uri(std::string_view("a\0b", 3)));
    for (const char* good : {"\u00a1", "\u1681", "\u1fff", "\u200b", "\u3001"})
        EXPECT_TRUE(is_valid_uri(good)) << good;
}

TEST(Uri, StrictRuleKnowsLowerCaseDigitsAndUnderscoreOnly) {  // W-URI-02
    EXPECT_TRUE(is_valid_uri("com.my_app.add2", UriRule::strict));
    for (const char* uri : {"Com.a", "com.a-b", "com.\u00e9", "com.a$"}) {
        EXPECT_TRUE(is_valid_uri(uri)) << uri;
        EXPECT_FALSE(is_valid_uri(uri, UriRule::strict)) << uri;
    }
}

TEST(Uri, IsAtMost1024BytesLong) {  // W-MSG-11
    EXPECT_TRUE(is_valid_uri(std::string(uri_bytes_max, 'a')));
    EXPECT_FALSE(is_valid_uri(std::string(uri_bytes_max + 1, 'a')));
    EXPECT_FALSE(is_valid_pattern(std::string(uri_bytes_max + 1, 'a'), MatchPolicy::prefix));
}

TEST(UriPattern, AllowsEmptyComponentsAsThePolicyDoes) {  // W-URI-03
    for (const char* pattern : {"", ".", "a..b", ".a", "a.", "..."}) {
        EXPECT_TRUE(is_valid_pattern(pattern, MatchPolicy::wildcard)) << pattern;
        EXPECT_FALSE(is_valid_pattern(pattern, MatchPolicy::exact)) << pattern;
    }
    for (const char* pattern : {"", "a.", "a.b.", "a"})
        EXPECT_TRUE(is_valid_pattern(pattern, MatchPolicy::prefix)) << pattern;
    for (const char* pattern : {".", ".a", "a..", "a..b"})
        EXPECT_FALSE(is_valid_pattern(pattern, MatchPolicy::prefix)) << pattern;
}

TEST(UriPattern, MatchesAsTheVectorsSay) {  // W-URI-10, W-VEC-06
    const auto cases = vectors::load("pattern-matching.json", "own_match");
    ASSERT_FALSE(cases.empty());
    for (const auto& one : cases) {
        EXPECT_EQ(matches(one[0].get<std::string>(), policy_of(one[1]), one[2].get<std::string>()),
                  one[3].get<bool>())
            << one.dump();
    }
}

TEST(UriPattern, ExactMatchesItselfOnly) {  // W-URI-08
    EXPECT_TRUE(matches("a.b", MatchPolicy::exact, "a.b"));
    EXPECT_FALSE(matches("a.b", MatchPolicy::exact, "a.b.c"));
    EXPECT_FALSE(matches("a.b", MatchPolicy::exact, "a.B"));
}

TEST(UriPattern, PrefixIsAPlainStringPrefix) {  // W-SUB-22
    EXPECT_TRUE(matches("com.app", MatchPolicy::prefix, "com.app2"));
    EXPECT_FALSE(matches("com.app.", MatchPolicy::prefix, "com.app2"));
}

TEST(ReservedUri, IsOneWhoseFirstComponentIsWamp) {  // W-URI-06
    EXPECT_TRUE(is_reserved("wamp"));
    EXPECT_TRUE(is_reserved("wamp.session.count"));
    EXPECT_FALSE(is_reserved("wampx.a"));
    EXPECT_FALSE(is_reserved("a.wamp"));
    EXPECT_FALSE(is_reserved("WAMP.a"));
}

TEST(ReservedUri, IsReachedByThesePatterns) {  // W-URI-07
    for (const char* prefix : {"", "w", "wam", "wamp", "wamp.", "wamp.se"})
        EXPECT_TRUE(reaches_reserved(prefix, MatchPolicy::prefix)) << prefix;
    for (const char* prefix : {"wampx", "wa.", "x", "wampx."})
        EXPECT_FALSE(reaches_reserved(prefix, MatchPolicy::prefix)) << prefix;
    for (const char* wildcard : {"", ".session.kill", "wamp..x", "."})
        EXPECT_TRUE(reaches_reserved(wildcard, MatchPolicy::wildcard)) << wildcard;
    for (const char* wildcard : {"wa..x", "com.."})
        EXPECT_FALSE(reaches_reserved(wildcard, MatchPolicy::wildcard)) << wildcard;
    EXPECT_TRUE(reaches_reserved("wamp.x", MatchPolicy::exact));
    EXPECT_FALSE(reaches_reserved("wam", MatchPolicy::exact));
}

TEST(ReservedUri, ReachAgreesWithMatching) {
    for (const char* pattern :
         {"", "w", "wamp", "wamp.", "wamp.a", "wampx", "wa.", ".a", "wamp.", "x."}) {
        for (MatchPolicy policy :
             {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
            for (const char* uri : {"wamp", "wamp.a", "wamp.b"}) {
                if (matches(pattern, policy, uri)) {
                    EXPECT_TRUE(reaches_reserved(pattern, policy)) << pattern;
                }
            }
        }
    }
}

}  // namespace
}  // namespace sallyport::wamp
