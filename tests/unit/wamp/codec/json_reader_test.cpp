#include "wamp/codec/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::wamp {
namespace {

std::string outcome_of(std::string_view text, const MessageLimits& limits = {}) {
    JsonReader reader(text, limits);
    Value value;
    return std::string(reader.read_document(value) ? "ok" : to_string(reader.error()));
}

Value value_of(std::string_view text) {
    const MessageLimits limits;
    JsonReader reader(text, limits);
    Value value;
    EXPECT_TRUE(reader.read_document(value)) << text;
    return value;
}

// The same text where nothing is built from it: as the only argument of a RESULT.
std::string skipped_outcome_of(const std::string& text, const MessageLimits& limits = {}) {
    const std::string message = "[50,1,{},[" + text + "]]";
    const auto decoded = decode(Serializer::json, message, limits);
    return std::string(decoded ? "ok" : to_string(decoded.error()));
}

TEST(JsonReader, BuildsEveryKindOfValue) {
    EXPECT_EQ(value_of(" null "), Value());
    EXPECT_EQ(value_of("true"), Value(true));
    EXPECT_EQ(value_of("false"), Value(false));
    EXPECT_EQ(value_of("-7"), Value(-7));
    EXPECT_EQ(value_of("1.0"), Value(1.0));
    EXPECT_EQ(value_of("\"a\\n\""), Value("a\n"));
    EXPECT_EQ(value_of("[1,[],{} ,\"\"]"), Value(List{1, List{}, Dict{}, ""}));
    EXPECT_EQ(value_of("\t{ \"a\" : [ 1 , 2 ] ,\r\n\"b\":{}}"),
              Value(Dict{{"a", List{1, 2}}, {"b", Dict{}}}));
}

TEST(JsonReader, ReadsIntegersExactly) {  // W-SER-03
    EXPECT_EQ(value_of("18446744073709551615"), Value(~std::uint64_t{0}));
    EXPECT_EQ(value_of("9007199254740993"), Value(std::uint64_t{9007199254740993}));
    EXPECT_EQ(outcome_of("18446744073709551616"), "malformed");
    EXPECT_EQ(outcome_of("1e999"), "malformed");
}

TEST(JsonReader, ReadsBytesByTheBinaryConvention) {  // W-SER-04
    EXPECT_EQ(value_of(R"("\u0000")"), Value(Bytes{}));
    EXPECT_EQ(value_of(R"("\u0000AP8=")"), Value(Bytes{std::string("\0\xFF", 2)}));
    EXPECT_EQ(value_of(R"("\u0000\/\/8=")"), Value(Bytes{"\xFF\xFF"}));
    EXPECT_EQ(outcome_of(R"("\u0000Zh==")"), "malformed");
    EXPECT_EQ(outcome_of(R"({"\u0000AP8=":1})"), "element of the wrong type");
}

TEST(JsonReader, RefusesWhatIsNotWellFormedWhetherBuiltOrSkipped) {  // W-SER-03
    for (const char* bad : {"",
                            " ",
                            "nul",
                            "nulll",
                            "True",
                            "'a'",
                            "[1",
                            "[1,",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "[1}",
                            "{",
                            "{\"a\"",
                            "{\"a\":",
                            "{\"a\":1",
                            "{\"a\":1,}",
                            "{,}",
                            "{\"a\" 1}",
                            "{a:1}",
                            "{1:1}",
                            "{\"a\":}",
                            "\"",
                            "\"\\ud800\"",
                            "\"\xFF\"",
                            "\"a\nb\"",
                            "01",
                            "1.",
                            "+1",
                            "-",
                            "0x1",
                            "NaN",
                            "1 2",
                            "[] []",
                            "]",
                            "}",
                            ",",
                            ":",
                            "/**/1",
                            "[1]//",
                            "\xEF\xBB\xBF[]",
                            "[\"\\x\"]",
                            "{\"\\u12\":1}",
                            "\v1",
                            "[1,\f2]"}) {
        EXPECT_EQ(outcome_of(bad), "malformed") << bad;
        EXPECT_NE(skipped_outcome_of(bad),
                  bad == std::string_view("") || bad == std::string_view(" ") ? "malformed" : "ok")
            << bad;
    }
    EXPECT_EQ(skipped_outcome_of("1,2"), "ok");
}

TEST(JsonReader, AcceptsInAPayloadWhatItNeedNotUnderstand) {  // W-MSG-12
    for (const char* odd : {R"("\u0000not base64")", "123456789012345678901234567890", "1e999",
                            R"({"a":1,"a":2})", R"({"":0})"}) {
        EXPECT_EQ(skipped_outcome_of(odd), "ok") << odd;
    }
}

TEST(JsonReader, RefusesDuplicateKeysHoweverTheyAreSpelt) {  // W-MSG-08
    EXPECT_EQ(outcome_of(R"({"a":1,"b":2,"a":3})"), "duplicate key");
    EXPECT_EQ(outcome_of(R"([{"a":1,"\u0061":2}])"), "duplicate key");
    EXPECT_EQ(outcome_of(R"({"a":{"a":1},"b":{"a":1}})"), "ok");
}

TEST(JsonReader, LimitsDepthAtTheSamePlaceWhetherBuiltOrSkipped) {  // W-MSG-11
    MessageLimits limits;
    limits.depth = 5;
    EXPECT_EQ(outcome_of("[[[[[1]]]]]", limits), "ok");
    EXPECT_EQ(outcome_of("[[[[[[]]]]]]", limits), "nested too deep");
    EXPECT_EQ(outcome_of(R"({"a":{"a":{"a":{"a":{"a":{}}}}}})", limits), "nested too deep");
    // Message and arguments are two levels already.
    EXPECT_EQ(skipped_outcome_of("[[[1]]]", limits), "ok");
    EXPECT_EQ(skipped_outcome_of("[[[[]]]]", limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(R"([{"a":[[]]}])", limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of("[[[1]]],[[[1]]]", limits), "ok");
}

TEST(JsonReader, NeverGoesDeeperThanItsStack) {
    MessageLimits limits;
    limits.depth = 1u << 30;
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(outcome_of(nested(depth_max), limits), "ok");
    EXPECT_EQ(outcome_of(nested(depth_max + 1), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 2), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 1), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(nested(1000000), limits), "nested too deep");
}

TEST(JsonReader, LimitsElementsAtTheSamePlaceWhetherBuiltOrSkipped) {  // W-MSG-11
    MessageLimits limits;
    limits.elements = 8;  // of the message: type, request, details, args, and four in args
    EXPECT_EQ(skipped_outcome_of("1,2,[3]", limits), "ok");
    EXPECT_EQ(skipped_outcome_of("1,2,[3,4]", limits), "too many elements");
    EXPECT_EQ(skipped_outcome_of(R"({"a":1,"b":2,"c":3})", limits), "ok");
    EXPECT_EQ(outcome_of("[1,2,3,4,5,6,7]", limits), "ok");
    EXPECT_EQ(outcome_of("[1,2,3,4,5,6,7,8]", limits), "too many elements");
}

TEST(JsonReader, LimitsStringsByWhatTheyStandFor) {  // W-MSG-11
    MessageLimits limits;
    limits.string_bytes = 4;
    for (const char* fits :
         {R"("abcd")", R"("\u0061\u0062\u0063\u0064")", R"("\ud83d\ude00")", R"({"abcd":1})"}) {
        EXPECT_EQ(outcome_of(fits, limits), "ok") << fits;
        EXPECT_EQ(skipped_outcome_of(fits, limits), "ok") << fits;
    }
    for (const char* long_one :
         {R"("abcde")", R"("\ud83d\ude00x")", R"({"abcde":1})", R"("\u20ac\u20ac")"}) {
        EXPECT_EQ(outcome_of(long_one, limits), "too large") << long_one;
        EXPECT_EQ(skipped_outcome_of(long_one, limits), "too large") << long_one;
    }
}

TEST(JsonReader, HasNoLimitOfKeysForADocumentOfOurOwn) {
    std::string text = "{";
    for (int index = 0; index < 1000; ++index) text += "\"k" + std::to_string(index) + "\":0,";
    text += "\"last\":1}";
    EXPECT_EQ(outcome_of(text), "ok");
    text.back() = ',';
    EXPECT_EQ(outcome_of(text + "\"k999\":1}"), "duplicate key");
}

}  // namespace
}  // namespace sallyport::wamp
