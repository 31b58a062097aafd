#include "gateway/front/link_queue.h"

#include <string>

#include <gtest/gtest.h>

#include "wamp/message/message.h"

namespace sallyport::gateway {
namespace {

policy::Session session(wamp::SessionId id) {
    policy::Session made;
    made.id = id;
    return made;
}

LinkQueue::Held yield(policy::Session& from, std::string_view args) {
    return {&from,
            nullptr,
            {},
            policy::door_event::Followup{&from,
                                         wamp::Yield{1, {}, {wamp::Serializer::json, args, {}}}}};
}

std::string args_of(const LinkQueue::Held& held) {
    const auto& followup = std::get<policy::door_event::Followup>(held.what);
    return std::string(std::get<wamp::Yield>(followup.message).payload.args);
}

TEST(LinkQueue, IsOpenUntilItsWindowIsFull) {
    LinkQueue queue(100);
    EXPECT_TRUE(queue.is_open());
    queue.sent(99);
    EXPECT_TRUE(queue.is_open());
    queue.sent(500);
    EXPECT_FALSE(queue.is_open());
    queue.on_written(100);
    EXPECT_FALSE(queue.is_open());
    queue.on_written(99);
    EXPECT_TRUE(queue.is_open());
    EXPECT_FALSE(queue.is_due());
}

TEST(LinkQueue, KeepsTheBytesOfWhatItHolds) {
    LinkQueue queue(100);
    policy::Session one = session(1);
    for (const std::size_t bytes : {2U, 100'000U}) {
        std::string received = "[" + std::string(bytes, 'x') + "]";
        const std::string expected = received;
        queue.hold(yield(one, received));
        received.assign(received.size(), 'y');
        EXPECT_TRUE(queue.is_due());
        EXPECT_FALSE(queue.is_open()) << "others wait";
        EXPECT_TRUE(args_of(*queue.next().item) == expected);
    }
    EXPECT_TRUE(queue.empty());
}

TEST(LinkQueue, KeepsWhatIsHeldBackUntilItIsRelieved) {
    LinkQueue queue(100);
    policy::Session one = session(1);
    policy::Session two = session(2);
    queue.hold_back(yield(one, "[1]"));
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(queue.is_open()) << "it is in nobody's way";
    queue.relieve(2);
    EXPECT_TRUE(queue.empty());
    queue.relieve(1);
    EXPECT_EQ(args_of(*queue.next().item), "[1]");
    queue.hold_back(yield(one, "[1]"));
    queue.hold(yield(two, "[2]"));
    EXPECT_TRUE(queue.remove(one).any);
    EXPECT_FALSE(queue.remove(one).any);
    EXPECT_TRUE(queue.remove(two).any);
    EXPECT_EQ(queue.size(), 0U);
}

TEST(LinkQueue, DividesALargePayloadIfTheOtherEndUnderstandsIt) {
    LinkQueue queue(100);
    policy::Session one = session(1);
    const std::string large = "[" + std::string(wamp::flow::divided_bytes_min, '1') + "]";
    const wamp::Message message = wamp::Yield{1, {}, {wamp::Serializer::json, large, {}, 0}};
    EXPECT_FALSE(queue.is_divided(message));
    queue.hold(yield(one, large));
    EXPECT_FALSE(queue.next().is_divided());
    queue.on_up(true);
    EXPECT_TRUE(queue.is_divided(message));
    EXPECT_FALSE(queue.is_divided(wamp::Yield{1, {}, {wamp::Serializer::json, "[1]", {}, 0}}));
    queue.hold(yield(one, large));
    LinkQueue::Turn turn = queue.next();
    EXPECT_EQ(turn.bytes, large.size());
    const wamp::Id stream = turn.stream;
    turn.sent += turn.part();
    queue.again(std::move(turn));
    const LinkQueue::Removed removed = queue.remove(one);
    EXPECT_TRUE(removed.any);
    EXPECT_EQ(removed.streams, std::vector<wamp::Id>{stream});
    EXPECT_TRUE(queue.empty());
}

TEST(LinkQueue, TellsWhoHasBeenHeldBackForTooLong) {
    LinkQueue queue(100);
    policy::Session one = session(1);
    policy::Session two = session(2);
    const wamp::Instant start{};
    EXPECT_EQ(queue.deadline(), wamp::never);
    for (policy::Session* each : {&two, &one}) {
        LinkQueue::Held held = yield(*each, "[1]");
        held.since = start + std::chrono::seconds(each == &two ? 1 : 2);
        queue.hold_back(std::move(held));
    }
    const wamp::Instant due = start + std::chrono::seconds(1) + LinkQueue::hold_back_max;
    EXPECT_EQ(queue.deadline(), due);
    EXPECT_FALSE(queue.late(due - wamp::Duration(1)));
    EXPECT_EQ(queue.late(due), 2U);
    queue.relieve(2);
    EXPECT_FALSE(queue.late(due));
    EXPECT_EQ(queue.deadline(), due + std::chrono::seconds(1));
    EXPECT_TRUE(queue.remove(one).any);
    EXPECT_EQ(queue.deadline(), wamp::never);
}

}  // namespace
}  // namespace sallyport::gateway
