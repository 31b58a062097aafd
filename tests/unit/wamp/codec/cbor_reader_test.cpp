#include "wamp/codec/cbor_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::unhex;

std::string outcome_of(std::string_view bytes, const MessageLimits& limits = {}) {
    CborReader reader(bytes, limits);
    Value value;
    return std::string(reader.read_document(value) ? "ok" : to_string(reader.error()));
}

Value value_of(std::string_view text) {
    const MessageLimits limits;
    const std::string bytes = unhex(text);
    CborReader reader(bytes, limits);
    Value value;
    EXPECT_TRUE(reader.read_document(value)) << text;
    return value;
}

// The same bytes where nothing is built from them: as the only argument of a RESULT.
std::string skipped_outcome_of(const std::string& bytes, const MessageLimits& limits = {}) {
    const std::string message = unhex("84 1832 01 a0 81") + bytes;
    const auto decoded = decode(Serializer::cbor, message, limits);
    return std::string(decoded ? "ok" : to_string(decoded.error()));
}

std::string message_outcome_of(std::string_view text) {
    const auto decoded = decode(Serializer::cbor, unhex(text), {});
    return std::string(decoded ? to_string(type_of(*decoded)) : to_string(decoded.error()));
}

TEST(CborReader, BuildsEveryKindOfValue) {  // W-SER-08, RFC 8949 appendix A
    EXPECT_EQ(value_of("f6"), Value());
    EXPECT_EQ(value_of("f7"), Value());
    EXPECT_EQ(value_of("f5"), Value(true));
    EXPECT_EQ(value_of("f4"), Value(false));
    EXPECT_EQ(value_of("26"), Value(-7));
    EXPECT_EQ(value_of("3b7fffffffffffffff"), Value(std::numeric_limits<std::int64_t>::min()));
    EXPECT_EQ(value_of("1bffffffffffffffff"), Value(~std::uint64_t{0}));
    EXPECT_EQ(value_of("f93e00"), Value(1.5));
    EXPECT_EQ(value_of("62c3bc"), Value("\xC3\xBC"));
    EXPECT_EQ(value_of("4100"), Value(Bytes{std::string(1, '\0')}));
    EXPECT_EQ(value_of("83 01 80 a0"), Value(List{1, List{}, Dict{}}));
    EXPECT_EQ(value_of("a2 6161 01 6162 82 02 03"), Value(Dict{{"a", 1}, {"b", List{2, 3}}}));
}

TEST(CborReader, BuildsTheSameFromIndefiniteLengths) {  // RFC 8949 appendix A
    EXPECT_EQ(value_of("5f 42 0102 43 030405 ff"), Value(Bytes{"\x01\x02\x03\x04\x05"}));
    EXPECT_EQ(value_of("7f 65 7374726561 64 6d696e67 ff"), Value("streaming"));
    EXPECT_EQ(value_of("9f ff"), Value(List{}));
    EXPECT_EQ(value_of("9f 01 82 02 03 9f 04 05 ff ff"), Value(List{1, List{2, 3}, List{4, 5}}));
    EXPECT_EQ(value_of("83 01 82 02 03 9f 04 05 ff"), Value(List{1, List{2, 3}, List{4, 5}}));
    EXPECT_EQ(value_of("bf 6161 01 6162 9f 02 03 ff ff"), Value(Dict{{"a", 1}, {"b", List{2, 3}}}));
    EXPECT_EQ(value_of("bf 7f 6161 6162 ff a0 ff"), Value(Dict{{"ab", Dict{}}}));
    EXPECT_EQ(message_outcome_of("9f 1832 01 bf ff 9f 01 ff bf 6161 01 ff ff"), "RESULT");
    EXPECT_EQ(message_outcome_of("9f 1832 01 bf ff ff"), "RESULT");
    EXPECT_EQ(message_outcome_of("9f 1832 01 ff"), "wrong number of elements");
    EXPECT_EQ(message_outcome_of("9f 1832 01 a0 80 a0 01 ff"), "wrong number of elements");
    EXPECT_EQ(message_outcome_of("9f ff"), "not a message");
    EXPECT_EQ(message_outcome_of("9f 1832 01 a0"), "malformed");
    EXPECT_EQ(message_outcome_of("9f 1832 01 a0 ff 00"), "malformed");
}

TEST(CborReader, RefusesInAValueWhatAJsonPeerCannotReceive) {  // W-SER-05, W-SER-08, W-SER-09
    for (const char* text : {"f97e00", "f97c00", "fb7ff8000000000000", "6100", "620061",
                             "7f 6100 6161 ff", "a1 6100 01", "a1 01 02", "a1 4161 01", "a1 80 f6",
                             "3bffffffffffffffff", "c2 49 010000000000000000", "c2 4101", "c0 6161",
                             "d9d9f7 01", "d840 4101", "f0", "f8ff", "a1 f6 01"}) {
        EXPECT_EQ(outcome_of(unhex(text)), "element of the wrong type") << text;
        EXPECT_EQ(skipped_outcome_of(unhex(text)), "ok") << text;
    }
    EXPECT_EQ(outcome_of(unhex("626100")), "ok");
}

