#include "wamp/message/message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "wamp/message/layout.h"

namespace sallyport::wamp {
namespace {

template <std::size_t Index = 0, class Use>
void for_each_type(Use use) {
    if constexpr (Index < std::variant_size_v<Message>) {
        use(Message(std::in_place_index<Index>));
        for_each_type<Index + 1>(use);
    }
}

TEST(Message, HasOneStructForEachRowOfTheLayoutTable) {
    std::set<MessageType> types;
    for_each_type([&types](const Message& message) {
        const MessageType type = type_of(message);
        types.insert(type);
        EXPECT_NE(layout_of(static_cast<std::uint64_t>(type)), nullptr);
    });
    EXPECT_EQ(types.size(), std::variant_size_v<Message>);
    std::size_t rows = 0;
    for (std::uint64_t code = 0; code < 1024; ++code) rows += layout_of(code) != nullptr ? 1U : 0U;
    EXPECT_EQ(rows, types.size());
}

TEST(Serializer, IsFoundByItsNumberAndItsName) {  // W-RAW-01
    EXPECT_EQ(serializer_of(std::uint64_t{3}), Serializer::cbor);
    for (const Serializer serializer : all_serializers) {
        EXPECT_EQ(serializer_of(static_cast<std::uint64_t>(serializer)), serializer);
        EXPECT_EQ(serializer_of(to_string(serializer)), serializer);
    }
    for (const std::uint64_t none : {0U, 4U, 257U}) EXPECT_EQ(serializer_of(none), std::nullopt);
    for (const std::string_view none : {"", "CBOR", "ubjson"})
        EXPECT_EQ(serializer_of(none), std::nullopt);
}

TEST(Message, HasADifferentNameForEachType) {
    std::set<std::string_view> names;
    for_each_type([&names](const Message& message) { names.insert(to_string(type_of(message))); });
    EXPECT_EQ(names.size(), std::variant_size_v<Message>);
    EXPECT_EQ(to_string(MessageType::hello), "HELLO");
    EXPECT_EQ(to_string(MessageType::register_), "REGISTER");
}

TEST(Message, HandsOutThePayloadOfTheTypesThatCarryOne) {
    for_each_type([](const Message& message) {
        const Layout* layout = layout_of(static_cast<std::uint64_t>(type_of(message)));
        EXPECT_EQ(payload_of(message) != nullptr, layout->elements.back() == Element::kwargs)
            << to_string(type_of(message));
    });
    Call call;
    call.payload.args = "[1]";
    const Message message = call;
    ASSERT_NE(payload_of(message), nullptr);
    EXPECT_EQ(payload_of(message)->args, "[1]");
    EXPECT_EQ(payload_of(message)->bytes(), 3U);
}

TEST(Payload, IsOwnedByACopyThatOutlivesTheFrame) {
    OwnedPayload owned;
    {
        std::string frame = "[1,2]{\"a\":3}";
        const auto bytes = std::string_view(frame);
        owned = OwnedPayload(Payload{Serializer::json, bytes.substr(0, 5), bytes.substr(5)});
        frame.assign(frame.size(), 'x');
    }
    EXPECT_EQ(owned.view().args, "[1,2]");
    EXPECT_EQ(owned.view().kwargs, "{\"a\":3}");
    EXPECT_EQ(owned.view().serializer, Serializer::json);
    EXPECT_FALSE(owned.view().empty());
    EXPECT_TRUE(OwnedPayload().view().empty());
}

TEST(Serializer, HasANameForSubprotocolsAndLogs) {
    EXPECT_EQ(to_string(Serializer::json), "json");
    EXPECT_EQ(to_string(Serializer::msgpack), "msgpack");
}

}  // namespace
}  // namespace sallyport::wamp
