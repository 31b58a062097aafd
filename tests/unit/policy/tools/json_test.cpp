#include "policy/tools/json.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(ToolsJson, KeepsTheOrderOfMembers) {
    const auto json = parse_json(R"({"z":1,"a":[true,null,-2,1.5,"x"],"m":{}})", 2);
    ASSERT_TRUE(json);
    EXPECT_EQ(to_line(*json), R"({"z":1,"a":[true,null,-2,1.5,"x"],"m":{}})");
}

TEST(ToolsJson, RefusesWhatIsNotJson) {
    for (const char* text : {"", " ", "{", "{} x", "{\"a\":1,}", "nul", "\"\xFF\"", "1e999", "'a'"})
        EXPECT_FALSE(parse_json(text, 8)) << text;
}

TEST(ToolsJson, RefusesWhatIsNestedTooDeeply) {
    EXPECT_TRUE(parse_json("[[{}]]", 3));
    EXPECT_FALSE(parse_json("[[{}]]", 2));
    EXPECT_FALSE(parse_json("{\"a\":{\"b\":[]}}", 2));
    const std::size_t levels = 100'000;  // printing such a tree ends the process
    EXPECT_FALSE(parse_json(std::string(levels, '[') + std::string(levels, ']'), 32));
    std::string objects;
    for (std::size_t i = 0; i < levels; ++i) objects += "{\"a\":";
    EXPECT_FALSE(parse_json(objects + "1" + std::string(levels, '}'), 32));
}

TEST(ToolsJson, WritesWhatIsNotUtf8AsReplacementCharacter) {
    EXPECT_EQ(to_line({{"a", std::string("x\xFFy\0\n", 5)}}),
              "{\"a\":\"x\xEF\xBF\xBDy\\u0000\\n\"}");
}

TEST(ToolsJson, MembersOfAnotherTypeAreLikeMissingOnes) {
    const auto json = parse_json(R"({"s":"x","n":7,"m":-7,"b":true,"o":{"k":1},"l":[1,2]})", 8);
    ASSERT_TRUE(json);
    EXPECT_EQ(string_member(*json, "s"), "x");
    EXPECT_EQ(string_member(*json, "n", "other"), "other");
    EXPECT_EQ(unsigned_member(*json, "n"), 7U);
    EXPECT_EQ(unsigned_member(*json, "m", 3), 3U);
    EXPECT_EQ(unsigned_member(*json, "s", 3), 3U);
    EXPECT_TRUE(bool_member(*json, "b"));
    EXPECT_FALSE(bool_member(*json, "n"));
    ASSERT_NE(object_member(*json, "o"), nullptr);
    EXPECT_EQ(object_member(*json, "l"), nullptr);
    EXPECT_EQ(array_member(*json, "l").size(), 2U);
    EXPECT_TRUE(array_member(*json, "o").empty());
    for (const Json& other : {Json(), Json(1), Json::array({"s"}), Json("s")}) {
        EXPECT_EQ(member(other, "s"), nullptr) << other;
        EXPECT_EQ(string_member(other, "s"), "");
    }
}

}  // namespace
}  // namespace sallyport::policy
