#include "wamp/codec/codec.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/vectors/vectors.h"
#include "wamp/base/uri.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

// A JSON text as the given serializer would say it.
std::string in(Serializer serializer, const std::string& json) {
    if (serializer == Serializer::json) return json;
    const auto tree = nlohmann::json::parse(json);
    const auto bytes = serializer == Serializer::cbor ? nlohmann::json::to_cbor(tree)
                                                      : nlohmann::json::to_msgpack(tree);
    return {bytes.begin(), bytes.end()};
}

std::string outcome(Serializer serializer, std::string_view bytes,
                    const MessageLimits& limits = {}) {
    const auto message = decode(serializer, bytes, limits);
    return std::string(message ? to_string(type_of(*message)) : to_string(message.error()));
}

// The one outcome in every serializer.
std::string outcomes(const std::string& json, const MessageLimits& limits = {}) {
    const std::string first = outcome(Serializer::json, json, limits);
    for (const Serializer serializer : {Serializer::msgpack, Serializer::cbor}) {
        const std::string other = outcome(serializer, in(serializer, json), limits);
        if (other != first)
            return first + " but " + other + " in " + std::string(to_string(serializer));
    }
    return first;
}

Message decoded(Serializer serializer, std::string_view bytes) {
    auto message = decode(serializer, bytes, {});
    EXPECT_TRUE(message) << to_string(message.error());
    return message ? std::move(*message) : Message(Published{});
}

TEST(Decode, TakesACallApartAndBorrowsItsPayload) {  // W-MSG-12
    for (Serializer serializer : all_serializers) {
        const std::string bytes =
            in(serializer, R"([48,7,{"timeout":5,"x_a":[1]},"com.add",[1,2],{"k":null}])");
        const Message message = decoded(serializer, bytes);
        const Call* call = std::get_if<Call>(&message);
        ASSERT_NE(call, nullptr);
        EXPECT_EQ(call->request, 7U);
        EXPECT_EQ(call->procedure, "com.add");
        EXPECT_EQ(call->options, (Dict{{"timeout", 5}, {"x_a", List{1}}}));
        EXPECT_EQ(call->payload.serializer, serializer);
        EXPECT_EQ(call->payload.args, in(serializer, "[1,2]"));
        EXPECT_EQ(call->payload.kwargs, in(serializer, R"({"k":null})"));
        EXPECT_GE(call->payload.args.data(), bytes.data());
        EXPECT_LE(call->payload.kwargs.data() + call->payload.kwargs.size(),
                  bytes.data() + bytes.size());
    }
}

TEST(Decode, SpansOfJsonLeaveTheSpaceAroundThemOut) {
    const Message message =
        decoded(Serializer::json, " [ 50 , 1 , { } , [ 1 ] , { \"a\" : 2 } ] \n");
    EXPECT_EQ(payload_of(message)->args, "[ 1 ]");
    EXPECT_EQ(payload_of(message)->kwargs, "{ \"a\" : 2 }");
}

TEST(Decode, EmptyArgsAndKwargsAreAbsent) {  // W-MSG-09
    for (const char* text : {"[50,1,{}]", "[50,1,{},[]]", "[50,1,{},[],{}]"}) {
        for (Serializer serializer : all_serializers)
            EXPECT_TRUE(payload_of(decoded(serializer, in(serializer, text)))->empty()) << text;
    }
    EXPECT_TRUE(payload_of(decoded(Serializer::json, "[50,1,{},[ ],{\t}]"))->empty());
    EXPECT_TRUE(
        payload_of(decoded(Serializer::msgpack, unhex("95 32 01 80 dc0000 de0000")))->empty());
}

TEST(Decode, RefusesWhatIsNoMessage) {  // W-MSG-01
    for (const char* text : {"{}", "[]", "1", "null", "\"x\"", "[\"48\",1]", "[1.0]", "[true]",
                             "[null]", "[[48]]", "[-1]", "{\"a\":[1]}"}) {
        EXPECT_EQ(outcomes(text), "not a message") << text;
    }
    for (const char* text : {"", " ", "{", "[48", "[48,", "\xEF\xBB\xBF[48,1,{},\"a\"]",
                             "[48,1,{},\"a\"]]", "[48,1,{},\"a\"] x", "[48 1]", "[,48]"}) {
        EXPECT_EQ(outcome(Serializer::json, text), "malformed") << text;
    }
    for (const char* text :
         {"", "c1", "92 06", "93 06 80 a161 00", "94 30 01 80 a1ff", "dd 00000003 06 80"}) {
        EXPECT_EQ(outcome(Serializer::msgpack, unhex(text)), "malformed") << text;
    }
}

