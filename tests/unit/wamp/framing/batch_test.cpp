#include "wamp/framing/batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::unhex;

std::vector<std::string> messages_of(Serializer serializer, std::string_view batch) {
    std::vector<std::string> messages;
    if (!is_valid_batch(serializer, batch)) return {"invalid"};
    while (!batch.empty()) messages.emplace_back(take_batched(serializer, batch));
    return messages;
}

using Messages = std::vector<std::string>;

TEST(Batch, IsTakenApartAtTheLengths) {  // W-BAT-01
    for (const Serializer serializer : {Serializer::msgpack, Serializer::cbor}) {
        EXPECT_EQ(messages_of(serializer, unhex("00000001 61")), (Messages{"a"}));
        EXPECT_EQ(messages_of(serializer, unhex("00000001 61 00000002 6263 00000001 1e")),
                  (Messages{"a", "bc", "\x1E"}));
        const std::string large(70000, 'x');
        EXPECT_EQ(messages_of(serializer, unhex("00011170") + large), (Messages{large}));
    }
}

TEST(Batch, IsTakenApartAtEitherSeparator) {  // W-BAT-01, W-BAT-03
    EXPECT_EQ(messages_of(Serializer::json, "[1]\x1E"), (Messages{"[1]"}));
    EXPECT_EQ(messages_of(Serializer::json, "[1]\x1E[2]\x1E"), (Messages{"[1]", "[2]"}));
    EXPECT_EQ(messages_of(Serializer::json, "[1]\x18[2]\x18"), (Messages{"[1]", "[2]"}));
    EXPECT_EQ(separator_of("[1]\x18"), autobahn_batch_separator);
}

TEST(Batch, IsRefusedWhereItIsNotComplete) {  // W-BAT-02
    for (const char* text : {"", "[1]", "\x1E", "[1]\x1E\x1E", "[1]\x1E[2]", "[1]\x1E "})
        EXPECT_FALSE(is_valid_batch(Serializer::json, text)) << text;
    for (const Serializer serializer : {Serializer::msgpack, Serializer::cbor}) {
        for (const char* text :
             {"", "00", "000000", "00000000", "00000001", "00000002 61", "ffffffff 61",
              "00000001 61 00", "00000001 61 00000000", "00000001 61 00000002 62"})
            EXPECT_FALSE(is_valid_batch(serializer, unhex(text))) << text;
    }
}

TEST(Batch, OfOneMessageIsReadBack) {
    for (const Serializer serializer : all_serializers) {
        for (const std::string& message : {std::string("[1]"), std::string(300, 'y')}) {
            const std::string batch = batch_prefix(serializer, message.size()) + message +
                                      std::string(batch_suffix(serializer, batch_separator));
            EXPECT_EQ(messages_of(serializer, batch), Messages{message});
        }
    }
}

}  // namespace
}  // namespace sallyport::wamp
