#include "wamp/codec/skip.h"

#include <gtest/gtest.h>

#include <string>

#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

Skipped skip(Serializer serializer, std::string_view text, SkipLimits limits, InstructionSet set) {
    const char* const end = text.data() + text.size();
    return serializer == Serializer::json ? skip_json_container(text.data(), end, limits, set)
                                          : skip_msgpack_value(text.data(), end, limits, set);
}

TEST(Skip, LeavesEverythingToTheReadersWithoutVectorInstructions) {
    EXPECT_EQ(skip(Serializer::json, "[]", {1, 1}, InstructionSet::scalar).after, nullptr);
    EXPECT_EQ(skip(Serializer::msgpack, "\x90", {1, 1}, InstructionSet::scalar).after, nullptr);
}

TEST(Skip, CountsValuesAndLevelsUpToTheLimits) {
    const InstructionSet set = best_instruction_set();
    if (set == InstructionSet::scalar) return;
    // Nine values on three levels; the last byte belongs to what follows.
    const std::string json = R"([1,{"a":[],"b":"]"},[true,{}],"c"] )";
    const std::string msgpack =
        "\x94\x01\x82\xA1"
        "a\x90\xA1"
        "b\xA1]\x92\xC3\x80\xA1"
        "c ";
    for (const Serializer serializer : {Serializer::json, Serializer::msgpack}) {
        const std::string& text = serializer == Serializer::json ? json : msgpack;
        const Skipped skipped = skip(serializer, text, {3, 9}, set);
        ASSERT_EQ(skipped.after, text.data() + text.size() - 1);
        EXPECT_EQ(skipped.values, 9U);
        EXPECT_EQ(skip(serializer, text, {3, 8}, set).after, nullptr);
        EXPECT_EQ(skip(serializer, text, {2, 9}, set).after, nullptr);
    }
}

// The readers use the vector code for messages of this size only.
TEST(Skip, GivesMessagesTheSameErrorsWithAndWithoutIt) {
    const std::string filler = ",\"" + std::string(300, 'x') + "\"";
    for (const char* text :
         {"1", "[{}]", "{\"a\":1,\"a\":2}", "{\"a\"}", "[1}", "\"\\ud800\"", "01", "\"\xFF\"",
          "nul", "[", "[[[[[[[[1]]]]]]]]", "[1,2,3,4,5,6,7]"}) {
        MessageLimits limits;
        limits.depth = 6;
        limits.elements = 9;
        const std::string message = "[50,1,{},[" + std::string(text) + filler + "]]";
        const auto vector = decode(Serializer::json, message, limits);
        const auto scalar = decode(Serializer::json, message, limits, InstructionSet::scalar);
        ASSERT_EQ(vector.has_error(), scalar.has_error()) << text;
        if (vector.has_error()) {
            EXPECT_EQ(vector.error(), scalar.error()) << text;
        }
    }
}

}  // namespace
}  // namespace sallyport::wamp