TEST(Decode, RefusesUnknownTypes) {  // W-MSG-03
    for (const char* text : {"[0,1]", "[7,1]", "[37,1]", "[255,1]", "[256,1]", "[337,1]",
                             "[1024,1]", "[18446744073709551615]"}) {
        EXPECT_EQ(outcomes(text), "unknown message type") << text;
    }
}

TEST(Decode, RefusesWrongNumbersOfElements) {  // W-MSG-02
    for (const char* text :
         {"[48]", "[48,1]", "[48,1,{}]", "[48,1,{},\"a\",[],{},1]", "[6,{}]", "[6,{},\"a\",[]]",
          "[17,1]", "[17,1,2,3]", "[34,1]", "[34,1,2,{},{}]", "[35]", "[35,0]", "[35,5,{}]",
          "[67,0]", "[67,5,{}]", "[67,0,{},{}]"}) {
        EXPECT_EQ(outcomes(text), "wrong number of elements") << text;
    }
    EXPECT_EQ(outcomes("[34,1,2]"), "UNSUBSCRIBE");
    EXPECT_EQ(outcomes("[34,1,2,{}]"), "UNSUBSCRIBE");
    EXPECT_EQ(outcomes("[35,5]"), "UNSUBSCRIBED");
    EXPECT_EQ(outcomes("[35,0,{}]"), "UNSUBSCRIBED");
}

TEST(Decode, ChecksIds) {  // W-ID-01, W-MSG-10
    EXPECT_EQ(outcomes("[17,1,9007199254740992]"), "PUBLISHED");
    for (const char* id : {"0", "-1", "9007199254740993", "18446744073709551615", "1.0", "1e0",
                           "\"1\"", "true", "null", "[1]", "{}"}) {
        EXPECT_EQ(outcomes("[17,1," + std::string(id) + "]"), "element of the wrong type") << id;
        EXPECT_EQ(outcomes("[17," + std::string(id) + ",1]"), "element of the wrong type") << id;
    }
    // float32 and float64 with integral values, and a signed encoding of a positive id
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("93 11 ca3f800000 01")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("93 11 cb3ff0000000000000 01")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("93 11 d30000000000000001 d001")), "PUBLISHED");
    EXPECT_EQ(outcome(Serializer::cbor, unhex("83 11 fb3ff0000000000000 01")),
              "element of the wrong type");
}

TEST(Decode, TakesIdsOfMoreThan32BitsAsJavaScriptWritesThem) {  // W-MSG-10
    const auto outcome_of = [](const std::string& number) {
        const std::string cbor = outcome(Serializer::cbor, unhex("83 11 01 fb" + number));
        EXPECT_EQ(outcome(Serializer::msgpack, unhex("93 11 01 cb" + number)), cbor) << number;
        return cbor;
    };
    EXPECT_EQ(outcome_of("41f0000000000000"), "PUBLISHED");  // 2^32
    EXPECT_EQ(outcome_of("433fffffffffffff"), "PUBLISHED");  // 2^53 - 1
    EXPECT_EQ(outcome_of("4340000000000000"), "PUBLISHED");  // 2^53
    const Message message = decoded(Serializer::cbor, unhex("83 11 01 fb43303946e04c2d2c"));
    EXPECT_EQ(std::get<Published>(message).publication, 4566576200953132u);
    for (const char* number : {"41efffffffe00000",     // 2^32 - 1
                               "41f0000000080000",     // 2^32 + 0.5
                               "4340000000000001",     // 2^53 + 2
                               "c3303946e04c2d2c",     // negative
                               "7ff0000000000000",     // infinite
                               "7ff8000000000000"}) {  // not a number
        EXPECT_EQ(outcome_of(number), "element of the wrong type") << number;
    }
}

