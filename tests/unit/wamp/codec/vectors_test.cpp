// The conformance vectors through decoder, encoder and transcoder (requirements: Test vectors).
#include "tests/vectors/vectors.h"

#include <gtest/gtest.h>

#include <string>

#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

std::string encoded(Serializer serializer, const Message& message) {
    std::string out;
    encode_to(out, serializer, message);
    return out;
}

void set_payload(Message& message, const Payload& payload) {
    std::visit(
        [&payload](auto& m) {
            if constexpr (requires { m.payload; }) m.payload = payload;
        },
        message);
}

// ABORT is always sent without its arguments (W-MSG-13).
bool is_abort_with_arguments(const nlohmann::json& vector) {
    return vector["wmsg"][0] == 3 && vector["wmsg"].size() > 3;
}

TEST(WireVectors, DecodeAndEncodeToTheSameBytes) {  // W-VEC-01, W-VEC-02, W-SER-01
    std::size_t count = 0;
    for (const auto& vector : vectors::load("wire-extra.json", "messages")) {
        for (Serializer serializer : all_serializers) {
            SCOPED_TRACE(vector["name"].get<std::string>() + " " +
                         std::string(to_string(serializer)));
            const std::string bytes =
                unhex(vector[std::string(to_string(serializer))].get<std::string>());
            const auto message = decode(serializer, bytes, {});
            ASSERT_TRUE(message) << to_string(message.error());
            EXPECT_EQ(static_cast<unsigned>(type_of(*message)), vector["wmsg"][0].get<unsigned>());
            ++count;
            if (is_abort_with_arguments(vector)) {
                EXPECT_FALSE(payload_of(*message)->empty());
                continue;
            }
            EXPECT_EQ(hex(encoded(serializer, *message)), hex(bytes));
        }
    }
    EXPECT_EQ(count, 120U);
}

TEST(WireVectors, TranscodeIntoEachOther) {  // W-SER-04, W-SER-10
    for (const auto& vector : vectors::load("wire-extra.json", "messages")) {
        if (is_abort_with_arguments(vector)) continue;
        for (std::size_t pair = 0; pair < 9; ++pair) {
            const Serializer from = all_serializers[pair / 3];
            const Serializer to = all_serializers[pair % 3];
            SCOPED_TRACE(vector["name"].get<std::string>() + " from " +
                         std::string(to_string(from)) + " to " + std::string(to_string(to)));
            const std::string bytes =
                unhex(vector[std::string(to_string(from))].get<std::string>());
            auto message = decode(from, bytes, {});
            ASSERT_TRUE(message);
            OwnedPayload owned;
            if (const Payload* payload = payload_of(*message)) {
                auto transcoded = transcode(*payload, to);
                ASSERT_TRUE(transcoded);
                owned = std::move(*transcoded);
                set_payload(*message, owned.view());
            }
            EXPECT_EQ(hex(encoded(to, *message)),
                      vector[std::string(to_string(to))].get<std::string>());
        }
    }
}

// What the decoder alone must refuse, and what it must leave to the session: URIs have answers of
// their own (W-URI-04), and so has an ERROR from the wrong side (W-MSG-05).
TEST(InvalidMessageVectors, AreRefusedByTheDecoderWhereTheyAreWrongInThemselves) {  // W-VEC-03
    std::size_t refused = 0;
    for (const auto& vector : vectors::load("invalid-messages.json", "cases")) {
        const nlohmann::json& wire = vector["wmsg"];
        const auto msgpack = nlohmann::json::to_msgpack(wire);
        const bool wrong_side =
            wire.is_array() && wire.size() == 5 && wire[0] == 8 && (wire[1] == 48 || wire[1] == 49);
        const bool expected = vector["expect"] == "protocol_violation" && !wrong_side;
        SCOPED_TRACE(vector.dump());
        EXPECT_EQ(!decode(Serializer::json, wire.dump(), {}), expected);
        EXPECT_EQ(!decode(Serializer::msgpack, std::string(msgpack.begin(), msgpack.end()), {}),
                  expected);
        const auto cbor = nlohmann::json::to_cbor(wire);
        EXPECT_EQ(!decode(Serializer::cbor, std::string(cbor.begin(), cbor.end()), {}), expected);
        refused += expected ? 1 : 0;
    }
    EXPECT_EQ(refused, 43U);
}

TEST(JsonBinaryVectors, DecodeAsValues) {  // W-SER-04
    const auto all = vectors::load("json-binary.json");
    for (const auto& one : all["ok"]) {
        const auto value = decode_value(Serializer::json, one[0].dump(), {});
        ASSERT_TRUE(value) << one.dump();
        EXPECT_EQ(*value, Value(Bytes{unhex(one[1].get<std::string>())}));
        EXPECT_EQ(encode_value(Serializer::json, *value), one[0].dump());
    }
    for (const auto& one : all["invalid"]) {
        EXPECT_FALSE(decode_value(Serializer::json, one[0].dump(), {})) << one.dump();
        const std::string message = "[50,1,{},[" + one[0].dump() + "]]";
        EXPECT_TRUE(decode(Serializer::json, message, {}))
            << "as a payload it is opaque: " << one.dump();
    }
    for (const auto& one : all["not_binary"]) {
        EXPECT_EQ(*decode_value(Serializer::json, one[0].dump(), {}),
                  Value(one[0].get<std::string>()));
    }
}

}  // namespace
}  // namespace sallyport::wamp
