#include "backend-link/inside/link_egress.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::backend_link {
namespace {

using wamp::Message;

wamp::Payload json(const std::string& args) {
    return {wamp::Serializer::json, args, {}, 0};
}

TEST(LinkEgress, HoldsWhatMayBeLargeAndNothingThatOthersNeed) {
    for (const Message& message : std::vector<Message>{
             wamp::CallResult{}, wamp::Event{}, wamp::Invocation{}, wamp::Interrupt{},
             wamp::Error{wamp::MessageType::call, 1, {}, "a", {}}})
        EXPECT_TRUE(LinkEgress::can_wait(message));
    for (const Message& message : std::vector<Message>{
             wamp::Subscribed{}, wamp::Published{}, wamp::Unregistered{}, wamp::Goodbye{},
             wamp::Error{wamp::MessageType::subscribe, 1, {}, "a", {}}})
        EXPECT_FALSE(LinkEgress::can_wait(message));
}

TEST(LinkEgress, KeepsACopyOfThePayload) {
    LinkEgress egress;
    std::string args = "[1]";
    egress.hold(7, 5, wamp::CallResult{1, {}, json(args)}, true);
    args = "xxx";
    EXPECT_FALSE(egress.empty());
    EXPECT_GT(egress.bytes(), 3U);
    const LinkEgress::Turn turn = egress.next();
    EXPECT_FALSE(turn.is_divided());
    EXPECT_EQ(turn.item->to, 7U);
    EXPECT_EQ(wamp::payload_of(turn.item->message)->args, "[1]");
    EXPECT_EQ(egress.bytes(), 0U);
}

TEST(LinkEgress, DividesALargePayloadIfTheGatewayUnderstandsIt) {
    LinkEgress egress;
    const std::string large = "[" + std::string(LinkEgress::divided_bytes_min, '1') + "]";
    egress.hold(7, 5, wamp::CallResult{1, {}, json(large)}, false);
    EXPECT_FALSE(egress.next().is_divided());
    egress.hold(7, 5, wamp::CallResult{1, {}, json(large)}, true);
    const LinkEgress::Turn turn = egress.next();
    EXPECT_EQ(turn.bytes, large.size());
    egress.done(turn);
    EXPECT_TRUE(egress.empty());
}

// A session, a subscription and an invocation with the same number have shares of their own.
TEST(LinkEgress, SharesAmongThoseForWhomTheMessagesAre) {
    LinkEgress egress;
    const std::string args = "[" + std::string(20'000, '1') + "]";
    for (wamp::RequestId request = 1; request <= 3; ++request)
        egress.hold(7, 5, wamp::CallResult{request, {}, json(args)}, true);
    egress.hold(7, 0, wamp::Event{5, 1, {}, json("[1]")}, true);
    egress.hold(7, 0, wamp::Invocation{5, 1, {}, json("[1]")}, true);
    std::vector<Message> next;
    for (int i = 0; i < 2; ++i) next.push_back(egress.next().item->message);
    EXPECT_TRUE(std::holds_alternative<wamp::Event>(next[0]) ||
                std::holds_alternative<wamp::Event>(next[1]));
    EXPECT_TRUE(std::holds_alternative<wamp::Invocation>(next[0]) ||
                std::holds_alternative<wamp::Invocation>(next[1]));
}

TEST(LinkEgress, ForgetsAllWithTheLink) {
    LinkEgress egress;
    egress.hold(7, 5, wamp::CallResult{1, {}, json("[1]")}, true);
    egress.clear();
    EXPECT_TRUE(egress.empty());
    EXPECT_EQ(egress.bytes(), 0U);
}

}  // namespace
}  // namespace sallyport::backend_link
