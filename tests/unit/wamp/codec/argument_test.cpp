#include "wamp/codec/argument.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tests/vectors/vectors.h"
#include "wamp/base/random.h"
#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

using Kind = Argument::Kind;

std::size_t depth_of(const Value& value) {
    std::size_t depth = 0;
    if (const auto* list = value.get_if<List>()) {
        depth = 1;
        for (const Value& item : *list) depth = std::max(depth, depth_of(item) + 1);
    } else if (const auto* dict = value.get_if<Dict>()) {
        depth = 1;
        for (const auto& [key, item] : *dict) depth = std::max(depth, depth_of(item) + 1);
    }
    return depth;
}

// Everything that can be told of the argument, against the value that was encoded.
void expect_same(const Argument& argument, const Value& value, const std::string& context) {
    SCOPED_TRACE(context);
    EXPECT_EQ(argument.depth, depth_of(value));
    if (value.get_if<std::monostate>() != nullptr) {
        EXPECT_EQ(argument.kind, Kind::null);
    } else if (const auto* flag = value.get_if<bool>()) {
        EXPECT_EQ(argument.kind, Kind::boolean);
        EXPECT_EQ(argument.boolean, *flag);
    } else if (const auto* whole = value.get_if<std::uint64_t>()) {
        EXPECT_EQ(argument.kind, Kind::unsigned_integer);
        EXPECT_EQ(argument.unsigned_integer, *whole);
    } else if (const auto* negative = value.get_if<std::int64_t>()) {
        EXPECT_EQ(argument.kind, Kind::negative_integer);
        EXPECT_EQ(argument.negative_integer, *negative);
    } else if (const auto* real = value.get_if<double>()) {
        EXPECT_EQ(argument.kind, Kind::floating);
        EXPECT_EQ(argument.floating, *real);
    } else if (const auto* text = value.get_if<std::string>()) {
        EXPECT_EQ(argument.kind, Kind::text);
        EXPECT_EQ(argument.length, text->size());
        EXPECT_TRUE(argument.is_text(*text));
        EXPECT_EQ(argument.text(), *text);
        EXPECT_FALSE(argument.is_text(*text + "x"));
        EXPECT_FALSE(argument.is_text("other"));
    } else if (const auto* bytes = value.get_if<Bytes>()) {
        EXPECT_EQ(argument.kind, Kind::binary);
        EXPECT_EQ(argument.length, bytes->data.size());
        EXPECT_FALSE(argument.is_text(bytes->data));
    } else if (const auto* list = value.get_if<List>()) {
        EXPECT_EQ(argument.kind, Kind::list);
        EXPECT_EQ(argument.length, list->size());
    } else if (const auto* dict = value.get_if<Dict>()) {
        EXPECT_EQ(argument.kind, Kind::dict);
        EXPECT_EQ(argument.length, dict->size());
    }
}

class Values {
public:
    explicit Values(std::uint8_t seed) : random_({seed, 7}) {}

    Value value(int depth) {
        switch (random_.below(depth == 0 ? 7 : 9)) {
            case 0:
                return {};
            case 1:
                return random_.below(2) == 0;
            case 2:
                return std::uint64_t{random_.below(2) == 0 ? random_.below(300) : UINT64_MAX};
            case 3:
                return -1 - static_cast<std::int64_t>(random_.below(70000));
            case 4:
                return static_cast<double>(random_.below(1000)) / 8 + 0.0625;
            case 5:
                return text();
            case 6:
                return Bytes{text()};
            case 7: {
                List list;
                for (std::uint64_t i = random_.below(4); i > 0; --i)
                    list.push_back(value(depth - 1));
                return list;
            }
            default:
                return dict(depth - 1);
        }
    }
    Dict dict(int depth) {
        Dict dict;
        for (std::uint64_t i = random_.below(4); i > 0; --i)
            dict.set("k" + text() + std::to_string(i), value(depth));
        return dict;
    }
    List list() {
        List list;
        for (std::uint64_t i = random_.below(6); i > 0; --i) list.push_back(value(3));
        return list;
    }

private:
    std::string text() {
        static const std::array<std::string, 8> parts{
            "a", "\"", "\\", "\n", "\x01", "\xC3\xA4", "\xF0\x9F\x98\x80", "/"};
        std::string text = "t";
        for (std::uint64_t i = random_.below(5); i > 0; --i) text += parts[random_.below(8)];
        return text;
    }

    Random random_;
};

TEST(Argument, IsWhatTheSenderEncodedInEitherSerializer) {
    for (std::uint8_t seed = 0; seed < 250; ++seed) {
        Values values(seed);
        const List args = values.list();
        const Dict kwargs = values.dict(2);
        for (const Serializer serializer : all_serializers) {
            const OwnedPayload owned = make_payload(serializer, args, kwargs);
            const Payload payload = owned.view();
            const std::string context =
                "seed " + std::to_string(seed) + " in " + std::string(to_string(serializer));
            for (std::size_t i = 0; i < args.size(); ++i) {
                const auto found = find_argument(payload, i);
                ASSERT_TRUE(found) << context;
                expect_same(*found, args[i], context);
                EXPECT_EQ(found->bytes, encode_value(serializer, args[i]).size()) << context;
            }
            EXPECT_FALSE(find_argument(payload, args.size())) << context;
            for (const auto& [key, value] : kwargs) {
                const auto found = find_argument(payload, std::string_view(key));
                ASSERT_TRUE(found) << context;
                expect_same(*found, value, context);
            }
            EXPECT_FALSE(find_argument(payload, std::string_view("absent"))) << context;
            expect_same(positional_arguments(payload), args.empty() ? Value(List{}) : Value(args),
                        context);
            EXPECT_EQ(keyword_arguments(payload).length, kwargs.size()) << context;
        }
    }
}

