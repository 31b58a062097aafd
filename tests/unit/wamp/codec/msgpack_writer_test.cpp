#include "wamp/codec/msgpack_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;

std::string written(const Value& value) {
    std::string out;
    append_msgpack(out, value);
    return hex(out);
}

TEST(MsgpackWriter, WritesIntegersInTheirShortestForm) {
    EXPECT_EQ(written(0), "00");
    EXPECT_EQ(written(127), "7f");
    EXPECT_EQ(written(128), "cc80");
    EXPECT_EQ(written(255), "ccff");
    EXPECT_EQ(written(256), "cd0100");
    EXPECT_EQ(written(65535), "cdffff");
    EXPECT_EQ(written(65536), "ce00010000");
    EXPECT_EQ(written(std::uint64_t{0xFFFFFFFF}), "ceffffffff");
    EXPECT_EQ(written(std::uint64_t{0x100000000}), "cf0000000100000000");
    EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "cfffffffffffffffff");
    EXPECT_EQ(written(-1), "ff");
    EXPECT_EQ(written(-32), "e0");
    EXPECT_EQ(written(-33), "d0df");
    EXPECT_EQ(written(-128), "d080");
    EXPECT_EQ(written(-129), "d1ff7f");
    EXPECT_EQ(written(-32768), "d18000");
    EXPECT_EQ(written(-32769), "d2ffff7fff");
    EXPECT_EQ(written(std::int64_t{-2147483648}), "d280000000");
    EXPECT_EQ(written(std::int64_t{-2147483649}), "d3ffffffff7fffffff");
    EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "d38000000000000000");
}

TEST(MsgpackWriter, WritesTheOtherScalars) {
    EXPECT_EQ(written(Value()), "c0");
    EXPECT_EQ(written(false), "c2");
    EXPECT_EQ(written(true), "c3");
    EXPECT_EQ(written(1.5), "cb3ff8000000000000");
    EXPECT_EQ(written("ab"), "a26162");
    EXPECT_EQ(written(Bytes{"ab"}), "c4026162");
}

TEST(MsgpackWriter, ChoosesTheHeadByTheSize) {
    const auto head = [](const Value& value, std::size_t bytes) {
        return written(value).substr(0, bytes * 2);
    };
    EXPECT_EQ(head(std::string(31, 'x'), 1), "bf");
    EXPECT_EQ(head(std::string(32, 'x'), 2), "d920");
    EXPECT_EQ(head(std::string(255, 'x'), 2), "d9ff");
    EXPECT_EQ(head(std::string(256, 'x'), 3), "da0100");
    EXPECT_EQ(head(std::string(65536, 'x'), 5), "db00010000");
    EXPECT_EQ(head(Bytes{std::string(256, 'x')}, 3), "c50100");
    EXPECT_EQ(head(Bytes{std::string(65536, 'x')}, 5), "c600010000");
    EXPECT_EQ(head(List(15, 1), 1), "9f");
    EXPECT_EQ(head(List(16, 1), 3), "dc0010");
    EXPECT_EQ(head(List(65536, 1), 5), "dd00010000");
    Dict dict;
    for (int index = 0; index < 16; ++index) dict.append(std::to_string(index), 1);
    EXPECT_EQ(head(dict, 3), "de0010");
    EXPECT_EQ(written(Dict{{"a", List{}}}), "81a16190");
    std::string out;
    append_msgpack_map(out, 65536);
    EXPECT_EQ(hex(out), "df00010000");
}

}  // namespace
}  // namespace sallyport::wamp
