#include "gateway/client/invitation.h"

#include <string>

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

const std::string pin = "sha256:" + std::string(64, 'a');
const std::string secret(invitation_secret_digits, '7');

TEST(InvitationText, IsReadAsItWasWritten) {
    Invitation invitation;
    invitation.link = *backend_link::parse_address("tcp:10.0.0.1:4443");
    invitation.at = *backend_link::parse_address("tcp:[fd00::1]:4444");
    invitation.pin = pin;
    invitation.secret = secret;
    invitation.expires = 1796083200;
    const std::string text = to_string(invitation);
    EXPECT_EQ(text, "sallyport-link:1,10.0.0.1:4443,[fd00::1]:4444," + pin + "," + secret +
                        ",1796083200");
    const auto again = parse_invitation(text);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->link, invitation.link);
    EXPECT_EQ(again->at, invitation.at);
    EXPECT_EQ(again->pin, pin);
    EXPECT_EQ(again->secret, secret);
    EXPECT_EQ(again->expires, 1796083200);
}

TEST(InvitationText, IsRefusedIfAPartOfItIsMissingOrWrong) {
    const auto is_read = [](const std::string& text) { return parse_invitation(text).has_value(); };
    const std::string places = "10.0.0.1:4443,10.0.0.1:4443,";
    ASSERT_TRUE(is_read("sallyport-link:1," + places + pin + "," + secret + ",1"));
    EXPECT_FALSE(is_read(""));
    EXPECT_FALSE(is_read("sallyport-link:1"));
    EXPECT_FALSE(is_read("sallyport-link:2," + places + pin + "," + secret + ",1"));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret + ","));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret + ",1,2"));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret + ",-1"));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret + ",1x"));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin + "," + secret.substr(1) + ",1"));
    EXPECT_FALSE(is_read("sallyport-link:1," + places + pin.substr(1) + "," + secret + ",1"));
    EXPECT_FALSE(is_read("sallyport-link:1,10.0.0.1,10.0.0.1:1," + pin + "," + secret + ",1"));
    EXPECT_FALSE(is_read("sallyport-link:1,unix:/x,10.0.0.1:1," + pin + "," + secret + ",1"));
}

}  // namespace
}  // namespace sallyport::gateway
