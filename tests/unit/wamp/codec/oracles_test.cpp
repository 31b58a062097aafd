// The codec beside two other libraries: msgpack-c and nlohmann/json. The fuzz targets json and
// msgpack ask the same oracles about anything at all.
#include "tests/fuzz/oracles.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "tests/vectors/vectors.h"
#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

using fuzz::MsgpackOracle;
using fuzz::reading_of;
using vectors::hex;

/// The same values on every machine (splitmix64).
class Random {
public:
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    std::uint64_t below(std::uint64_t end) { return next() % end; }
    /// As many numbers of each length in bits.
    std::uint64_t number() { return next() >> below(64); }

private:
    std::uint64_t state_ = 1;
};

std::string random_text(Random& random) {
    static constexpr std::array<std::string_view, 8> parts{
        "a", "/\"\\", "\n\t\x01", "\x7F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "xyz "};
    std::string text;
    const std::uint64_t length = random.below(random.below(8) == 0 ? 400 : 12);
    for (std::uint64_t i = 0; i < length; ++i) text += parts[random.below(parts.size())];
    return text;
}

// No whole number: msgpack-c packs those as integers.
double random_fraction(Random& random) {
    const auto odd = static_cast<double>((random.next() >> 12U) | 1U);
    const double fraction = std::ldexp(odd, -1 - static_cast<int>(random.below(300)));
    return random.below(2) == 0 ? fraction : -fraction;
}

Value random_value(Random& random, std::size_t depth, bool with_bytes) {
    switch (random.below(depth == 0 ? 7 : 9)) {
        case 0:
            return nullptr;
        case 1:
            return random.below(2) == 0;
        case 2:
            return random.number();
        case 3:
            return -static_cast<std::int64_t>(random.number() >> 1U) - 1;
        case 4:
            return random_fraction(random);
        case 5:
            if (with_bytes) return Bytes{random_text(random) + std::string(1, '\0')};
            return "";
        case 6:
            return random_text(random);
        case 7: {
            List list;
            for (std::uint64_t count = random.below(20); count > 0; --count)
                list.push_back(random_value(random, depth - 1, with_bytes));
            return list;
        }
        default: {
            Dict dict;
            for (std::uint64_t count = random.below(20); count > 0; --count)
                dict.set(random_text(random), random_value(random, depth - 1, with_bytes));
            return dict;
        }
    }
}

void pack(msgpack::packer<msgpack::sbuffer>& packer, const Value& value) {
    std::visit(
        [&packer](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                packer.pack_nil();
            } else if constexpr (std::is_same_v<T, Bytes>) {
                const auto size = static_cast<std::uint32_t>(held.data.size());
                packer.pack_bin(size).pack_bin_body(held.data.data(), size);
            } else if constexpr (std::is_same_v<T, List>) {
                packer.pack_array(static_cast<std::uint32_t>(held.size()));
                for (const Value& item : held) pack(packer, item);
            } else if constexpr (std::is_same_v<T, Dict>) {
                packer.pack_map(static_cast<std::uint32_t>(held.size()));
                for (const auto& [key, item] : held) {
                    packer.pack(key);
                    pack(packer, item);
                }
            } else {
                packer.pack(held);
            }
        },
        value.storage());
}

TEST(Oracles, MsgpackCReadsWhatTheEncoderWrites) {
    Random random;
    for (int i = 0; i < 2000; ++i) {
        const Value value = random_value(random, 4, true);
        const std::string bytes = encode_value(Serializer::msgpack, value);
        const MsgpackOracle oracle(bytes);
        ASSERT_TRUE(oracle.well_formed()) << hex(bytes);
        ASSERT_EQ(oracle.reading(), reading_of(value)) << hex(bytes);
    }
}

TEST(Oracles, TheDecoderReadsWhatMsgpackCWrites) {
    Random random;
    for (int i = 0; i < 2000; ++i) {
        const Value value = random_value(random, 4, true);
        msgpack::sbuffer buffer;
        msgpack::packer packer(buffer);
        pack(packer, value);
        const std::string_view bytes(buffer.data(), buffer.size());
        const auto decoded = decode_value(Serializer::msgpack, bytes, {});
        ASSERT_TRUE(decoded) << hex(bytes);
        ASSERT_EQ(reading_of(*decoded), reading_of(value)) << hex(bytes);
        ASSERT_EQ(hex(encode_value(Serializer::msgpack, *decoded)), hex(bytes));
    }
}

