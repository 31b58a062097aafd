#include "wamp/message/passthru.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

// W-PPT-01: a scheme that is not empty marks the mode.
TEST(Passthru, ASchemeMarksTheMode) {
    EXPECT_TRUE(is_passthru({{"ppt_scheme", "x_own"}}));
    EXPECT_TRUE(is_passthru({{"timeout", 5}, {"ppt_scheme", "wamp"}}));
    EXPECT_FALSE(is_passthru({}));
    EXPECT_FALSE(is_passthru({{"ppt_scheme", ""}}));
    EXPECT_FALSE(is_passthru({{"ppt_scheme", true}}));
    EXPECT_FALSE(is_passthru({{"ppt_keyid", "k1"}, {"ppt_cipher", "aes256gcm"}}));
}

// W-SEC-25: exactly these four cross.
TEST(Passthru, ItsFourKeysGoAlongAndNothingElseDoes) {
    Dict to{{"progress", true}};
    append_passthru(to, {{"ppt_keyid", "k1"},
                         {"caller", 7},
                         {"ppt_cipher", "aes256gcm"},
                         {"ppt_scheme", "wamp"},
                         {"ppt_other", "x"},
                         {"ppt_serializer", "cbor"}});
    EXPECT_EQ(to, (Dict{{"progress", true},
                        {"ppt_scheme", "wamp"},
                        {"ppt_serializer", "cbor"},
                        {"ppt_cipher", "aes256gcm"},
                        {"ppt_keyid", "k1"}}));
}

TEST(Passthru, KeysThatAreNotThereStayAway) {
    Dict to;
    append_passthru(to, {{"ppt_scheme", "mqtt"}});
    EXPECT_EQ(to, (Dict{{"ppt_scheme", "mqtt"}}));
}

TEST(Passthru, WithoutASchemeNoKeyGoesAlong) {
    Dict to;
    append_passthru(to,
                    {{"ppt_serializer", "cbor"}, {"ppt_cipher", "aes256gcm"}, {"ppt_keyid", "k1"}});
    append_passthru(to, {{"ppt_scheme", ""}, {"ppt_keyid", "k1"}});
    EXPECT_TRUE(to.empty());
}

}  // namespace
}  // namespace sallyport::wamp
