#include "gateway/config/grant.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

using std::chrono::seconds;

OnionGrant alice() {
    return {"alice", "observatory", std::string(52, 'A'), seconds(1'700'000'000), {}};
}

TEST(OnionGrant, IsReadAsItWasWritten) {
    OnionGrant grant = alice();
    grant.expires = seconds(1'800'000'000);
    const auto read = parse_grant(to_text(grant), "alice.toml");
    ASSERT_TRUE(read);
    EXPECT_EQ(to_text(*read), to_text(grant));
    EXPECT_EQ(read->expires, grant.expires);
    EXPECT_FALSE(parse_grant(to_text(alice()), "alice.toml")->expires);
}

TEST(OnionGrant, OfABrokenFileIsAnErrorWithFileLineAndCure) {
    std::string text = to_text(alice());
    text.replace(text.find("observatory"), 11, "o\"\nextra = \"1");
    const auto read = parse_grant(text, "alice.toml");
    ASSERT_TRUE(read.has_error());
    EXPECT_EQ(read.error().front().place.file, "alice.toml");
    EXPECT_EQ(read.error().front().place.line, 3u);
    for (const char* wrong : {"name = \"../x\"\n", "name = \"nobody\"\n", "name = 1\n", ""}) {
        std::string other = to_text(alice());
        other.replace(0, other.find('\n') + 1, wrong);
        EXPECT_TRUE(parse_grant(other, "x.toml").has_error()) << wrong;
    }
}

TEST(OnionGrant, NamesAreFileNames) {
    EXPECT_TRUE(is_grant_name("alice-2.b@c_d"));
    for (const char* wrong : {"", ".", "..", ".hidden", "a/b", "a b", "nobody"})
        EXPECT_FALSE(is_grant_name(wrong)) << wrong;
}

TEST(OnionGrant, ExpiryIsADateOrADateAndTime) {
    EXPECT_EQ(parse_expiry("1970-01-02"), seconds(86'400));
    EXPECT_EQ(parse_expiry("1970-01-02T00:00:01Z"), seconds(86'401));
    for (const char* wrong : {"", "soon", "1970-13-02", "1970-01-02T00:00"})
        EXPECT_FALSE(parse_expiry(wrong)) << wrong;
}

TEST(OnionGrant, ExpiresAtItsMomentAndNotBefore) {
    OnionGrant limited = alice();
    limited.expires = seconds(100);
    const std::vector<OnionGrant> all{alice(), limited};
    EXPECT_TRUE(expired(all, seconds(100) - wamp::Timestamp(1)).empty());
    ASSERT_EQ(expired(all, seconds(100)).size(), 1u);
    EXPECT_TRUE(expired(all, seconds(100)).front().expires);
}

}  // namespace
}  // namespace sallyport::gateway
