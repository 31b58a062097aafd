#include "wamp/codec/passthru_payload.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "wamp/codec/codec.h"
#include "wamp/message/passthru.h"

namespace sallyport::wamp {
namespace {

constexpr std::array serializers{Serializer::json, Serializer::msgpack};

const Dict sealed{{"ppt_scheme", "wamp"}, {"ppt_serializer", "cbor"}, {"ppt_cipher", "aes256gcm"}};

/// Whether the arguments have the shape, whichever serializer says them.
bool has_shape(const Dict& options, const List& args, const Dict& kwargs = {}) {
    std::array<bool, serializers.size()> answers{};
    for (std::size_t i = 0; i < serializers.size(); ++i) {
        const OwnedPayload payload = make_payload(serializers[i], args, kwargs);
        answers[i] = is_passthru_payload(options, payload.view());
    }
    EXPECT_EQ(answers[0], answers[1]);
    return answers[0];
}

// W-PPT-03
TEST(PassthruPayload, IsOneBinaryArgument) {
    EXPECT_TRUE(has_shape(sealed, {Bytes{"\x01\x02"}}));
    EXPECT_TRUE(has_shape(sealed, {Bytes{""}}));
    EXPECT_FALSE(has_shape(sealed, {}));
    EXPECT_FALSE(has_shape(sealed, {"text"}));
    EXPECT_FALSE(has_shape(sealed, {5}));
    EXPECT_FALSE(has_shape(sealed, {Value(List{Bytes{"\x01"}})}));
    EXPECT_FALSE(has_shape(sealed, {Bytes{"\x01"}, Bytes{"\x02"}}));
}

// W-PPT-03: ArgsKw is absent or empty.
TEST(PassthruPayload, HasNoKeywordArguments) {
    EXPECT_FALSE(has_shape(sealed, {Bytes{"\x01"}}, {{"k", 1}}));
    EXPECT_FALSE(has_shape(sealed, {}, {{"k", Bytes{"\x01"}}}));
    EXPECT_TRUE(is_passthru_payload(sealed, {Serializer::msgpack, "\x91\xc4\x01\x07", "\x80"}));
    EXPECT_TRUE(is_passthru_payload(sealed, {Serializer::json, R"(["\u0000AQI="])", "{}"}));
}

// What real clients send: "native" is said in the session's own serializer.
TEST(PassthruPayload, MayBeOfAnyKindWhereNothingWasDoneToIt) {
    const Dict kwargs_inside{{"args", List{1}}, {"kwargs", Dict{{"k", 2}}}};
    for (const Dict& as_it_is : {Dict{{"ppt_scheme", "mqtt"}},
                                 Dict{{"ppt_scheme", "x_own"}, {"ppt_serializer", "native"}}}) {
        EXPECT_TRUE(has_shape(as_it_is, {kwargs_inside}));
        EXPECT_TRUE(has_shape(as_it_is, {Bytes{"\x01"}}));
        EXPECT_FALSE(has_shape(as_it_is, {}));
        EXPECT_FALSE(has_shape(as_it_is, {1, 2}));
        EXPECT_FALSE(has_shape(as_it_is, {1}, {{"k", 2}}));
    }
    EXPECT_FALSE(has_shape({{"ppt_scheme", "x_own"}, {"ppt_serializer", "json"}}, {kwargs_inside}));
    EXPECT_FALSE(has_shape({{"ppt_scheme", "x_own"}, {"ppt_cipher", "custom"}}, {kwargs_inside}));
}

// W-SEC-21
TEST(PassthruPayload, IsDescribedInFewBytes) {
    for (const std::string_view key : passthru_keys) {
        Dict options = sealed;
        options.set(key, std::string(passthru_value_bytes_max, 'x'));
        EXPECT_TRUE(has_shape(options, {Bytes{"\x01"}})) << key;
        options.set(key, std::string(passthru_value_bytes_max + 1, 'x'));
        EXPECT_FALSE(has_shape(options, {Bytes{"\x01"}})) << key;
    }
}

}  // namespace
}  // namespace sallyport::wamp
