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

std::string to_json(std::string_view text, Serializer from = Serializer::msgpack) {
    const std::string bytes = unhex(text);
    const auto result = transcode({from, bytes, ""}, Serializer::json);
    return result ? std::string(result->view().args) : failure(result.error());
}

std::string cbor_to_json(std::string_view cbor_hex) {
    return to_json(cbor_hex, Serializer::cbor);
}

std::string cbor_to_msgpack(std::string_view cbor_hex) {
    const std::string bytes = unhex(cbor_hex);
    const auto result = transcode({Serializer::cbor, bytes, ""}, Serializer::msgpack);
    return result ? hex(result->view().args) : failure(result.error());
}

std::string msgpack_to_cbor(std::string_view msgpack_hex) {
    const std::string bytes = unhex(msgpack_hex);
    const auto result = transcode({Serializer::msgpack, bytes, ""}, Serializer::cbor);
    return result ? hex(result->view().args) : failure(result.error());
}

std::string json_to_cbor(std::string_view json) {
    const auto result = transcode({Serializer::json, json, ""}, Serializer::cbor);
    return result ? hex(result->view().args) : failure(result.error());
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

TEST(Transcode, RefusesWhatJsonCannotRepresent) {  // W-SER-05, W-SER-09, W-SEC-18
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

TEST(Transcode, KeepsWhatMessagePackAndCborHaveInCommon) {  // W-SER-10
    EXPECT_EQ(msgpack_to_cbor("9a cfffffffffffffffff d38000000000000000 ff ca3fc00000"
                              " cb3ff199999999999a 80 90 c0 c3 c40100"),
              "8a1bffffffffffffffff3b7fffffffffffffff20fb3ff8000000000000fb3ff199999999999aa080"
              "f6f54100");
    EXPECT_EQ(cbor_to_msgpack("8a 1bffffffffffffffff 3b7fffffffffffffff 20 f93e00"
                              " fb3ff199999999999a a0 80 f6 f5 4100"),
              "9acfffffffffffffffffd38000000000000000ffcb3ff8000000000000cb3ff199999999999a8090"
              "c0c3c40100");
    // Keys of any type, numbers that are not finite, and text that begins with NUL.
    EXPECT_EQ(msgpack_to_cbor("93 81 01 9102 cb7ff0000000000000 a100"),
              "83a1018102fb7ff00000000000006100");
    EXPECT_EQ(cbor_to_msgpack("83 a1 01 8102 f97c00 6100"), "9381019102cb7ff0000000000000a100");
    EXPECT_EQ(msgpack_to_cbor("91 d40100"), "not representable");
}

TEST(Transcode, CountsTheItemsOfIndefiniteLengths) {  // W-SER-08
    const char* cbor =
        "9f 9f ff bf ff 82 9f 01 ff a1 6161 bf 6162 7f 6163 6164 ff 6165 9f ff ff"
        " 9f 9f 9f 05 06 ff ff 07 ff 5f 4101 40 4102 ff ff";
    EXPECT_EQ(cbor_to_json(cbor),
              R"([[],{},[[1],{"a":{"b":"cd","e":[]}}],[[[5,6]],7],"\u0000AQI="])");
    EXPECT_EQ(cbor_to_msgpack(cbor),
              "959080929101"
              "81a16182a162a26364a16590"
              "929192050607"
              "c4020102");
    EXPECT_EQ(cbor_to_json("84 00 9f 01 ff 82 02 9f 03 04 ff 05"), "[0,[1],[2,[3,4]],5]");
    EXPECT_EQ(cbor_to_json("9f a1 6161 bf ff c2 4101 d9d9f7 9f 01 ff ff"), R"([{"a":{}},1,[1]])");
    EXPECT_EQ(cbor_to_msgpack("9f bf 01 9f 02 ff ff ff"), "9181019102");
}

TEST(Transcode, KnowsTheCborThatOthersWrite) {  // W-SER-08, W-SER-09
    EXPECT_EQ(cbor_to_json("83 f7 c2 48 ffffffffffffffff c3 48 7fffffffffffffff"),
              "[null,18446744073709551615,-9223372036854775808]");
    EXPECT_EQ(cbor_to_json("82 d840 4200ff d9d9f7 01"), R"(["\u0000AP8=",1])");
    for (const char* text : {"81 c2 49 010000000000000000", "81 c3 48 8000000000000000",
                             "81 3bffffffffffffffff", "81 c0 6161", "81 c1 00", "81 d840 6161",
                             "81 f0", "81 f8ff", "81 c2 5f 4101 ff", "81 c2 01"}) {
        EXPECT_EQ(cbor_to_json(text), "not representable") << text;
        EXPECT_EQ(cbor_to_msgpack(text), "not representable") << text;
    }
    for (const char* text :
         {"81 f97e00", "81 f97c00", "81 6100", "81 a1 01 01", "81 a1 4161 01", "81 a1 8101 01"})
        EXPECT_EQ(cbor_to_json(text), "not representable") << text;
}

TEST(Transcode, WritesCborFromJson) {  // W-SER-03, W-SER-04
    EXPECT_EQ(json_to_cbor(R"([[],{"a":[1,-2]},true,null,1.5,"\u00e9","\u0000AP8="])"),
              "8780a1616182"
              "0121f5f6fb3ff800000000000062c3a94200ff");
    EXPECT_EQ(json_to_cbor("[18446744073709551616]"), "not representable");
    EXPECT_EQ(json_to_cbor(R"(["\u0000!"])"), "bad binary");
}

TEST(Transcode, GoesAsDeepFromCbor) {
    const std::size_t depth = depth_max - 1;
    const std::string json = std::string(depth, '[') + std::string(depth, ']');
    const std::string definite = std::string(depth - 1, '\x81') + '\x80';
    const std::string indefinite = std::string(depth, '\x9F') + std::string(depth, '\xFF');
    EXPECT_EQ(cbor_to_json(hex(definite)), json);
    EXPECT_EQ(cbor_to_json(hex(indefinite)), json);
    EXPECT_EQ(json_to_cbor(json), hex(definite));
}

}  // namespace
}  // namespace sallyport::wamp
