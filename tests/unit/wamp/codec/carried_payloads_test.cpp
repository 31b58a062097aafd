#include "wamp/codec/carried_payloads.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

using Part = CarriedPayloads::Part;

constexpr MessageLimits limits;

/// Payloads borrow from the frame, which is kept.
Message decoded(const Frame& frame) {
    static std::vector<Frame> kept;
    kept.push_back(frame);
    auto message = decode(Serializer::msgpack, frame.message(), limits);
    EXPECT_TRUE(message.has_value());
    return message.has_value() ? std::move(*message) : Message(Hello{});
}

Payload json(std::string_view args, std::string_view kwargs = {}) {
    return {Serializer::json, args, kwargs, 0};
}

/// The payload that arrives at the other end, as "serializer args kwargs", or the error.
std::string arriving(CarriedPayloads& end, Message message) {
    if (const auto error = end.resolve(message)) return std::string(to_string(*error));
    const Payload& payload = *payload_of(message);
    return std::string(to_string(payload.serializer)) + " " + std::string(payload.args) + " " +
           std::string(payload.kwargs);
}

TEST(CarriedPayloads, ArriveInTheSerializerOfTheirSender) {
    CarriedPayloads end(limits);
    for (const auto& payload :
         {json("[1,\"two\"]", "{\"a\":null}"), json("[1]"), json({}, "{\"a\":1}")}) {
        const std::string expected =
            "json " + std::string(payload.args) + " " + std::string(payload.kwargs);
        const Dict options{{"acknowledge", true}};
        for (const Message& message : std::vector<Message>{
                 Call{7, options, "lab.a", payload}, Publish{7, options, "lab.a", payload},
                 CallResult{7, options, payload}, Yield{7, options, payload},
                 Event{7, 8, options, payload}, Invocation{7, 8, options, payload},
                 Error{MessageType::call, 7, options, "lab.error", payload}}) {
            const Frame frame = encode_carrying(message);
            Message received = decoded(frame);
            EXPECT_EQ(type_of(received), type_of(message));
            EXPECT_EQ(arriving(end, received), expected);
            EXPECT_FALSE(end.resolve(received)) << "a message is resolved once";
        }
    }
}

TEST(CarriedPayloads, ArriveInCbor) {  // W-GWY-14
    CarriedPayloads end(limits);
    const Payload payload{Serializer::cbor, "\x81\x01", "\xA1\x61\x61\x02", 0};
    EXPECT_EQ(arriving(end, decoded(encode_carrying(Call{7, {}, "lab.a", payload}))),
              "cbor \x81\x01 \xA1\x61\x61\x02");
    const Payload malformed{Serializer::cbor, "\x81\x1C", {}, 0};
    EXPECT_EQ(arriving(end, decoded(encode_carrying(Call{7, {}, "lab.a", malformed}))),
              "malformed");
}

TEST(CarriedPayloads, RemoveTheirDescription) {
    CarriedPayloads end(limits);
    Message received =
        decoded(encode_carrying(Call{7, {{"disclose_me", true}}, "lab.a", json("[1]")}));
    ASSERT_FALSE(end.resolve(received));
    EXPECT_EQ(std::get<Call>(received).options, (Dict{{"disclose_me", true}}));
}

TEST(CarriedPayloads, LeaveMessagePackAsItIs) {
    const Message message = Call{7, {}, "lab.a", {Serializer::msgpack, "\x91\x01", {}, 0}};
    EXPECT_EQ(encode_carrying(message).message(), encode(Serializer::msgpack, message).message());
    const Message empty = Call{7, {}, "lab.a", json({})};
    EXPECT_EQ(encode_carrying(empty).message(), encode(Serializer::msgpack, empty).message());
}

TEST(CarriedPayloads, ArriveInParts) {
    const std::string args = "[\"" + std::string(10, 'a') + "\"]";
    const std::string kwargs = "{\"b\":\"" + std::string(10, 'c') + "\"}";
    for (std::size_t part = 1; part <= args.size() + kwargs.size(); ++part) {
        CarriedPayloads end(limits);
        const Payload payload = json(args, kwargs);
        for (std::size_t at = 0; at < payload.bytes(); at += part) {
            const Frame frame = encode_part(3, payload, at, std::min(part, payload.bytes() - at));
            const auto taken = end.take(frame.message());
            ASSERT_TRUE(taken.has_value());
            EXPECT_EQ(*taken, Part::taken);
        }
        EXPECT_EQ(end.bytes(), payload.bytes());
        Message message = Call{7, {}, "lab.a", payload};
        set_stream(message, 3);
        const Frame frame = encode_carrying(message);
        EXPECT_LT(frame.message().size(), 40U);
        EXPECT_EQ(*end.take(frame.message()), Part::none);
        EXPECT_EQ(arriving(end, decoded(frame)), "json " + args + " " + kwargs);
        EXPECT_EQ(end.bytes(), 0U);
        EXPECT_EQ(arriving(end, decoded(frame)), "element of the wrong type") << "only once";
    }
}