TEST(Decode, ChecksTheOtherElements) {  // W-MSG-02, W-MSG-14
    for (const char* text :
         {"[48,1,{},5]", "[48,1,[],\"a\"]", "[48,1,null,\"a\"]", "[48,1,{},null]",
          "[48,1,{},\"a\",{}]", "[48,1,{},\"a\",false]", "[48,1,{},\"a\",[],[]]",
          "[48,1,{},\"a\",[],false]", "[48,1,{},\"a\",\"args\"]", "[1,null,{}]", "[5,1,{}]",
          "[8,5,1,{},\"a\"]", "[8,50,1,{},\"a\"]", "[8,\"48\",1,{},\"a\"]"}) {
        EXPECT_EQ(outcomes(text), "element of the wrong type") << text;
    }
    for (int type : {16, 32, 34, 48, 49, 64, 66, 68, 70})
        EXPECT_EQ(outcomes("[8," + std::to_string(type) + ",1,{},\"a\"]"), "ERROR");
    EXPECT_EQ(outcomes("[5,\"\",{}]"), "AUTHENTICATE");
}

// W-MSG-09, W-MSG-14: what was absent is absent again, and never null, for the receivers.
TEST(Decode, TakesNullForAbsentArgsAndKwargs) {
    for (const char* head : {"[8,68,1,{},\"a\"", "[16,1,{},\"a\"", "[36,1,2,{}", "[48,1,{},\"a\"",
                             "[50,1,{}", "[68,1,2,{}", "[70,1,{}", "[3,{},\"a\""}) {
        for (const char* tail : {",null]", ",null,null]", ",[],null]", ",null,{}]"}) {
            for (Serializer serializer : all_serializers) {
                const std::string bytes = in(serializer, std::string(head) + tail);
                const Message message = decoded(serializer, bytes);
                EXPECT_EQ(encode(serializer, message).message(),
                          in(serializer, std::string(head) + "]"))
                    << head << tail;
            }
        }
    }
    for (Serializer serializer : all_serializers) {
        const auto again = [&](const char* text) {
            const std::string bytes = in(serializer, text);
            return std::string(encode(serializer, decoded(serializer, bytes)).message());
        };
        EXPECT_EQ(again(R"([48,1,{},"a",null,{"b":1}])"),
                  in(serializer, R"([48,1,{},"a",[],{"b":1}])"));
        EXPECT_EQ(again(R"([48,1,{},"a",[null],null])"), in(serializer, R"([48,1,{},"a",[null]])"));
    }
    EXPECT_EQ(outcome(Serializer::json, R"([48,1,{},"a",nul])"), "malformed");
    EXPECT_EQ(outcome(Serializer::json, R"([48,1,{},"a",[],nil])"), "malformed");
    EXPECT_EQ(outcomes(R"([48,1,{},"a",null,null,null])"), "wrong number of elements");
}

// W-SER-07: `undefined` as JavaScript's MessagePack libraries write it, fixext 1 of type 0 and 0.
TEST(Decode, TakesUndefinedForWhatIsAbsent) {
    const auto again = [](std::string_view hex) {
        const std::string bytes = unhex(hex);
        return std::string(
            encode(Serializer::msgpack, decoded(Serializer::msgpack, bytes)).message());
    };
    EXPECT_EQ(again("94 30 01 82 a161 d40000 a162 01 a170"), unhex("94 30 01 81 a162 01 a170"));
    EXPECT_EQ(again("94 30 01 81 a161 82 a162 d40000 a163 c3 a170"),
              unhex("94 30 01 81 a161 81 a163 c3 a170"));
    EXPECT_EQ(again("95 30 01 80 a170 d40000"), unhex("94 30 01 80 a170"));
    EXPECT_EQ(again("96 30 01 80 a170 9101 d40000"), unhex("95 30 01 80 a170 9101"));
    EXPECT_EQ(again("96 30 01 80 a170 91d40000 81a161d40000"),
              unhex("96 30 01 80 a170 91d40000 81a161d40000"))
        << "a payload stays as it is";
    for (const char* refused :
         {"94 30 01 81 a161 d40001 a170", "94 30 01 81 a161 d40100 a170",
          "94 30 01 81 a161 d5000000 a170", "94 30 01 d40000 a170",
          "94 30 01 81 a161 91d40000 a170", "94 30 d40000 80 a170", "95 30 01 80 a170 d40001"}) {
        EXPECT_EQ(outcome(Serializer::msgpack, unhex(refused)), "element of the wrong type")
            << refused;
    }
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 82 a161 d40000 a161 01 a170")),
              "duplicate key");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 81 a161 d400")), "malformed");
}

