#include "wamp/codec/msgpack_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

std::string outcome_of(std::string_view bytes, const MessageLimits& limits = {}) {
    MsgpackReader reader(bytes, limits);
    Value value;
    return std::string(reader.read_document(value) ? "ok" : to_string(reader.error()));
}

Value value_of(std::string_view text) {
    const MessageLimits limits;
    const std::string bytes = unhex(text);
    MsgpackReader reader(bytes, limits);
    Value value;
    EXPECT_TRUE(reader.read_document(value)) << text;
    return value;
}

// The same bytes where nothing is built from them: as the only argument of a RESULT.
std::string skipped_outcome_of(const std::string& bytes, const MessageLimits& limits = {}) {
    const std::string message = unhex("94 32 01 80 91") + bytes;
    const auto decoded = decode(Serializer::msgpack, message, limits);
    return std::string(decoded ? "ok" : to_string(decoded.error()));
}

TEST(MsgpackReader, BuildsEveryKindOfValue) {
    EXPECT_EQ(value_of("c0"), Value());
    EXPECT_EQ(value_of("c3"), Value(true));
    EXPECT_EQ(value_of("d0f9"), Value(-7));
    EXPECT_EQ(value_of("d007"), Value(7));
    EXPECT_EQ(value_of("ca3fc00000"), Value(1.5));
    EXPECT_EQ(value_of("a161"), Value("a"));
    EXPECT_EQ(value_of("c40100"), Value(Bytes{std::string(1, '\0')}));
    EXPECT_EQ(value_of("93 01 90 80"), Value(List{1, List{}, Dict{}}));
    EXPECT_EQ(value_of("82 a161 92 01 02 a162 80"), Value(Dict{{"a", List{1, 2}}, {"b", Dict{}}}));
    EXPECT_EQ(value_of("cfffffffffffffffff"), Value(~std::uint64_t{0}));
}

TEST(MsgpackReader, RefusesInAValueWhatAJsonPeerCannotReceive) {  // W-SER-05, W-SER-07, W-SER-09
    for (const char* text : {"d40100", "c7000a", "cb7ff8000000000000", "ca7f800000", "a100",
                             "a20061", "81a1000a", "8101 02", "81c4016101", "8180c0"}) {
        EXPECT_EQ(outcome_of(unhex(text)), "element of the wrong type") << text;
        EXPECT_EQ(skipped_outcome_of(unhex(text)), "ok") << text;
    }
    EXPECT_EQ(outcome_of(unhex("a26100")), "ok");
}

TEST(MsgpackReader, RefusesWhatIsNotWellFormedWhetherBuiltOrSkipped) {
    for (const char* text : {"", "c1", "91", "92 01", "81 a161", "a2 61", "dd ffffffff", "0101",
                             "a1 ff", "91 a1 80", "81 a1ff 01", "91c1"}) {
        EXPECT_EQ(outcome_of(unhex(text)), "malformed") << text;
        EXPECT_EQ(skipped_outcome_of(unhex(text)), "malformed") << text;
    }
}

TEST(MsgpackReader, RefusesDuplicateKeys) {  // W-MSG-08
    EXPECT_EQ(outcome_of(unhex("82 a161 01 a161 02")), "duplicate key");
    EXPECT_EQ(outcome_of(unhex("82 a161 01 d90161 02")), "duplicate key");
    EXPECT_EQ(skipped_outcome_of(unhex("82 a161 01 a161 02")), "ok");
}

TEST(MsgpackReader, LimitsDepthAtTheSamePlaceWhetherBuiltOrSkipped) {  // W-MSG-11
    MessageLimits limits;
    limits.depth = 5;
    EXPECT_EQ(outcome_of(unhex("9191919191 01"), limits), "ok");
    EXPECT_EQ(outcome_of(unhex("9191919191 90"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("919191 01"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("919191 80"), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(unhex("81 919191 01 01"), limits), "nested too deep");  // in a key
    EXPECT_EQ(skipped_outcome_of(unhex("82 01 9101 02 9101"), limits), "ok");
}

TEST(MsgpackReader, NeverGoesDeeperThanItsStack) {
    MessageLimits limits;
    limits.depth = 1u << 30;
    const auto nested = [](std::size_t depth) { return std::string(depth - 1, '\x91') + '\x90'; };
    EXPECT_EQ(outcome_of(nested(depth_max), limits), "ok");
    EXPECT_EQ(outcome_of(nested(depth_max + 1), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 2), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(nested(depth_max - 1), limits), "nested too deep");
    EXPECT_EQ(skipped_outcome_of(nested(1000000), limits), "nested too deep");
}

TEST(MsgpackReader, LimitsElementsAndCountsNoKeys) {  // W-MSG-11
    MessageLimits limits;
    limits.elements = 8;  // of the message: type, request, details, args, and four in args
    EXPECT_EQ(skipped_outcome_of(unhex("93 01 02 03"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("94 01 02 03 04"), limits), "too many elements");
    EXPECT_EQ(skipped_outcome_of(unhex("83 01 01 02 02 03 03"), limits), "ok");
    EXPECT_EQ(skipped_outcome_of(unhex("84 01 01 02 02 03 03 04 04"), limits), "too many elements");
    EXPECT_EQ(outcome_of(unhex("97 01 02 03 04 05 06 07"), limits), "ok");
    EXPECT_EQ(outcome_of(unhex("98 01 02 03 04 05 06 07 08"), limits), "too many elements");
}

TEST(MsgpackReader, LimitsStringsAndBinary) {  // W-MSG-11
    MessageLimits limits;
    limits.string_bytes = 4;
    for (const char* fits : {"a461626364", "c40461626364"})
        EXPECT_EQ(skipped_outcome_of(unhex(fits), limits), "ok");
    for (const char* long_one : {"a56162636465", "c4056162636465", "81 a56162636465 01"}) {
        EXPECT_EQ(outcome_of(unhex(long_one), limits), "too large");
        EXPECT_EQ(skipped_outcome_of(unhex(long_one), limits), "too large");
    }
}

}  // namespace
}  // namespace sallyport::wamp
