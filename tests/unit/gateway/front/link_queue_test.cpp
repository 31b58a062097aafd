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
        EXPECT_TRUE(args_of(*queue.next()) == expected);
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
    EXPECT_EQ(args_of(*queue.next()), "[1]");
    queue.hold_back(yield(one, "[1]"));
    queue.hold(yield(two, "[2]"));
    EXPECT_TRUE(queue.remove(one));
    EXPECT_FALSE(queue.remove(one));
    EXPECT_TRUE(queue.remove(two));
    EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace sallyport::gateway