// W-MSG-06, W-SER-07: an option that is undefined has no type that could be wrong.
TEST(Decode, DoesNotJudgeTheTypeOfAnUndefinedOption) {
    const std::string undefined = unhex("94 30 01 81 ab646973636c6f73655f6d65 d40000 a170");
    EXPECT_EQ(std::get<Call>(decoded(Serializer::msgpack, undefined)).options, Dict{});
    EXPECT_EQ(outcomes(R"([48,1,{"disclose_me":null},"p"])"), "option of the wrong type");
}

TEST(DecodeValue, HasNoUndefined) {  // W-SER-09
    EXPECT_FALSE(decode_value(Serializer::msgpack, unhex("81 a161 d40000"), {}));
    EXPECT_FALSE(decode_value(Serializer::msgpack, unhex("d40000"), {}));
}

TEST(Decode, CountsNothingAndUndefinedAsValues) {  // W-MSG-11
    MessageLimits limits;
    limits.elements = 6;
    EXPECT_EQ(outcomes(R"([48,1,{},"a",null,null])", limits), "CALL");
    limits.elements = 5;
    EXPECT_EQ(outcomes(R"([48,1,{},"a",null,null])", limits), "too many elements");
    limits.elements = 4;
    const std::string undefined = unhex("94 30 01 81 a161 d40000 a170");
    EXPECT_EQ(outcome(Serializer::msgpack, undefined, limits), "too many elements");
    limits.elements = 5;
    EXPECT_EQ(outcome(Serializer::msgpack, undefined, limits), "CALL");
}

TEST(Decode, RefusesDuplicateKeysInTheEnvelopeAndInKwargs) {  // W-MSG-08
    for (const char* text :
         {R"([48,1,{"a":1,"a":2},"p"])", R"([48,1,{"x":{"a":1,"\u0061":2}},"p"])",
          R"([48,1,{},"p",[],{"a":1,"b":2,"a":3}])", R"([48,1,{},"p",[],{"a":1,"\u0061":3}])"}) {
        EXPECT_EQ(outcome(Serializer::json, text), "duplicate key") << text;
    }
    for (const char* text : {"94 30 01 82a16101a16102 a170", "94 30 01 81a17882a16101a16102 a170",
                             "96 30 01 80 a170 90 82a16101d9016102"}) {
        EXPECT_EQ(outcome(Serializer::msgpack, unhex(text)), "duplicate key") << text;
    }
    EXPECT_EQ(outcome(Serializer::json, R"([48,1,{},"p",[{"a":1,"a":2}],{"a":{"b":1,"b":2}}])"),
              "CALL");
}

TEST(Decode, RefusesKeysThatAreNoStringsWhereTheyMatter) {  // W-MSG-08, W-SER-07
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 810101 a170")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("96 30 01 80 a170 90 810101")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("96 30 01 80 a170 90 81c4016101")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("96 30 01 80 a170 91810101 81a161810101")),
              "CALL");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 81a161d40100 a170")),
              "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("95 30 01 80 a170 91d40100")), "CALL");
}

TEST(Decode, RefusesEnvelopeTextThatAJsonPeerWouldTakeForBinary) {  // W-SER-05
    EXPECT_EQ(outcome(Serializer::json, R"([48,1,{},"\u0000"])"), "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 80 a100")), "element of the wrong type");
    EXPECT_EQ(outcome(Serializer::msgpack, unhex("94 30 01 81a178a100 a170")),
              "element of the wrong type");
    const Message message = decoded(Serializer::json, R"([48,1,{"x_b":"\u0000AP8="},"p"])");
    EXPECT_EQ(std::get<Call>(message).options, (Dict{{"x_b", Bytes{std::string("\0\xFF", 2)}}}));
}

TEST(Decode, RefusesOptionsOfTheWrongType) {  // W-MSG-06
    for (const char* text : {R"([48,1,{"timeout":-1},"p"])", R"([48,1,{"progress":1},"p"])",
                             R"([49,1,{"mode":"soft"}])", R"([64,1,{"match":"regex"},"p"])",
                             R"([1,"r",{"roles":[]}])"}) {
        EXPECT_EQ(outcomes(text), "option of the wrong type") << text;
    }
    EXPECT_EQ(outcomes(R"([48,1,{"whatever":-1},"p"])"), "CALL");
}