TEST(Argument, IsFoundBetweenSpaces) {
    const Payload payload{Serializer::json,
                          " [ 1 ,\n[ [ ] , { } ] , \"a\\u00e4\\ud83d\\ude00\\/\" ] ",
                          "{ \"a\\u0062\" : 2 , \"c\" : \"\\u0000AAEC\" }"};
    EXPECT_EQ(find_argument(payload, 0)->unsigned_integer, 1U);
    EXPECT_EQ(find_argument(payload, 1)->depth, 2U);
    EXPECT_EQ(find_argument(payload, 1)->length, 2U);
    EXPECT_TRUE(find_argument(payload, 2)->is_text("a\xC3\xA4\xF0\x9F\x98\x80/"));
    EXPECT_FALSE(find_argument(payload, 3));
    EXPECT_EQ(find_argument(payload, std::string_view("ab"))->unsigned_integer, 2U);
    EXPECT_EQ(find_argument(payload, std::string_view("c"))->kind, Kind::binary);  // W-SER-04
    EXPECT_EQ(find_argument(payload, std::string_view("c"))->length, 3U);
    EXPECT_EQ(positional_arguments(payload).length, 3U);
}

TEST(Argument, IsAbsentFromAnEmptyPayload) {
    for (const Serializer serializer : all_serializers) {
        const Payload nothing{serializer, {}, {}};
        EXPECT_FALSE(find_argument(nothing, 0));
        EXPECT_FALSE(find_argument(nothing, std::string_view("a")));
        EXPECT_EQ(positional_arguments(nothing).kind, Kind::list);
        EXPECT_EQ(keyword_arguments(nothing).kind, Kind::dict);
    }
    const Payload empty{Serializer::json, "[ ]", "{ }"};
    EXPECT_FALSE(find_argument(empty, 0));
    EXPECT_FALSE(find_argument(empty, std::string_view("a")));
}

TEST(Argument, IsOfNoKindWhenNoValueHoldsIt) {
    const Payload huge{Serializer::json, "[18446744073709551616]", {}};
    EXPECT_EQ(find_argument(huge, 0)->kind, Kind::other);
    const Payload extension{Serializer::msgpack, std::string_view("\x91\xD4\x01\x00", 4), {}};
    EXPECT_EQ(find_argument(extension, 0)->kind, Kind::other);
    for (const char* other : {"81c06161", "81c101", "81f0", "81f8ff", "813bffffffffffffffff",
                              "81c249010000000000000000", "81d8406161"}) {
        const std::string bytes = vectors::unhex(other);
        EXPECT_EQ(find_argument({Serializer::cbor, bytes, {}}, 0)->kind, Kind::other) << other;
    }
}

TEST(Argument, IsTheSameInEveryFormOfCbor) {  // W-SER-08
    const std::string args = vectors::unhex(
        "9f 7f 6161 6162 ff 5f 4101 ff bf 6161 9f f7 ff ff f7 c24101 c34101"
        " d8404161 d9d9f705 c001 f93e00 ff");
    const std::string kwargs = vectors::unhex("bf 7f 6161 6162 ff 01 6161 02 ff");
    const Payload payload{Serializer::cbor, args, kwargs};
    EXPECT_TRUE(find_argument(payload, 0)->is_text("ab"));
    EXPECT_FALSE(find_argument(payload, 0)->is_text("ac"));
    EXPECT_EQ(find_argument(payload, 0)->text(), "ab");
    EXPECT_EQ(find_argument(payload, 0)->bytes, 6U);
    EXPECT_EQ(find_argument(payload, 1)->kind, Kind::binary);
    EXPECT_EQ(find_argument(payload, 1)->length, 1U);
    EXPECT_EQ(find_argument(payload, 2)->kind, Kind::dict);
    EXPECT_EQ(find_argument(payload, 2)->length, 1U);
    EXPECT_EQ(find_argument(payload, 2)->depth, 2U);
    EXPECT_EQ(find_argument(payload, 3)->kind, Kind::null);
    EXPECT_EQ(find_argument(payload, 4)->unsigned_integer, 1U);
    EXPECT_EQ(find_argument(payload, 5)->negative_integer, -2);
    EXPECT_EQ(find_argument(payload, 6)->kind, Kind::binary);
    EXPECT_EQ(find_argument(payload, 7)->unsigned_integer, 5U);
    EXPECT_EQ(find_argument(payload, 8)->kind, Kind::other);
    EXPECT_EQ(find_argument(payload, 9)->floating, 1.5);
    EXPECT_FALSE(find_argument(payload, 10));
    EXPECT_EQ(positional_arguments(payload).length, 10U);
    EXPECT_EQ(positional_arguments(payload).bytes, args.size());
    EXPECT_EQ(find_argument(payload, std::string_view("ab"))->unsigned_integer, 1U);
    EXPECT_EQ(find_argument(payload, std::string_view("a"))->unsigned_integer, 2U);
    EXPECT_FALSE(find_argument(payload, std::string_view("b")));
}

}  // namespace
}  // namespace sallyport::wamp
