#include "wamp/codec/msgpack_token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::unhex;
using Kind = MsgpackToken::Kind;

struct Read {
    bool ok;
    std::size_t taken;
    MsgpackToken token;
};

Read read(std::string_view bytes) {
    Read result{};
    const char* after = read_msgpack_token(bytes.data(), bytes.data() + bytes.size(), result.token);
    result.ok = after != nullptr;
    if (result.ok) result.taken = static_cast<std::size_t>(after - bytes.data());
    return result;
}

TEST(MsgpackToken, ReadsUnsignedIntegersInEveryLength) {
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, std::uint64_t>>{
             {"00", 0},
             {"7f", 127},
             {"cc80", 128},
             {"cc05", 5},
             {"cdffff", 65535},
             {"ce00000001", 1},
             {"cf0000000000000001", 1},
             {"cfffffffffffffffff", ~std::uint64_t{0}},
             {"d005", 5},
             {"d37fffffffffffffff", 0x7FFFFFFFFFFFFFFF}}) {
        const std::string bytes = unhex(text);
        const Read result = read(bytes);
        ASSERT_TRUE(result.ok) << text;
        EXPECT_EQ(result.token.kind, Kind::unsigned_integer) << text;
        EXPECT_EQ(result.token.unsigned_integer, value) << text;
        EXPECT_EQ(result.taken, bytes.size());
    }
}

TEST(MsgpackToken, ReadsNegativeIntegersAndFloats) {
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, std::int64_t>>{
             {"ff", -1},
             {"e0", -32},
             {"d080", -128},
             {"d18000", -32768},
             {"d280000000", -2147483648LL},
             {"d38000000000000000", std::numeric_limits<std::int64_t>::min()}}) {
        const Read result = read(unhex(text));
        EXPECT_EQ(result.token.kind, Kind::negative_integer) << text;
        EXPECT_EQ(result.token.negative_integer, value) << text;
    }
    EXPECT_EQ(read(unhex("ca3fc00000")).token.floating, 1.5);
    EXPECT_EQ(read(unhex("cbbff8000000000000")).token.floating, -1.5);
}

TEST(MsgpackToken, ReadsTextBinaryAndExtensions) {
    for (const char* text : {"a3616263", "d903616263", "da0003616263", "db00000003616263"}) {
        const std::string bytes = unhex(text);
        const Read result = read(bytes);
        EXPECT_EQ(result.token.kind, Kind::text);
        EXPECT_EQ(result.token.bytes, "abc") << text;
    }
    for (const char* text : {"c403616263", "c50003616263", "c600000003616263"}) {
        const std::string bytes = unhex(text);
        const Read result = read(bytes);
        EXPECT_EQ(result.token.kind, Kind::binary);
        EXPECT_EQ(result.token.bytes, "abc") << text;
    }
    for (const char* text :
         {"d40161", "d5016162", "d60161626364", "d7016162636465666768",
          "d80161626364656667686162636465666768", "c7010161", "c800010161", "c9000000010161"}) {
        const std::string bytes = unhex(text);
        const Read result = read(bytes);
        EXPECT_EQ(result.token.kind, Kind::extension) << text;
        EXPECT_EQ(result.taken, bytes.size()) << text;
        EXPECT_FALSE(read(std::string_view(bytes).substr(0, bytes.size() - 1)).ok) << text;
    }
}

TEST(MsgpackToken, ReadsHeadsOfContainersThatHaveRoomForTheirItems) {
    EXPECT_EQ(read(unhex("9101")).token.count, 1U);
    EXPECT_EQ(read(unhex("dc00020101")).token.count, 2U);
    EXPECT_EQ(read(unhex("81a16101")).token.kind, Kind::map);
    EXPECT_EQ(read(unhex("90")).taken, 1U);
    for (const char* claims_more : {"91", "9201", "8101", "dc0001", "ddffffffff0000",
                                    "dfffffffff0000", "df80000000", "de000101"}) {
        EXPECT_FALSE(read(unhex(claims_more)).ok) << claims_more;
    }
}

TEST(MsgpackToken, RefusesWhatIsCutAndTheUnusedMark) {
    EXPECT_FALSE(read("").ok);
    EXPECT_FALSE(read(unhex("c1")).ok);
    for (const char* whole :
         {"cc01", "cd0001", "ce00000001", "cf0000000000000001", "d001", "d10001", "d200000001",
          "d30000000000000001", "ca00000000", "cb0000000000000000", "a161", "d90161", "da000161",
          "db0000000161", "c40161", "dc000101", "de00010101"}) {
        const std::string bytes = unhex(whole);
        ASSERT_TRUE(read(bytes).ok) << whole;
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(read(std::string_view(bytes).substr(0, size)).ok)
                << whole << " cut to " << size;
        }
    }
}

}  // namespace
}  // namespace sallyport::wamp
