#include "policy/engine/event_delivery.h"

#include <gtest/gtest.h>

#include <limits>

#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using wamp::Serializer;
using wamp::Value;

std::string key_in(Serializer serializer, const Value& value) {
    const auto payload = wamp::make_payload(serializer, {Value("first"), value},
                                            {{"other", Value(1)}, {"k", value}});
    const std::string key = key_of(EventKey(1U), payload.view());
    EXPECT_EQ(key_of(EventKey(std::string("k")), payload.view()), key);
    return key;
}

std::string key_for(const Value& value) {
    const std::string key = key_in(Serializer::json, value);
    EXPECT_EQ(key_in(Serializer::msgpack, value), key);
    return key;
}

TEST(KeyOf, IsTheSameInEverySerializer) {
    const std::vector<std::string> keys{key_for(Value("a")),        key_for(Value("")),
                                        key_for(Value("1")),        key_for(Value(1)),
                                        key_for(Value(-1)),         key_for(Value(1.5)),
                                        key_for(Value(true)),       key_for(Value(false)),
                                        key_for(Value("\"\\ü\n𝄞")), key_for(Value(""))};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_FALSE(keys[i].empty());
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_EQ(keys[i] == keys[j], i == 9 && j == 1) << i << ' ' << j;
    }
}

TEST(KeyOf, ComparesNumbersByValue) {
    EXPECT_EQ(key_for(Value(2.0)), key_for(Value(2)));
    EXPECT_EQ(key_for(Value(-0.0)), key_for(Value(0)));
    EXPECT_NE(key_for(Value(2.25)), key_for(Value(2.5)));
    EXPECT_NE(key_in(Serializer::msgpack, Value(std::numeric_limits<double>::infinity())), "");
    EXPECT_NE(key_for(Value(1e300)), key_for(Value(2e300)));
}

TEST(KeyOf, IsAbsentForEverythingElse) {
    for (const Value& value : {Value(), Value(wamp::List{Value(1)}), Value(wamp::Dict{{"a", 1}})})
        EXPECT_EQ(key_for(value), "");
    const auto payload = wamp::make_payload(Serializer::json, {Value(1)});
    EXPECT_EQ(key_of(EventKey(), payload.view()), "");
    EXPECT_EQ(key_of(EventKey(1U), payload.view()), "");
    EXPECT_EQ(key_of(EventKey(std::string("k")), payload.view()), "");
    EXPECT_EQ(key_of(EventKey(0U), {}), "");
}

TEST(EventDelivery, SpacesEventsEvenly) {
    using namespace std::chrono_literals;
    EXPECT_EQ((EventDelivery{true, {}, 0}.interval()), 0ns);
    EXPECT_EQ((EventDelivery{true, {}, 2}.interval()), 500ms);
    EXPECT_EQ((EventDelivery{true, {}, 1.0 / 60}.interval()), 60s);
    EXPECT_EQ((EventDelivery{true, {}, 1'000'000}.interval()), 1us);
}

}  // namespace
}  // namespace sallyport::policy
