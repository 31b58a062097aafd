#include "policy/engine/condition.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "tests/unit/policy/support.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using Type = ValueTypes::Type;

Condition first() {
    return {};
}

Condition of_type(Type type) {
    Condition condition;
    condition.types.add(type);
    return condition;
}

bool holds_for(const Condition& condition, const wamp::Value& value) {
    bool both[2] = {};
    int at = 0;
    for (const auto serializer : {wamp::Serializer::json, wamp::Serializer::msgpack}) {
        const auto payload = wamp::make_payload(serializer, {value}, {{"k", value}});
        both[at++] = holds(condition, payload.view());
        Condition named = condition;
        named.source = Condition::Source::kwarg;
        named.name = "k";
        EXPECT_EQ(holds(named, payload.view()), both[at - 1]);
    }
    EXPECT_EQ(both[0], both[1]);
    return both[0];
}

TEST(Condition, LooksAtTheType) {
    const std::pair<Type, wamp::Value> values[] = {
        {Type::null, nullptr},       {Type::boolean, true},
        {Type::integer, 5},          {Type::integer, -5},
        {Type::text, "five"},        {Type::binary, wamp::Bytes{"\x05"}},
        {Type::list, wamp::List{5}}, {Type::dict, wamp::Dict{{"a", 5}}},
    };
    for (const auto& [type, value] : values) {
        for (const Type other : {Type::null, Type::boolean, Type::integer, Type::text, Type::binary,
                                 Type::list, Type::dict}) {
            EXPECT_EQ(holds_for(of_type(other), value), other == type)
                << to_string(other) << " of " << to_string(type);
        }
    }
    EXPECT_TRUE(holds_for(of_type(Type::number), 5));
    EXPECT_TRUE(holds_for(of_type(Type::number), 5.5));
    EXPECT_FALSE(holds_for(of_type(Type::integer), 5.5));
    EXPECT_TRUE(holds_for(first(), nullptr));
}

TEST(Condition, BoundsNumbersExactly) {
    Condition condition;
    condition.min = std::int64_t{-3};
    condition.max = 90.5;
    for (const wamp::Value& value : {wamp::Value(-3), wamp::Value(90), wamp::Value(90.5)})
        EXPECT_TRUE(holds_for(condition, value));
    for (const wamp::Value& value : {wamp::Value(-4), wamp::Value(91), wamp::Value(90.6),
                                     wamp::Value("5"), wamp::Value(true), wamp::Value(nullptr)})
        EXPECT_FALSE(holds_for(condition, value));
    condition.min.reset();
    condition.max = std::numeric_limits<std::int64_t>::max();
    EXPECT_TRUE(holds_for(condition, std::uint64_t{INT64_MAX}));
    EXPECT_FALSE(holds_for(condition, std::uint64_t{INT64_MAX} + 1));
    EXPECT_FALSE(holds_for(condition, std::uint64_t{UINT64_MAX}));
    const auto nan =
        wamp::make_payload(wamp::Serializer::msgpack, {std::numeric_limits<double>::quiet_NaN()});
    EXPECT_FALSE(holds(condition, nan.view()));
}

TEST(Condition, BoundsLengthDepthAndBytes) {
    Condition length;
    length.min_length = 2;
    length.max_length = 3;
    for (const wamp::Value& value :
         {wamp::Value("ab"), wamp::Value(wamp::Bytes{"abc"}), wamp::Value(wamp::List{1, 2})})
        EXPECT_TRUE(holds_for(length, value));
    for (const wamp::Value& value :
         {wamp::Value("a"), wamp::Value("abcd"), wamp::Value(wamp::List{1}),
          wamp::Value(wamp::Dict{}), wamp::Value(22)})
        EXPECT_FALSE(holds_for(length, value));
    Condition depth;
    depth.max_depth = 1;
    EXPECT_TRUE(holds_for(depth, 5));
    EXPECT_TRUE(holds_for(depth, wamp::List{5}));
    EXPECT_FALSE(holds_for(depth, wamp::List{wamp::List{}}));
    Condition bytes;
    bytes.max_bytes = 6;
    EXPECT_TRUE(holds_for(bytes, "abcd"));
    EXPECT_FALSE(holds_for(bytes, "abcdefg"));
}

TEST(Condition, TakesOneOfAList) {
    Condition condition;
    condition.one_of = {std::string("slow"), std::int64_t{5}, true, 2.5};
    for (const wamp::Value& value : {wamp::Value("slow"), wamp::Value(5), wamp::Value(5.0),
                                     wamp::Value(true), wamp::Value(2.5)})
        EXPECT_TRUE(holds_for(condition, value));
    for (const wamp::Value& value : {wamp::Value("slo"), wamp::Value("5"), wamp::Value(false),
                                     wamp::Value(1), wamp::Value(nullptr)})
        EXPECT_FALSE(holds_for(condition, value));
}

TEST(Condition, IsNotMetByWhatIsAbsentUnlessItMayBe) {
    const auto payload = wamp::make_payload(wamp::Serializer::json, {1});
    Condition condition;
    condition.index = 1;
    EXPECT_FALSE(holds(condition, payload.view()));
    condition.optional = true;
    EXPECT_TRUE(holds(condition, payload.view()));
    condition.index = 0;
    condition.types.add(Type::text);
    EXPECT_FALSE(holds(condition, payload.view()));
}

TEST(Condition, SpeaksOfAllArgumentsTogether) {
    Condition args;
    args.source = Condition::Source::args;
    args.max_length = 2;
    EXPECT_TRUE(holds(args, {}));
    EXPECT_TRUE(holds(args, wamp::make_payload(wamp::Serializer::json, {1, 2}).view()));
    EXPECT_FALSE(holds(args, wamp::make_payload(wamp::Serializer::json, {1, 2, 3}).view()));
    Condition kwargs;
    kwargs.source = Condition::Source::kwargs;
    kwargs.max_length = 0;
    EXPECT_TRUE(holds(kwargs, wamp::make_payload(wamp::Serializer::json, {1}).view()));
    EXPECT_FALSE(holds(kwargs, wamp::make_payload(wamp::Serializer::json, {}, {{"a", 1}}).view()));
}

}  // namespace
}  // namespace sallyport::policy