TEST(CarriedPayloads, AreForgottenIfTheirMessageDoesNotCome) {
    CarriedPayloads end(limits);
    ASSERT_TRUE(end.take(encode_part(3, json("[1]"), 0, 3).message()).has_value());
    ASSERT_TRUE(end.take(encode_part_end(3).message()).has_value());
    EXPECT_EQ(end.bytes(), 0U);
    ASSERT_TRUE(end.take(encode_part_end(4).message()).has_value()) << "unknown, as it was sent";
}

TEST(CarriedPayloads, AreValidatedLikeThoseOfAnyMessage) {
    CarriedPayloads end(limits);
    for (const auto& [args, kwargs, error] :
         std::vector<std::tuple<std::string_view, std::string_view, std::string_view>>{
             {"[1", "", "malformed"},
             {"[1]x", "", "malformed"},
             {"{}", "", "element of the wrong type"},
             {"[\"\xFF\"]", "", "malformed"},
             {"", "[1]", "element of the wrong type"},
             {"", "{\"a\":1,\"a\":2}", "duplicate key"}}) {
        EXPECT_EQ(arriving(end, decoded(encode_carrying(Call{7, {}, "a", json(args, kwargs)}))),
                  error)
            << args << kwargs;
    }
    MessageLimits shallow;
    shallow.depth = 3;
    CarriedPayloads strict(shallow);
    EXPECT_EQ(arriving(strict, decoded(encode_carrying(Call{7, {}, "a", json("[[[[1]]]]")}))),
              "nested too deep");
}

TEST(CarriedPayloads, RefuseADescriptionThatIsWrong) {
    CarriedPayloads end(limits);
    const auto arriving_with = [&](Value description, std::string_view args = "\x91\xC4\x01[") {
        return arriving(end, Call{7,
                                  {{std::string(carried_payload_key), std::move(description)}},
                                  "a",
                                  {Serializer::msgpack, args, {}, 0}});
    };
    const auto three = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
        return List{a, b, c};
    };
    EXPECT_EQ(arriving_with(true), "option of the wrong type");
    EXPECT_EQ(arriving_with(List{}), "option of the wrong type");
    EXPECT_EQ(arriving_with(three(4, 1, 0)), "option of the wrong type") << "no serializer";
    EXPECT_EQ(arriving_with(three(1, 2, 0)), "option of the wrong type") << "more than there is";
    EXPECT_EQ(arriving_with(three(1, 1, 9)), "element of the wrong type") << "no such stream";
    EXPECT_EQ(arriving_with(three(1, 1, 0), "\x91\x01"), "element of the wrong type");
    EXPECT_EQ(arriving_with(three(1, 1, 0), "\x92\xC4\x01[\x01"), "element of the wrong type");
}

TEST(CarriedPayloads, KeepABoundedNumberOfBoundedParts) {  // W-GWY-15
    MessageLimits small;
    small.message_bytes = 600;
    CarriedPayloads end(small);
    const std::string bytes(600, 'x');
    for (std::size_t stream = 1; stream <= CarriedPayloads::streams_max; ++stream)
        ASSERT_TRUE(end.take(encode_part(stream, json(bytes), 0, 600).message()).has_value());
    EXPECT_TRUE(end.take(encode_part(1, json(bytes), 0, 1).message()).has_error()) << "too long";
    EXPECT_TRUE(end.take(encode_part(99, json(bytes), 0, 1).message()).has_error()) << "too many";
}

TEST(CarriedPayloads, TakeWholePartsOnly) {
    CarriedPayloads end(limits);
    const std::string part(encode_part(3, json("[1]"), 0, 3).message());
    for (std::size_t bytes = 4; bytes < part.size(); ++bytes)
        EXPECT_TRUE(end.take(part.substr(0, bytes)).has_error()) << bytes;
    EXPECT_TRUE(end.take(part + "x").has_error());
    EXPECT_EQ(*end.take(part.substr(0, 3)), Part::none);
}

}  // namespace
}  // namespace sallyport::wamp
