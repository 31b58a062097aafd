#include "policy/tools/edit/toml_text.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(TomlText, WritesWhatTomlHasAWordFor) {
    EXPECT_EQ(toml_text("a\"b\\\n\x7f"), "\"a\\\"b\\\\\\u000a\\u007f\"");
    EXPECT_EQ(toml_value(wamp::List{true, -3, 1.0, "x", wamp::Dict{{"a b", wamp::List{}}}}),
              "[true, -3, 1.0, \"x\", { \"a b\" = [] }]");
    EXPECT_EQ(toml_value(wamp::Dict{}), "{}");
    EXPECT_FALSE(toml_value(nullptr));
    EXPECT_FALSE(toml_value(wamp::List{wamp::Bytes{"x"}}));
}

}  // namespace
}  // namespace sallyport::policy