TEST(Decode, HoldsEveryLimitAndStopsOnePastIt) {  // W-MSG-11
    MessageLimits limits;
    limits.message_bytes = 23;
    EXPECT_EQ(outcome(Serializer::json, "[48,1,{},\"p\",[1,2,3,45]]", limits), "too large");
    EXPECT_EQ(outcome(Serializer::json, "[48,1,{},\"p\",[1,2,3,4]]", limits), "CALL");

    const std::string uri(uri_bytes_max, 'u');
    EXPECT_EQ(outcomes("[48,1,{},\"" + uri + "\"]"), "CALL");
    EXPECT_EQ(outcomes("[48,1,{},\"" + uri + "u\"]"), "URI too long");
    EXPECT_EQ(outcomes("[1,\"" + uri + "u\",{}]"), "URI too long");
    EXPECT_EQ(outcomes("[5,\"" + uri + "u\",{}]"), "AUTHENTICATE");

    limits = {};
    limits.option_keys = 2;
    EXPECT_EQ(outcomes(R"([48,1,{"a":1,"b":{"a":1,"b":2}},"p"])", limits), "CALL");
    EXPECT_EQ(outcomes(R"([48,1,{"a":1,"b":2,"c":3},"p"])", limits), "too many elements");
    EXPECT_EQ(outcomes(R"([48,1,{"a":{"a":1,"b":2,"c":3}},"p"])", limits), "too many elements");
    EXPECT_EQ(outcomes(R"([48,1,{},"p",[],{"a":1,"b":2,"c":3}])", limits), "CALL");

    limits = {};
    limits.option_values = 3;
    EXPECT_EQ(outcomes(R"([48,1,{"a":[1,2]},"p",[1,2,3,4]])", limits), "CALL");
    EXPECT_EQ(outcomes(R"([48,1,{"a":[1,2,3]},"p"])", limits), "too many elements");

    limits = {};
    limits.depth = 4;
    EXPECT_EQ(outcomes(R"([48,1,{"a":[[]]},"p",[[[]]],{"a":[[]]}])", limits), "CALL");
    EXPECT_EQ(outcomes(R"([48,1,{"a":[[[]]]},"p"])", limits), "nested too deep");
    EXPECT_EQ(outcomes(R"([48,1,{},"p",[[[[]]]]])", limits), "nested too deep");
    EXPECT_EQ(outcomes(R"([48,1,{},"p",[],{"a":[[[]]]}])", limits), "nested too deep");

    limits = {};
    limits.elements = 6;
    EXPECT_EQ(outcomes(R"([48,1,{},"p",[1]])", limits), "CALL");
    EXPECT_EQ(outcomes(R"([48,1,{},"p",[1,2]])", limits), "too many elements");
    EXPECT_EQ(outcomes(R"([48,1,{"a":1},"p",[1]])", limits), "too many elements");
}

TEST(Decode, FailsForEveryPrefixOfAMessage) {
    const std::string json =
        R"([48,7,{"timeout":5,"x":["y",{"z":-1.5e3}]},"com.add",[1,"two",null],{"k":{"l":true}}])";
    for (Serializer serializer : all_serializers) {
        const std::string bytes = in(serializer, json);
        EXPECT_EQ(outcome(serializer, bytes), "CALL");
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            // Its own buffer: one byte too far is seen.
            const std::string cut = bytes.substr(0, size);
            EXPECT_EQ(outcome(serializer, cut), "malformed") << size;
        }
    }
}

TEST(Encode, OmitsEmptyArgsAndWritesAnEmptyListBeforeLoneKwargs) {  // W-MSG-09
    const auto text = [](const Message& message) {
        std::string out;
        encode_to(out, Serializer::json, message);
        return out;
    };
    EXPECT_EQ(text(Call{1, {}, "p", {Serializer::json, "", ""}}), R"([48,1,{},"p"])");
    EXPECT_EQ(text(Call{1, {}, "p", {Serializer::json, "[1]", ""}}), R"([48,1,{},"p",[1]])");
    EXPECT_EQ(text(Call{1, {}, "p", {Serializer::json, "", "{\"a\":1}"}}),
              R"([48,1,{},"p",[],{"a":1}])");
    EXPECT_EQ(text(Call{1, {{"a", true}}, "p", {Serializer::json, "[1]", "{\"a\":1}"}}),
              R"([48,1,{"a":true},"p",[1],{"a":1}])");
    std::string bytes;
    encode_to(bytes, Serializer::msgpack,
              CallResult{1, {}, {Serializer::msgpack, "", "\x81\xA1\x61\x01"}});
    EXPECT_EQ(hex(bytes),
              "95320180"
              "90"
              "81a16101");
}