TEST(CborReader, RefusesWhatIsNotWellFormedWhetherBuiltOrSkipped) {  // RFC 8949 appendix F
    for (const char* text : {"",
                             "ff",
                             "81",
                             "82 01",
                             "a1 6161",
                             "62 61",
                             "9bffffffffffffffff",
                             "0101",
                             "61 ff",
                             "81 61 80",
                             "a1 61ff 01",
                             "1c",
                             "81 fc",
                             "f818",
                             "9f",
                             "9f 01",
                             "9f 01 02",
                             "bf 6161 ff",
                             "bf 6161 01",
                             "bf 6161",
                             "81 ff",
                             "82 ff ff",
                             "a1 ff ff",
                             "a1 6161 ff",
                             "9f 81 ff ff",
                             "7f 61c3 61bc ff",
                             "7f 6161",
                             "5f 6161 ff",
                             "5f 5f 4161 ff ff",
                             "62c328",
                             "63eda080"}) {
        EXPECT_EQ(outcome_of(unhex(text)), "malformed") << text;
        EXPECT_EQ(skipped_outcome_of(unhex(text)), "malformed") << text;
    }
    for (const char* text : {"c1", "c1 ff", "9f c1 ff", "bf 01 ff", "bf c1 6161 ff", "1f", "3f 01"})
        EXPECT_EQ(skipped_outcome_of(unhex(text)), "malformed") << text;
}

TEST(CborReader, RefusesDuplicateKeys) {  // W-MSG-08
    EXPECT_EQ(outcome_of(unhex("a2 6161 01 6161 02")), "duplicate key");
    EXPECT_EQ(outcome_of(unhex("a2 6161 01 780161 02")), "duplicate key");
    EXPECT_EQ(outcome_of(unhex("bf 6161 01 7f 60 6161 ff 02 ff")), "duplicate key");
    EXPECT_EQ(skipped_outcome_of(unhex("a2 6161 01 6161 02")), "ok");
    EXPECT_EQ(message_outcome_of("85 1832 01 a0 80 a2 6161 01 6161 02"), "duplicate key");
    EXPECT_EQ(message_outcome_of("85 1832 01 a0 80 bf 626162 01 7f 6161 6162 ff 02 ff"),
              "duplicate key");
    EXPECT_EQ(message_outcome_of("85 1832 01 a0 80 bf 626162 01 7f 6161 6163 ff 02 ff"), "RESULT");
}

