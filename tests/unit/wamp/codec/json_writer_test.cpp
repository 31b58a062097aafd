#include "wamp/codec/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace sallyport::wamp {
namespace {

std::string written(const Value& value) {
    std::string out;
    append_json(out, value);
    return out;
}

TEST(JsonWriter, WritesEveryKindOfValueCompactly) {  // W-SER-13
    EXPECT_EQ(written(Value()), "null");
    EXPECT_EQ(written(true), "true");
    EXPECT_EQ(written(false), "false");
    EXPECT_EQ(written("a\"b"), "\"a\\\"b\"");
    EXPECT_EQ(written(List{1, List{}, Dict{}, "x"}), "[1,[],{},\"x\"]");
    EXPECT_EQ(written(Dict{{"b", 1}, {"a", List{2, Value()}}}), "{\"b\":1,\"a\":[2,null]}");
}

TEST(JsonWriter, WritesIntegersExactlyAndDoublesAsDoubles) {  // W-SER-03
    EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(written(1.0), "1.0");
    EXPECT_EQ(written(-0.0), "-0.0");
    EXPECT_EQ(written(1e100), "1e+100");
}

TEST(JsonWriter, WritesBytesByTheBinaryConvention) {  // W-SER-04
    EXPECT_EQ(written(Bytes{}), "\"\\u0000\"");
    EXPECT_EQ(written(Bytes{std::string("\0\xFF", 2)}), "\"\\u0000AP8=\"");
}

TEST(JsonWriterDeathTest, OurOwnUnspeakableValuesAreFaultsOfOurs) {  // W-SER-05, W-SER-09
    EXPECT_DEATH(written(std::string("\0x", 2)), "check failed");
    EXPECT_DEATH(written(Dict{{std::string("\0", 1), 1}}), "check failed");
    EXPECT_DEATH(written(std::nan("")), "isfinite");
    EXPECT_DEATH(written(std::numeric_limits<double>::infinity()), "isfinite");
    EXPECT_EQ(written(std::string("x\0", 2)), "\"x\\u0000\"");
}

}  // namespace
}  // namespace sallyport::wamp