TEST(Encode, LeavesOutOptionalDictionariesAndTheArgumentsOfAbort) {  // W-MSG-13
    const auto text = [](const Message& message) {
        std::string out = ">";
        encode_to(out, Serializer::json, message);
        return out;
    };
    EXPECT_EQ(text(Unsubscribe{1, 2, {}}), ">[34,1,2]");
    EXPECT_EQ(text(Unregister{1, 2, {{"a", 1}}}), ">[66,1,2,{\"a\":1}]");
    EXPECT_EQ(text(Unsubscribed{3, {}}), ">[35,3]");
    EXPECT_EQ(text(Unregistered{0, {{"registration", 1}}}), ">[67,0,{\"registration\":1}]");
    EXPECT_EQ(text(Abort{{}, "r", {Serializer::json, "[1]", ""}}), ">[3,{},\"r\"]");
    EXPECT_EQ(text(Error{MessageType::call, 1, {}, "e", {}}), ">[8,48,1,{},\"e\"]");
}

TEST(Encode, MakesTheSameBytesAsAFrameAndAppended) {
    for (Serializer serializer : all_serializers) {
        const OwnedPayload payload = make_payload(serializer, {1, "two"}, {{"three", 3.0}});
        const Message message = Event{1, 2, {{"topic", "a.b"}}, payload.view()};
        std::string appended;
        encode_to(appended, serializer, message);
        EXPECT_EQ(encode(serializer, message).message(), appended);
        EXPECT_EQ(outcome(serializer, appended), "EVENT");
    }
}

TEST(Arguments, AreReadBackAndEmptyWhereThereAreNone) {
    for (Serializer serializer : all_serializers) {
        const OwnedPayload payload = make_payload(serializer, {1, "two"}, {{"three", 3.0}});
        EXPECT_EQ(args_of(payload.view()), (List{1, "two"}));
        EXPECT_EQ(kwargs_of(payload.view()), (Dict{{"three", 3.0}}));
        EXPECT_EQ(args_of({serializer, {}, {}}), List{});
        EXPECT_EQ(kwargs_of({serializer, {}, {}}), Dict{});
    }
}

TEST(Arguments, AreNothingWhereTheyCannotBeRead) {
    EXPECT_EQ(args_of({Serializer::json, "[1", ""}), std::nullopt);
    EXPECT_EQ(args_of({Serializer::json, "{}", ""}), std::nullopt);
    EXPECT_EQ(kwargs_of({Serializer::msgpack, "", "\x91\x01"}), std::nullopt);
}

TEST(EncodeDeathTest, APayloadInAnotherSerializerIsAFaultOfOurs) {
    const Message message = Call{1, {}, "p", {Serializer::json, "[1]", ""}};
    EXPECT_DEATH(encode(Serializer::msgpack, message), "payload.serializer == serializer");
}

TEST(EncodeValue, ReadsBackInBothSerializers) {
    const Value value =
        Dict{{"a", List{1, -2, 3.5, true, Value(), "text", Bytes{std::string("\0\1", 2)}}},
             {"b", Dict{}}};
    for (Serializer serializer : all_serializers) {
        const auto back = decode_value(serializer, encode_value(serializer, value), {});
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, value);
    }
    MessageLimits limits;
    limits.message_bytes = 3;
    EXPECT_EQ(decode_value(Serializer::json, "1234", limits).error(), DecodeError::too_large);
}

TEST(MakePayload, LeavesEmptyPartsAbsent) {
    for (Serializer serializer : all_serializers) {
        EXPECT_TRUE(make_payload(serializer, {}).view().empty());
        EXPECT_EQ(make_payload(serializer, {1}).view().kwargs, "");
        EXPECT_EQ(make_payload(serializer, {}, {{"a", 1}}).view().args, "");
        EXPECT_EQ(make_payload(serializer, {1, 2}).view().args, in(serializer, "[1,2]"));
    }
}

TEST(DecodeError, HasADifferentNameForEachReason) {
    std::set<std::string_view> names;
    for (int error = 0; error <= static_cast<int>(DecodeError::uri_too_long); ++error) {
        names.insert(to_string(static_cast<DecodeError>(error)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(DecodeError::uri_too_long) + 1);
}

}  // namespace
}  // namespace sallyport::wamp