TEST(CborReader, RefusesKeysThatAreNoStringsWhereTheyMatter) {  // W-MSG-08, W-SER-08
    EXPECT_EQ(message_outcome_of("84 1830 01 a1 01 01 6170"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("86 1830 01 a0 6170 80 a1 01 01"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("86 1830 01 a0 6170 80 a1 c1 6161 01"),
              "element of the wrong type");
    EXPECT_EQ(message_outcome_of("86 1830 01 a0 6170 81 a1 01 01 a1 6161 a1 01 01"), "CALL");
}

TEST(CborReader, TakesNothingButPlainValuesInAnEnvelope) {  // W-MSG-02, W-SER-08
    EXPECT_EQ(message_outcome_of("84 1830 01 a0 6170"), "CALL");
    EXPECT_EQ(message_outcome_of("84 1830 c24101 a0 6170"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("84 1830 f93c00 a0 6170"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("84 1830 01 a1 6161 c001 6170"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("84 1830 01 a0 c0 6170"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("84 1830 01 a0 6100"), "element of the wrong type");
    EXPECT_EQ(message_outcome_of("d9d9f7 84 1830 01 a0 6170"), "not a message");
    EXPECT_EQ(message_outcome_of("84 6161 01 a0 6170"), "not a message");
    EXPECT_EQ(message_outcome_of("a0"), "not a message");
    EXPECT_EQ(message_outcome_of("84 1830 01 a0 7f 6170 6171 ff"), "CALL");
}

TEST(CborReader, TakesUndefinedForWhatIsAbsent) {  // W-SER-08, W-MSG-14
    const auto again = [](std::string_view text) {
        const std::string bytes = unhex(text);
        const auto message = decode(Serializer::cbor, bytes, {});
        return message ? std::string(encode(Serializer::cbor, *message).message())
                       : std::string(to_string(message.error()));
    };
    EXPECT_EQ(again("84 1830 01 a2 6161 f7 6162 01 6170"), unhex("84 1830 01 a1 6162 01 6170"));
    EXPECT_EQ(again("84 1830 01 bf 6161 f7 ff 6170"), unhex("84 1830 01 a0 6170"));
    for (const char* nothing : {"f6", "f7"}) {
        const std::string_view value(nothing);
        EXPECT_EQ(again("85 1830 01 a0 6170 " + std::string(value)), unhex("84 1830 01 a0 6170"));
        EXPECT_EQ(again("86 1830 01 a0 6170 8101 " + std::string(value)),
                  unhex("85 1830 01 a0 6170 8101"));
    }
    EXPECT_EQ(again("86 1830 01 a0 6170 81f7 a16161f7"), unhex("86 1830 01 a0 6170 81f7 a16161f7"))
        << "a payload stays as it is";
    EXPECT_EQ(again("84 1830 01 a2 6161 f7 6161 01 6170"), "duplicate key");
    EXPECT_EQ(again("84 1830 01 f7 6170"), "element of the wrong type");
    EXPECT_EQ(again("84 1830 01 a1 6b646973636c6f73655f6d65 f6 6170"), "option of the wrong type");
}

TEST(CborReader, LimitsDepthAtTheSamePlaceWhetherBuiltOrSkipped) {  // W-MSG-11
    MessageLimits limits;
    limits.depth = 5;
    EXPECT_EQ(outcome_of(unhex("8181818181 01"), limits), "ok");
    EXPECT_EQ(outcome_of(unhex("8181818181 80"), limits), "nested too deep");
    EXPECT_EQ(outcome_of(unhex("9f9f9f9f9f 9f ffffffffffff"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("818181 01"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("818181 a0"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("9f9f9f bf ff ffffff"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("a1 818181 01 01"), limits), "nested too deep");  // in a key
    EXPECT_EQ(skipped_outcome_of(unhex("a2 01 8101 02 8101"), limits), "ok");
    // The content of a tag is one level deeper.
    EXPECT_EQ(skipped_outcome_of(unhex("c1c1c1 01"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("c1c1c1c1 01"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("81c181 01"), limits), "ok");
}

TEST(CborReader, NeverGoesDeeperThanItsStack) {
    MessageLimits limits;
    limits.depth = 1u << 30;
    const auto nested = [](std::size_t depth) { return std::string(depth - 1, '\x81') + '\x80'; };
    EXPECT_EQ(outcome_of(nested(depth_max), limits), "ok");
    EXPECT_EQ(outcome_of(nested(depth_max + 1), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 2), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 1), limits), "nested too deep");
    for (const char head : {'\x81', '\x9F', '\xBF', '\xC1'})
        EXPECT_EQ(skipped_outcome_of(std::string(1000000, head) + '\x01', limits),
                  "nested too deep");
    EXPECT_EQ(skipped_outcome_of(std::string(1000000, '\x7F'), limits), "malformed");
}

TEST(CborReader, LimitsElementsAndCountsNoKeys) {  // W-MSG-11
    MessageLimits limits;
    limits.elements = 8;  // of the message: type, request, details, args, and four in args
    EXPECT_EQ(skipped_outcome_of(unhex("83 01 02 03"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("84 01 02 03 04"), limits), "too many elements");
    EXPECT_EQ(skipped_outcome_of(unhex("9f 01 02 03 ff"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("9f 01 02 03 04 ff"), limits), "too many elements");
    EXPECT_EQ(skipped_outcome_of(unhex("bf 01 01 02 02 03 03 ff"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("a4 01 01 02 02 03 03 04 04"), limits), "too many elements");
    EXPECT_EQ(outcome_of(unhex("87 01 02 03 04 05 06 07"), limits), "ok");
    EXPECT_EQ(outcome_of(unhex("88 01 02 03 04 05 06 07 08"), limits), "too many elements");
    EXPECT_EQ(outcome_of(unhex("9f 01 02 03 04 05 06 07 08 ff"), limits), "too many elements");
}

TEST(CborReader, LimitsTheKeysOfOptions) {  // W-MSG-11
    MessageLimits limits;
    limits.option_keys = 2;
    const auto call = [&](std::string_view options) {
        const auto decoded =
            decode(Serializer::cbor, unhex("84 1830 01") + unhex(options) + unhex("6170"), limits);
        return std::string(decoded ? "ok" : to_string(decoded.error()));
    };
    EXPECT_EQ(call("a2 6161 01 6162 01"), "ok");
    EXPECT_EQ(call("a3 6161 01 6162 01 6163 01"), "too many elements");
    EXPECT_EQ(call("bf 6161 01 6162 01 6163 01 ff"), "too many elements");
}

TEST(CborReader, LimitsStringsAndBinary) {  // W-MSG-11
    MessageLimits limits;
    limits.string_bytes = 4;
    for (const char* fits : {"6461626364", "4461626364", "7f 626162 626364 ff"})
        EXPECT_EQ(skipped_outcome_of(unhex(fits), limits), "ok");
    for (const char* long_one : {"656162636465", "456162636465", "a1 656162636465 01",
                                 "7f 626162 63636465 ff", "5f 426162 43636465 ff"}) {
        EXPECT_EQ(outcome_of(unhex(long_one), limits), "too large");
        EXPECT_EQ(skipped_outcome_of(unhex(long_one), limits), "too large");
    }
}

}  // namespace
}  // namespace sallyport::wamp
