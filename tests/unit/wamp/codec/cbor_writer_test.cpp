#include "wamp/codec/cbor_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;

std::string written(const Value& value) {
    std::string out;
    append_cbor(out, value);
    return hex(out);
}

TEST(CborWriter, WritesIntegersInTheirShortestForm) {  // RFC 8949 appendix A
    EXPECT_EQ(written(0), "00");
    EXPECT_EQ(written(23), "17");
    EXPECT_EQ(written(24), "1818");
    EXPECT_EQ(written(255), "18ff");
    EXPECT_EQ(written(256), "190100");
    EXPECT_EQ(written(1000), "1903e8");
    EXPECT_EQ(written(65535), "19ffff");
    EXPECT_EQ(written(65536), "1a00010000");
    EXPECT_EQ(written(std::uint64_t{0xFFFFFFFF}), "1affffffff");
    EXPECT_EQ(written(std::uint64_t{0x100000000}), "1b0000000100000000");
    EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "1bffffffffffffffff");
    EXPECT_EQ(written(-1), "20");
    EXPECT_EQ(written(-24), "37");
    EXPECT_EQ(written(-25), "3818");
    EXPECT_EQ(written(-100), "3863");
    EXPECT_EQ(written(-1000), "3903e7");
    EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "3b7fffffffffffffff");
    EXPECT_EQ(written(Value(std::int64_t{5})), "05");
}

TEST(CborWriter, WritesTheOtherScalars) {
    EXPECT_EQ(written(Value()), "f6");
    EXPECT_EQ(written(false), "f4");
    EXPECT_EQ(written(true), "f5");
    EXPECT_EQ(written(1.1), "fb3ff199999999999a");
    EXPECT_EQ(written("IETF"), "6449455446");
    EXPECT_EQ(written(Bytes{"\x01\x02\x03\x04"}), "4401020304");
}

TEST(CborWriter, ChoosesTheHeadByTheSize) {
    const auto head = [](const Value& value, std::size_t bytes) {
        return written(value).substr(0, bytes * 2);
    };
    EXPECT_EQ(head(std::string(23, 'x'), 1), "77");
    EXPECT_EQ(head(std::string(24, 'x'), 2), "7818");
    EXPECT_EQ(head(std::string(256, 'x'), 3), "790100");
    EXPECT_EQ(head(std::string(65536, 'x'), 5), "7a00010000");
    EXPECT_EQ(head(Bytes{std::string(24, 'x')}, 2), "5818");
}

TEST(CborWriter, WritesContainersOfDefiniteLength) {
    EXPECT_EQ(written(List{1, List{}, Dict{}}), "830180a0");
    EXPECT_EQ(written(Dict{{"a", 1}, {"b", List{2, 3}}}), "a26161016162820203");
    List many;
    for (int item = 1; item <= 25; ++item) many.push_back(item);
    EXPECT_EQ(written(many), "98190102030405060708090a0b0c0d0e0f101112131415161718181819");
}

}  // namespace
}  // namespace sallyport::wamp