TEST(Oracles, NlohmannJsonReadsWhatTheEncoderWritesAndTheOtherWayRound) {
    Random random;
    for (int i = 0; i < 2000; ++i) {
        const Value value = random_value(random, 4, false);
        const std::string text = encode_value(Serializer::json, value);
        const auto tree = nlohmann::ordered_json::parse(text, nullptr, false);
        ASSERT_FALSE(tree.is_discarded()) << text;
        ASSERT_EQ(reading_of(tree), reading_of(value)) << text;
        for (const bool ascii : {false, true}) {
            const auto decoded = decode_value(Serializer::json, tree.dump(-1, ' ', ascii), {});
            ASSERT_TRUE(decoded) << tree;
            ASSERT_EQ(reading_of(*decoded), reading_of(value)) << tree;
        }
    }
}

TEST(Oracles, NlohmannJsonReadsTheCborOfTheEncoderAndTheOtherWayRound) {  // W-SER-08, W-SER-10
    Random random;
    for (int i = 0; i < 2000; ++i) {
        const Value value = random_value(random, 4, true);
        const std::string bytes = encode_value(Serializer::cbor, value);
        const auto tree = nlohmann::ordered_json::from_cbor(bytes, true, false);
        ASSERT_FALSE(tree.is_discarded()) << hex(bytes);
        ASSERT_EQ(reading_of(tree), reading_of(value)) << hex(bytes);
        const auto written = nlohmann::ordered_json::to_cbor(tree);
        const auto decoded = decode_value(
            Serializer::cbor,
            std::string_view(reinterpret_cast<const char*>(written.data()), written.size()), {});
        ASSERT_TRUE(decoded) << tree;
        ASSERT_EQ(reading_of(*decoded), reading_of(value)) << tree;
    }
}

// What one serializer says, the others say too, and say it back.
TEST(Oracles, EverySerializerReadsWhatTheTranscoderWrites) {  // W-SER-09, W-SER-10
    Random random;
    for (int i = 0; i < 1000; ++i) {
        const List args{random_value(random, 4, true)};
        for (const Serializer from : all_serializers) {
            const OwnedPayload payload = make_payload(from, args);
            for (const Serializer to : all_serializers) {
                const auto transcoded = transcode(payload.view(), to);
                ASSERT_TRUE(transcoded);
                EXPECT_EQ(hex(transcoded->view().args), hex(make_payload(to, args).view().args));
            }
        }
    }
}

// Every message of the vectors, cut at each byte and with each byte replaced by what begins another
// kind of value.
TEST(Oracles, MsgpackCAndTheDecoderAgreeOnWhatIsWellFormed) {
    std::size_t accepted = 0, refused = 0;
    const auto compare = [&](const std::string& bytes) {
        const auto decoded = decode(Serializer::msgpack, bytes, {});
        const MsgpackOracle oracle(bytes);
        const bool sound = oracle.well_formed() && oracle.utf8();
        ++(sound ? accepted : refused);
        if (decoded) {
            EXPECT_TRUE(sound) << hex(bytes);
        } else if (sound) {
            EXPECT_NE(decoded.error(), DecodeError::malformed) << hex(bytes);
        }
    };
    for (const auto& vector : vectors::load("wire-extra.json", "messages")) {
        const std::string bytes = vectors::unhex(vector["msgpack"].get<std::string>());
        for (std::size_t size = 0; size <= bytes.size(); ++size) compare(bytes.substr(0, size));
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (const char other :
                 {'\x00', '\x7F', '\x81', '\x91', '\xA1', '\xC0', '\xC1', '\xC3', '\xC4', '\xC7',
                  '\xCA', '\xCD', '\xD3', '\xD4', '\xD8', '\xD9', '\xDC', '\xDF', '\xE0', '\xFF'}) {
                std::string changed = bytes;
                changed[at] = other;
                compare(changed);
            }
        }
    }
    EXPECT_GT(accepted, 1000U);
    EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace sallyport::wamp
