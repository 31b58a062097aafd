#include "backend-link/inside/link_egress.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::backend_link {
namespace {

constexpr wamp::SessionId gateway = 1;

wamp::Payload json_of(const std::string& args) {
    return {wamp::Serializer::json, args, {}, 0};
}

class LinkEgressTest : public testing::Test {
protected:
    void hold(wamp::Message message, wamp::SessionId origin = 0) {
        egress_.hold(gateway, origin, message, false);
    }
    wamp::Payload payload(std::size_t bytes) {
        text_ = "[\"" + std::string(bytes, 'x') + "\"]";
        return {wamp::Serializer::json, text_, {}, 0};
    }
    wamp::Message next() { return egress_.next().item->message; }
    wamp::SubscriptionId next_event() { return std::get<wamp::Event>(next()).subscription; }
    wamp::PublicationId next_publication() { return std::get<wamp::Event>(next()).publication; }
    wamp::RequestId next_invocation() { return std::get<wamp::Invocation>(next()).request; }

    LinkEgress egress_;
    std::string text_;
};

// W-ORD-01: also across subscriptions. Those of other publishers do not wait for them.
TEST_F(LinkEgressTest, KeepsTheOrderOfTheEventsOfAPublisher) {
    hold(wamp::Event{7, 1, {}, payload(10'000)}, 5);
    hold(wamp::Event{8, 2, {}, {}}, 5);
    hold(wamp::Event{7, 3, {}, {}}, 6);
    EXPECT_EQ(next_publication(), 3u);
    EXPECT_EQ(next_publication(), 1u);
    EXPECT_EQ(next_publication(), 2u);
}

// W-ORD-02: those of other callers do not wait for them.
TEST_F(LinkEgressTest, KeepsTheOrderOfTheInvocationsOfACaller) {
    hold(wamp::Invocation{1, 3, {}, payload(10'000)}, 5);
    hold(wamp::Invocation{2, 3, {}, {}}, 5);
    hold(wamp::Invocation{3, 3, {}, {}}, 6);
    EXPECT_EQ(next_invocation(), 3u);
    EXPECT_EQ(next_invocation(), 1u);
    EXPECT_EQ(next_invocation(), 2u);
}

TEST_F(LinkEgressTest, SendsAnInterruptAfterItsInvocation) {
    hold(wamp::Invocation{1, 3, {}, payload(10'000)}, 5);
    hold(wamp::Interrupt{1, {}}, 5);
    EXPECT_EQ(next_invocation(), 1u);
    EXPECT_TRUE(std::holds_alternative<wamp::Interrupt>(next()));
}

// W-EVR-03: the retained event that follows SUBSCRIBED comes before all later ones.
TEST_F(LinkEgressTest, LetsSubscriptionsFollowTheirEventsThatAreHeld) {
    const wamp::Message subscribed = wamp::Subscribed{4, 7};
    const wamp::Message revoked =
        wamp::Unsubscribed{0, wamp::Dict{{"subscription", std::uint64_t{7}}}};
    EXPECT_FALSE(egress_.must_follow(subscribed));
    hold(wamp::CallResult{1, {}, {}}, 5);
    hold(wamp::Event{8, 1, {}, {}}, 5);
    EXPECT_FALSE(egress_.must_follow(subscribed));
    hold(wamp::Event{7, 1, {}, {}}, 5);
    EXPECT_TRUE(egress_.must_follow(subscribed));
    EXPECT_TRUE(egress_.must_follow(revoked));
    EXPECT_FALSE(egress_.must_follow(wamp::Unsubscribed{4, {}}));
}

TEST_F(LinkEgressTest, LetsNothingOfASubscriptionPassItsRetainedEvent) {
    const wamp::Dict retained{{"retained", true}};
    hold(wamp::Event{7, 1, {}, payload(10'000)}, 5);
    hold(wamp::Subscribed{4, 7});
    hold(wamp::Event{7, 2, retained, payload(10'000)});
    hold(wamp::Event{7, 3, {}, {}}, 6);
    hold(wamp::CallResult{1, {}, {}}, 5);
    EXPECT_GT(egress_.bytes(), 20'000U);
    EXPECT_TRUE(egress_.must_follow(wamp::Subscribed{5, 9}));
    EXPECT_TRUE(std::holds_alternative<wamp::CallResult>(next()));
    EXPECT_EQ(next_publication(), 1u);
    EXPECT_TRUE(std::holds_alternative<wamp::Subscribed>(next()));
    EXPECT_EQ(next_publication(), 2u);
    EXPECT_EQ(next_publication(), 3u);
    EXPECT_TRUE(egress_.empty());
    EXPECT_EQ(egress_.bytes(), 0U);
    EXPECT_FALSE(egress_.must_follow(wamp::Subscribed{5, 7}));
}

// A large event that is sent in parts is passed by nothing that has to follow it.
TEST_F(LinkEgressTest, LetsARetainedEventFollowAllPartsOfAnEvent) {
    const std::string large = "[" + std::string(wamp::flow::divided_bytes_min, '1') + "]";
    egress_.hold(gateway, 5, wamp::Event{7, 1, {}, json_of(large)}, true);
    hold(wamp::Event{7, 2, wamp::Dict{{"retained", true}}, {}});
    hold(wamp::Event{8, 3, {}, {}}, 6);
    LinkEgress::Turn turn = egress_.next();
    while (turn.sent + turn.part() < turn.bytes) {
        turn.sent += turn.part();
        egress_.again(std::move(turn));
        turn = egress_.next();
        ASSERT_TRUE(turn.is_divided());
    }
    egress_.done(turn);
    EXPECT_EQ(next_publication(), 2u);
    EXPECT_EQ(next_publication(), 3u);
    EXPECT_TRUE(egress_.empty());
}

TEST_F(LinkEgressTest, HoldsWhatMayBeLargeAndNothingThatOthersNeed) {
    for (const wamp::Message& message : std::vector<wamp::Message>{
             wamp::CallResult{}, wamp::Event{}, wamp::Invocation{}, wamp::Interrupt{},
             wamp::Error{wamp::MessageType::call, 1, {}, "a", {}}})
        EXPECT_TRUE(LinkEgress::can_wait(message));
    for (const wamp::Message& message : std::vector<wamp::Message>{
             wamp::Subscribed{}, wamp::Published{}, wamp::Unregistered{}, wamp::Goodbye{},
             wamp::Error{wamp::MessageType::subscribe, 1, {}, "a", {}}})
        EXPECT_FALSE(LinkEgress::can_wait(message));
}

TEST_F(LinkEgressTest, KeepsACopyOfThePayload) {
    LinkEgress egress;
    std::string args = "[1]";
    egress.hold(7, 5, wamp::CallResult{1, {}, json_of(args)}, true);
    args = "xxx";
    EXPECT_FALSE(egress.empty());
    EXPECT_GT(egress.bytes(), 3U);
    const LinkEgress::Turn turn = egress.next();
    EXPECT_FALSE(turn.is_divided());
    EXPECT_EQ(turn.item->to, 7U);
    EXPECT_EQ(wamp::payload_of(turn.item->message)->args, "[1]");
    EXPECT_EQ(egress.bytes(), 0U);
}

TEST_F(LinkEgressTest, DividesALargePayloadIfTheGatewayUnderstandsIt) {
    LinkEgress egress;
    const std::string large = "[" + std::string(wamp::flow::divided_bytes_min, '1') + "]";
    egress.hold(7, 5, wamp::CallResult{1, {}, json_of(large)}, false);
    EXPECT_FALSE(egress.next().is_divided());
    egress.hold(7, 5, wamp::CallResult{1, {}, json_of(large)}, true);
    const LinkEgress::Turn turn = egress.next();
    EXPECT_EQ(turn.bytes, large.size());
    egress.done(turn);
    EXPECT_TRUE(egress.empty());
}

TEST_F(LinkEgressTest, ForgetsAllWithTheLink) {
    LinkEgress egress;
    egress.hold(7, 5, wamp::CallResult{1, {}, json_of("[1]")}, true);
    egress.clear();
    EXPECT_TRUE(egress.empty());
    EXPECT_EQ(egress.bytes(), 0U);
}

}  // namespace
}  // namespace sallyport::backend_link
