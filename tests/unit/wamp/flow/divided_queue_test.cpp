#include "wamp/flow/divided_queue.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wamp/base/random.h"

namespace sallyport::wamp::flow {
namespace {

using Item = std::unique_ptr<std::string>;
using Queue = DividedQueue<Item>;

constexpr std::size_t part = Queue::part_bytes;

Item item(std::string text) {
    return std::make_unique<std::string>(std::move(text));
}

/// Takes one turn: "name", or "name STREAM BYTES" of a part, with "." after the last one.
std::string take(Queue& queue) {
    Queue::Turn turn = queue.next();
    if (!turn.is_divided()) return *turn.item;
    const std::size_t bytes = turn.part();
    std::string text = *turn.item + " " + std::to_string(turn.stream) + " " + std::to_string(bytes);
    turn.sent += bytes;
    if (turn.sent < turn.bytes) {
        queue.again(std::move(turn));
        return text;
    }
    queue.done(turn);
    return text + ".";
}

std::vector<std::string> drain(Queue& queue) {
    std::vector<std::string> order;
    while (!queue.empty()) order.push_back(take(queue));
    return order;
}

TEST(DividedQueue, SendsALargeItemInParts) {
    Queue queue;
    queue.push_divided({7, 1}, 2 * part + 100, 2 * part + 1, item("large"));
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.bytes(), 2 * part + 100);
    EXPECT_EQ(take(queue), "large 1 16384");
    EXPECT_EQ(queue.bytes(), 2 * part + 100) << "the item is still here";
    EXPECT_EQ(drain(queue), (std::vector<std::string>{"large 1 16384", "large 1 1."}));
    EXPECT_EQ(queue.bytes(), 0U);
    EXPECT_EQ(queue.size(), 0U);
}

TEST(DividedQueue, LetsOthersHaveTheirTurnsBetweenTheParts) {
    Queue queue;
    queue.push_divided({7, 1}, 100 * part, 100 * part, item("large"));
    take(queue);
    queue.push({8, 2}, 100, item("small"));
    EXPECT_EQ(take(queue), "small");
}

TEST(DividedQueue, SendsOneLargeItemOfACircuitAtATime) {
    Queue queue;
    queue.push_divided({7, 1}, part, part, item("a"));
    queue.push_divided({7, 2}, part, part, item("b"));
    queue.push_divided({8, 3}, part, part, item("c"));
    EXPECT_EQ(drain(queue), (std::vector<std::string>{"a 1 16384.", "c 2 16384.", "b 3 16384."}));
}

TEST(DividedQueue, HasAFewStreamsOnly) {
    Queue queue;
    const std::size_t count = 3 * Queue::streams_max;
    for (std::size_t i = 1; i <= count; ++i)
        queue.push_divided({i, i}, 2 * part, 2 * part, item(std::to_string(i)));
    std::size_t open = 0;
    std::size_t most = 0;
    while (!queue.empty()) {
        const std::string turn = take(queue);
        turn.back() == '.' ? --open : ++open;
        most = std::max(most, open);
    }
    EXPECT_EQ(most, Queue::streams_max);
}

TEST(DividedQueue, KeepsTheOrderOfASession) {
    Queue queue;
    queue.push({0, 1}, 100, item("a"));
    queue.push_divided({0, 1}, part, part, item("b"));
    queue.push({0, 1}, 100, item("c"));
    queue.push_divided({0, 1}, part, part, item("d"));
    queue.push({0, 1}, 100, item("e"));
    EXPECT_EQ(drain(queue), (std::vector<std::string>{"a", "b 1 16384.", "c", "d 2 16384.", "e"}));
}

TEST(DividedQueue, RemovesWhatASessionHasAndNamesItsStreams) {
    Queue queue;
    queue.push_divided({7, 1}, 2 * part, 2 * part, item("a"));
    take(queue);
    queue.push({7, 1}, 100, item("b"));
    queue.push_divided({7, 2}, part, part, item("c"));
    queue.push({9, 3}, 100, item("d"));
    EXPECT_EQ(queue.remove({7, 1}), std::vector<Id>{1});
    EXPECT_FALSE(queue.has({7, 1}));
    EXPECT_EQ(drain(queue), (std::vector<std::string>{"d", "c 2 16384."}));
    EXPECT_EQ(queue.remove({7, 1}), std::vector<Id>{});
}

// Whatever comes and goes, nothing is lost or left, and the books agree.
TEST(DividedQueue, CountsWhatItHolds) {
    for (std::uint8_t seed = 0; seed < 50; ++seed) {
        Random random({seed});
        Queue queue;
        std::map<SessionId, std::vector<std::string>> expected;
        int made = 0;
        for (int step = 0; step < 400; ++step) {
            const SessionId session = 1 + random.below(12);
            const Sender from{session % 5, session};
            const auto choice = random.below(10);
            if (choice < 5) {
                const std::string name = std::to_string(++made);
                const std::size_t bytes = 1 + random.below(4 * part);
                if (choice < 2) {
                    queue.push(from, bytes, item(name));
                } else {
                    queue.push_divided(from, bytes, bytes, item(name));
                }
                expected[session].push_back(name);
            } else if (choice < 9) {
                if (queue.empty()) continue;
                ASSERT_TRUE(queue.is_ready());
                Queue::Turn turn = queue.next();
                turn.sent += turn.part();
                if (turn.is_divided() && turn.sent < turn.bytes) {
                    queue.again(std::move(turn));
                    continue;
                }
                auto& waiting = expected[turn.from.session];
                ASSERT_FALSE(waiting.empty());
                ASSERT_EQ(*turn.item, waiting.front()) << "the order of a session";
                waiting.erase(waiting.begin());
                if (turn.is_divided()) queue.done(turn);
            } else {
                queue.remove(from);
                expected[session].clear();
            }
            std::size_t count = 0;
            for (const auto& [id, items] : expected) count += items.size();
            ASSERT_EQ(queue.size(), count);
        }
        while (!queue.empty()) take(queue);
        EXPECT_EQ(queue.bytes(), 0U);
    }
}

}  // namespace
}  // namespace sallyport::wamp::flow
