#include "wamp/codec/cbor_token.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;
using Kind = CborToken::Kind;

struct Read {
    bool ok = false;
    std::size_t taken = 0;
    CborToken token;
};

Read read(std::string_view bytes) {
    Read result;
    const char* after = read_cbor_token(bytes.data(), bytes.data() + bytes.size(), result.token);
    result.ok = after != nullptr;
    if (result.ok) result.taken = static_cast<std::size_t>(after - bytes.data());
    return result;
}

TEST(CborToken, ReadsNumbersInEveryLength) {
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, std::uint64_t>>{
             {"00", 0},
             {"17", 23},
             {"1818", 24},
             {"1805", 5},
             {"19ffff", 65535},
             {"1a00000001", 1},
             {"1b0000000000000001", 1},
             {"1bffffffffffffffff", ~std::uint64_t{0}}}) {
        const std::string bytes = unhex(text);
        const Read result = read(bytes);
        ASSERT_TRUE(result.ok) << text;
        EXPECT_EQ(result.token.kind, Kind::unsigned_integer) << text;
        EXPECT_EQ(result.token.number, value) << text;
        EXPECT_EQ(result.taken, bytes.size());
        std::string negative = bytes;
        negative[0] = static_cast<char>(negative[0] | 0x20);
        EXPECT_EQ(read(negative).token.kind, Kind::negative_integer) << text;
        EXPECT_EQ(read(negative).token.number, value) << text;
    }
}

TEST(CborToken, ReadsFloatsOfThreeLengths) {  // RFC 8949 appendix A
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, double>>{
             {"f90000", 0.0},
             {"f93c00", 1.0},
             {"f93e00", 1.5},
             {"f97bff", 65504.0},
             {"f90001", 5.960464477539063e-8},
             {"f90400", 0.00006103515625},
             {"f9c400", -4.0},
             {"fa47c35000", 100000.0},
             {"fa7f7fffff", 3.4028234663852886e+38},
             {"fb3ff199999999999a", 1.1},
             {"fbc010666666666666", -4.1},
             {"fb7e37e43c8800759c", 1.0e+300}}) {
        const Read result = read(unhex(text));
        EXPECT_EQ(result.token.kind, Kind::floating) << text;
        EXPECT_EQ(result.token.floating, value) << text;
    }
    EXPECT_TRUE(std::signbit(read(unhex("f98000")).token.floating));
    const double infinity = std::numeric_limits<double>::infinity();
    for (const char* text : {"f97c00", "fa7f800000", "fb7ff0000000000000"})
        EXPECT_EQ(read(unhex(text)).token.floating, infinity);
    for (const char* text : {"f9fc00", "faff800000", "fbfff0000000000000"})
        EXPECT_EQ(read(unhex(text)).token.floating, -infinity);
    for (const char* text : {"f97e00", "fa7fc00000", "fb7ff8000000000000"})
        EXPECT_TRUE(std::isnan(read(unhex(text)).token.floating));
}

TEST(CborToken, ReadsStringsWholeAndInChunks) {
    for (const char* text : {"63616263", "7803616263", "790003616263", "7a00000003616263",
                             "7b0000000000000003616263"}) {
        const std::string bytes = unhex(text);
        EXPECT_EQ(read(bytes).token.kind, Kind::text);
        EXPECT_EQ(read(bytes).token.bytes, "abc") << text;
    }
    const std::string bytes = unhex("7f 6161 60 780162 6163 ff");
    const Read chunks = read(bytes);
    ASSERT_TRUE(chunks.ok);
    EXPECT_TRUE(chunks.token.indefinite);
    EXPECT_EQ(chunks.token.number, 3U);
    EXPECT_EQ(chunks.taken, bytes.size());
    std::string joined;
    append_cbor_string(joined, chunks.token);
    EXPECT_EQ(joined, "abc");
    EXPECT_EQ(read(unhex("5f ff")).token.kind, Kind::binary);
    for (const char* wrong : {"7f 4161 ff", "5f 6161 ff", "7f 01 ff", "7f 7f 6161 ff ff", "7f 6161",
                              "7f", "7f 62 61 ff", "7f 7c ff", "7f 80 ff"})
        EXPECT_FALSE(read(unhex(wrong)).ok) << wrong;
    EXPECT_FALSE(read(std::string(1000000, '\x7F')).ok);
}

TEST(CborToken, ReadsHeadsOfContainersThatHaveRoomForTheirItems) {
    EXPECT_EQ(read(unhex("8101")).token.number, 1U);
    EXPECT_EQ(read(unhex("9900020101")).token.number, 2U);
    EXPECT_EQ(read(unhex("a1616101")).token.kind, Kind::map);
    EXPECT_TRUE(read(unhex("9f")).token.indefinite);
    EXPECT_TRUE(read(unhex("bf")).token.indefinite);
    for (const char* claims_more : {"81", "8201", "a101", "990001", "9bffffffffffffffff00",
                                    "bbffffffffffffffff00", "bb800000000000000000", "b900020101"})
        EXPECT_FALSE(read(unhex(claims_more)).ok) << claims_more;
}

TEST(CborToken, ReadsTagsSimpleValuesAndTheEnd) {
    EXPECT_EQ(read(unhex("c1")).token.kind, Kind::tag);
    EXPECT_EQ(read(unhex("d9d9f7")).token.number, cbor_self_described);
    EXPECT_EQ(read(unhex("f4")).token.number, cbor_false);
    EXPECT_EQ(read(unhex("f7")).token.number, cbor_undefined);
    EXPECT_EQ(read(unhex("f820")).token.number, 32U);
    EXPECT_EQ(read(unhex("ff")).token.kind, Kind::end);
}

TEST(CborToken, RefusesWhatIsNotWellFormed) {  // RFC 8949 appendix F
    for (const char* text : {"", "18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38",
                             "58", "78", "98", "9a01ff00", "b8", "d8", "f8", "f900", "fa0000",
                             "fb000000", "41", "61", "5affffffff00", "5bffffffffffffffff010203",
                             // reserved additional information
                             "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e",
                             "9c", "9d", "9e", "bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe",
                             // simple values that have one byte, in two
                             "f800", "f801", "f814", "f818", "f81f",
                             // no indefinite length
                             "1f", "3f", "df"})
        EXPECT_FALSE(read(unhex(text)).ok) << text;
}

TEST(CborToken, HasIntegersOf64BitsAndNoLarger) {
    EXPECT_EQ(cbor_negative(0), -1);
    EXPECT_EQ(cbor_negative(0x7FFFFFFFFFFFFFFF), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(cbor_negative(0x8000000000000000), std::nullopt);
    EXPECT_EQ(cbor_bignum(""), 0U);
    EXPECT_EQ(cbor_bignum(unhex("0001")), 1U);
    EXPECT_EQ(cbor_bignum(unhex("0000ffffffffffffffff")), ~std::uint64_t{0});
    EXPECT_EQ(cbor_bignum(unhex("010000000000000000")), std::nullopt);
}

}  // namespace
}  // namespace sallyport::wamp
