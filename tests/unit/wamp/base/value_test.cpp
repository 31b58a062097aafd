#include "wamp/base/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace sallyport::wamp {
namespace {

TEST(Value, HoldsNonNegativeIntegersAsUnsigned) {
    EXPECT_NE(Value(5).get_if<std::uint64_t>(), nullptr);
    EXPECT_NE(Value(std::int64_t{0}).get_if<std::uint64_t>(), nullptr);
    ASSERT_NE(Value(-5).get_if<std::int64_t>(), nullptr);
    EXPECT_EQ(*Value(-5).get_if<std::int64_t>(), -5);
    EXPECT_EQ(Value(5), Value(std::uint64_t{5}));
    EXPECT_EQ(*Value(std::numeric_limits<std::int64_t>::min()).get_if<std::int64_t>(),
              std::numeric_limits<std::int64_t>::min());
}

TEST(Value, DistinguishesTypes) {
    EXPECT_TRUE(Value().is_null());
    EXPECT_NE(Value(true), Value(1));
    EXPECT_NE(Value(1), Value(1.0));
    EXPECT_NE(Value("a"), Value(Bytes{"a"}));
    EXPECT_NE(Value(List{}), Value(Dict{}));
    EXPECT_NE(Value("text").get_if<std::string>(), nullptr);
}

TEST(Dict, KeepsTheOrderOfInsertionAndReplacesInPlace) {
    Dict dict{{"b", 1}, {"a", 2}};
    dict.set("b", 3);
    dict.set("c", 4);
    std::string keys;
    for (const auto& [key, value] : dict) keys += key;
    EXPECT_EQ(keys, "bac");
    EXPECT_EQ(dict.get_uint("b", 0), 3U);
}

TEST(Dict, MadeFromAListWithOneKeyTwiceHoldsTheLast) {
    const Dict dict{{"a", 1}, {"a", 2}};
    EXPECT_EQ(dict.size(), 1U);
    EXPECT_EQ(dict.get_uint("a", 0), 2U);
}

TEST(Dict, FindsAndErases) {
    Dict dict{{"a", "x"}, {"b", "y"}};
    ASSERT_NE(dict.find("a"), nullptr);
    *dict.find("a") = "z";
    EXPECT_EQ(dict.get_string("a"), "z");
    dict.erase("a");
    dict.erase("never there");
    EXPECT_EQ(dict.find("a"), nullptr);
    EXPECT_EQ(dict.size(), 1U);
    EXPECT_FALSE(dict.empty());
}

TEST(Dict, GivesTheDefaultForAMissingEntryAndForAWrongType) {
    const Dict dict{{"flag", true},           {"count", 3},      {"text", "t"},
                    {"dict", Dict{{"x", 1}}}, {"list", List{1}}, {"below", -1}};
    EXPECT_TRUE(dict.get_bool("flag", false));
    EXPECT_TRUE(dict.get_bool("count", true));
    EXPECT_FALSE(dict.get_bool("none", false));
    EXPECT_EQ(dict.get_uint("count", 9), 3U);
    EXPECT_EQ(dict.get_uint("below", 9), 9U);
    EXPECT_EQ(dict.get_string("text"), "t");
    EXPECT_EQ(dict.get_string("flag", "other"), "other");
    ASSERT_NE(dict.get_dict("dict"), nullptr);
    EXPECT_EQ(dict.get_dict("list"), nullptr);
    ASSERT_NE(dict.get_list("list"), nullptr);
    EXPECT_EQ(dict.get_list("none"), nullptr);
}

TEST(Dict, EqualsAnotherWithTheSameEntriesInAnyOrder) {
    EXPECT_EQ((Dict{{"a", 1}, {"b", 2}}), (Dict{{"b", 2}, {"a", 1}}));
    EXPECT_NE((Dict{{"a", 1}}), (Dict{{"a", 2}}));
    EXPECT_NE((Dict{{"a", 1}}), (Dict{{"b", 1}}));
    EXPECT_NE((Dict{{"a", 1}}), (Dict{{"a", 1}, {"b", 1}}));
}

}  // namespace
}  // namespace sallyport::wamp
