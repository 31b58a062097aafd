#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"
#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

std::string failure(TranscodeError error) {
    switch (error) {
        case TranscodeError::not_representable:
            return "not representable";
        case TranscodeError::bad_binary:
            return "bad binary";
    }
    return "";
}

std::string to_msgpack(std::string_view json) {
    const auto result = transcode({Serializer::json, json, ""}, Serializer::msgpack);
    return result ? hex(result->view().args) : failure(result.error());
}

std::string to_json(std::string_view msgpack_hex) {
    const std::string bytes = unhex(msgpack_hex);
    const auto result = transcode({Serializer::msgpack, bytes, ""}, Serializer::json);
    return result ? std::string(result->view().args) : failure(result.error());
}

TEST(Transcode, LeavesAPayloadOfTheSameSerializerAsItIs) {
    const auto result = transcode({Serializer::json, "[ 1e5 ]", "{\"a\" :1}"}, Serializer::json);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->view().args, "[ 1e5 ]");
    EXPECT_EQ(result->view().kwargs, "{\"a\" :1}");
}

TEST(Transcode, KeepsAbsentAbsentAndDoesBothParts) {  // W-MSG-09
    const auto none = transcode({Serializer::json, "", ""}, Serializer::msgpack);
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->view().empty());
    EXPECT_EQ(none->view().serializer, Serializer::msgpack);
    const auto both = transcode({Serializer::json, "[1]", R"({"a":[]})"}, Serializer::msgpack);
    ASSERT_TRUE(both);
    EXPECT_EQ(hex(both->view().args), "9101");
    EXPECT_EQ(hex(both->view().kwargs), "81a16190");
    EXPECT_FALSE(transcode({Serializer::json, "[1]", R"({"a":"\u0000!"})"}, Serializer::msgpack));
}

TEST(Transcode, GivesContainersTheirNumbersOfItems) {
    EXPECT_EQ(to_msgpack(" [ ] "), "90");
    EXPECT_EQ(to_msgpack("[[],{},[1],[ { } ],{\"a\":[1,2],\"b\":{\"c\":[]}}]"),
              "95"
              "90"
              "80"
              "9101"
              "9180"
              "82a161920102a16281a16390");
    EXPECT_EQ(to_msgpack("[\"a,b\",\"[{\\\"\"]"), "92a3612c62a35b7b22");
    EXPECT_EQ(to_json("95 90 80 9101 9180 82a161920102a16281a16390"),
              R"([[],{},[1],[{}],{"a":[1,2],"b":{"c":[]}}])");
}

TEST(Transcode, KeepsNumbersExact) {  // W-SER-03, W-SER-10
    EXPECT_EQ(to_msgpack("[18446744073709551615,-9223372036854775808,9007199254740993]"),
              "93cfffffffffffffffffd38000000000000000cf0020000000000001");
    EXPECT_EQ(to_msgpack("[1.0,-0.0,1e2,0.1]"),
              "94cb3ff0000000000000cb8000000000000000cb4059000000000000cb3fb999999999999a");
    EXPECT_EQ(to_json("93 cfffffffffffffffff d38000000000000000 ff"),
              "[18446744073709551615,-9223372036854775808,-1]");
    EXPECT_EQ(to_json("93 ca3f800000 cb8000000000000000 ca3dcccccd"),
              "[1.0,-0.0,0.10000000149011612]");
    EXPECT_EQ(to_msgpack("[18446744073709551616]"), "not representable");
    EXPECT_EQ(to_msgpack("[1e999]"), "not representable");
    for (const char* not_finite :
         {"91 cb7ff8000000000000", "91 ca7f800000", "91 cbfff0000000000000"}) {
        EXPECT_EQ(to_json(not_finite), "not representable") << not_finite;
    }
}

TEST(Transcode, TranslatesTextWithItsEscapes) {
    EXPECT_EQ(to_msgpack(R"(["\n\u00e9\ud83d\ude00",true,false,null])"),
              "94a70ac3a9f09f9880c3c2c0");
    EXPECT_EQ(to_json("94 a70ac3a9f09f9880 c3 c2 c0"), "[\"\\n\u00e9\U0001F600\",true,false,null]");
    EXPECT_EQ(to_msgpack("[\"" + std::string(300, 'x') + "\"]").substr(0, 8), "91da012c");
}

TEST(Transcode, TurnsBinaryIntoTheNulConventionAndBack) {  // W-SER-04
    const auto vectors = vectors::load("json-binary.json");
    for (const auto& one : vectors["ok"]) {
        const std::string bytes = unhex(one[1].get<std::string>());
        const std::string json = nlohmann::json::array({one[0]}).dump();
        std::string msgpack = hex(encode_value(Serializer::msgpack, List{Bytes{bytes}}));
        EXPECT_EQ(to_msgpack(json), msgpack);
        EXPECT_EQ(to_json(msgpack), json);
    }
    for (const auto& one : vectors["invalid"]) {
        EXPECT_EQ(to_msgpack(nlohmann::json::array({one[0]}).dump()), "bad binary") << one.dump();
    }
    for (const auto& one : vectors["not_binary"]) {
        const auto text = one[0].get<std::string>();
        EXPECT_EQ(to_msgpack(nlohmann::json::array({one[0]}).dump()),
                  hex(encode_value(Serializer::msgpack, List{text})));
    }
    EXPECT_EQ(to_msgpack(R"(["\u0000\/\/8="])"), "91c402ffff");
}

TEST(Transcode, DoesTheTranscodingVectors) {
    EXPECT_EQ(to_json("91 a400212121"), "not representable");  // str "\0!!!"
    EXPECT_EQ(to_json("91 c40200ff"), R"(["\u0000AP8="])");    // bin 00ff
    EXPECT_EQ(to_msgpack(R"(["\u0000AP8="])"), "91c40200ff");
    EXPECT_EQ(to_json("91 81 01 02"), "not representable");  // map key int
}

TEST(Transcode, RefusesWhatJsonCannotRepresent) {  // W-SER-05, W-SER-09
    for (const char* text : {"91 d40100", "91 c7000a", "91 81 c0 01", "91 81 c40161 01",
                             "91 81 9101 01", "91 81 a10001", "91 81 a10001", "92 01 a100"}) {
        EXPECT_EQ(to_json(text), "not representable") << text;
    }
    EXPECT_EQ(to_json("91 a26100"), "[\"a\\u0000\"]");
}

TEST(Transcode, LeavesKeysAloneThatOnlyLookBinary) {
    EXPECT_EQ(to_msgpack(R"([{"\u0000AP8=" : "\u0000AP8="}])"),
              "9181a500415038"
              "3d"
              "c40200ff");
}

TEST(Transcode, GoesAsDeepAsADecodedPayloadMay) {
    const std::size_t depth = depth_max - 1;  // the message's own array is a level too
    const std::string json = std::string(depth, '[') + std::string(depth, ']');
    const std::string msgpack = to_msgpack(json);
    EXPECT_EQ(msgpack, hex(std::string(depth - 1, '\x91') + '\x90'));
    EXPECT_EQ(to_json(msgpack), json);
}

}  // namespace
}  // namespace sallyport::wamp
