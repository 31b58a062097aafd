#include "policy/document/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 4> names{"roles", "actions", "limits", "uri"};

TEST(Nearest, FindsOneSlipOfThePen) {
    EXPECT_EQ(nearest("role", names), "roles");       // lost
    EXPECT_EQ(nearest("rolees", names), "roles");     // added
    EXPECT_EQ(nearest("rules", names), "roles");      // changed
    EXPECT_EQ(nearest("acitons", names), "actions");  // swapped
    EXPECT_EQ(nearest("url", names), "uri");
}

TEST(Nearest, FindsNothingForAnotherWord) {
    EXPECT_EQ(nearest("principals", names), "");
    EXPECT_EQ(nearest("", names), "");
    EXPECT_EQ(nearest(std::string(65, 'r'), names), "");
}

TEST(Nearest, AllowsOneChangeInAShortWordAndAThirdInALongOne) {
    constexpr std::array<std::string_view, 2> few{"to", "handshake_timeout"};
    EXPECT_EQ(nearest("t", few), "to");
    EXPECT_EQ(nearest("xy", few), "");
    EXPECT_EQ(nearest("handshakeTimeout", few), "handshake_timeout");
}

TEST(Suggestion, ListsWhatThereIsWhenNothingIsNear) {
    EXPECT_EQ(suggestion("rolse", names, "keys"), "did you mean \"roles\"?");
    EXPECT_EQ(suggestion("zzzzzz", names, "keys"), "known keys: roles, actions, limits, uri");
    EXPECT_EQ(suggestion("x", {}, "backends"), "there are no backends");
    const std::vector<std::string_view> many(17, "abcdefgh");
    EXPECT_TRUE(suggestion("zzz", many, "keys").ends_with(", …"));
}

}  // namespace
}  // namespace sallyport::policy
