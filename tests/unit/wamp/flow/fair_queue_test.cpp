#include "wamp/flow/fair_queue.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wamp/base/random.h"

namespace sallyport::wamp::flow {
namespace {

using Queue = FairQueue<std::string>;

constexpr std::size_t mib = 1U << 20;

std::vector<std::string> drain(Queue& queue) {
    std::vector<std::string> order;
    while (!queue.empty()) order.push_back(queue.pop());
    return order;
}

TEST(FairQueue, KeepsTheOrderOfOneSession) {
    Queue queue;
    for (const char* item : {"a", "b", "c"}) queue.push({7, 1}, mib, item);
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(queue.bytes(), 3 * mib);
    EXPECT_EQ(drain(queue), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(queue.bytes(), 0U);
}

/// Guests who always have the next item of `bytes` waiting, as one whom the gateway lets send
/// again.
struct Guests {
    Guests(Queue& shared, Id count, std::size_t item_bytes) : queue(shared), bytes(item_bytes) {
        for (Id guest = 1; guest <= count; ++guest) send(guest);
    }
    void send(Id guest) { queue.push({guest, guest}, bytes, std::to_string(guest)); }
    /// Pops until `wanted` comes; how many of theirs came before.
    int until(const std::string& wanted) {
        for (int before = 0;; ++before) {
            const std::string item = queue.pop();
            if (item == wanted) return before;
            send(std::stoull(item));
        }
    }

    Queue& queue;
    std::size_t bytes;
};

TEST(FairQueue, LetsWhoHasUsedLittleGoNext) {
    for (const Id count : {Id{1}, Id{8}, Id{64}}) {
        Queue queue;
        Guests guests(queue, count, 2 * mib);
        for (int round = 0; round < 500; ++round) {
            queue.push({1000, 1000}, 100, "small");
            EXPECT_EQ(guests.until("small"), 0) << count << " guests, round " << round;
            for (int i = 0; i < round % 7; ++i) guests.send(std::stoull(queue.pop()));
        }
    }
}

TEST(FairQueue, LetsNobodyStarve) {
    Queue queue;
    Guests guests(queue, 20, 100);
    queue.push({1000, 1000}, 10'000, "large");
    EXPECT_NEAR(guests.until("large"), 20 * 100, 40);
}

// Small items of many: the time of each is a fraction of a byte.
TEST(FairQueue, CountsEveryByteWhenManyWait) {
    Queue queue;
    Guests guests(queue, 500, 84);
    for (int i = 0; i < 50'000; ++i) guests.send(std::stoull(queue.pop()));  // 100 each
    queue.push({1000, 1000}, 84, "new");
    queue.push({1000, 1000}, 84, "new");
    EXPECT_LT(guests.until("new"), 501);
    const int second = guests.until("new");
    EXPECT_GT(second, 200) << "a newcomer is not ahead of those who have waited";
    EXPECT_LT(second, 1001);
}

TEST(FairQueue, ForgetsWhoHasLeft) {
    Queue queue;
    Guests guests(queue, 2, 1000);
    for (Id session = 1; session <= 10'000; ++session) {
        queue.push({7, session}, 10, "x");
        guests.until("x");
        queue.remove({7, session});
    }
    EXPECT_LT(queue.known(), 100U);
}

TEST(FairQueue, SharesByBytesAndNotByItems) {
    Queue queue;
    for (int i = 0; i < 1000; ++i) {
        queue.push({1, 1}, 1000, "a");
        queue.push({2, 2}, 10'000, "b");
    }
    std::map<std::string, int> popped;
    for (int i = 0; i < 550; ++i) ++popped[queue.pop()];
    EXPECT_NEAR(popped["a"], 500, 11);
    EXPECT_NEAR(popped["b"], 50, 2);
}

TEST(FairQueue, SharesAmongCircuitsBeforeSessions) {
    Queue queue;
    for (int i = 0; i < 200; ++i) {
        for (Id session = 1; session <= 9; ++session) queue.push({5, session}, 1000, "many");
        queue.push({6, 100}, 1000, "one");
        queue.push({0, 101}, 1000, "local 1");
        queue.push({0, 102}, 1000, "local 2");
    }
    std::map<std::string, int> popped;
    for (int i = 0; i < 400; ++i) ++popped[queue.pop()];
    for (const auto& [name, count] : popped) EXPECT_NEAR(count, 100, 2) << name;
}

TEST(FairQueue, SharesAmongTheSessionsOfACircuit) {
    Queue queue;
    for (int i = 0; i < 50; ++i) queue.push({5, 1}, mib, "greedy");
    EXPECT_EQ(queue.pop(), "greedy");
    queue.push({5, 2}, 100, "modest");
    EXPECT_EQ(queue.pop(), "modest");
}

// Now and then another session of its circuit sends a small item, which does not put it off.
TEST(FairQueue, LetsALargeItemGoAfterItsShareWhateverElseItsCircuitSends) {
    Queue queue;
    queue.push({5, 1}, 10'000, "large");
    std::size_t others = 0;
    for (std::string item = "other"; item != "large"; item = queue.pop()) {
        if (item == "other") {
            others += 1000;
            queue.push({5, 2}, 10, "small");
            queue.push({6, 3}, 1000, "other");
        }
        ASSERT_LE(others, 13'000U);
    }
    EXPECT_GE(others, 10'000U);
}

TEST(FairQueue, RemovesWhatASessionHas) {
    Queue queue;
    queue.push({5, 1}, 10, "a");
    queue.push({5, 2}, 20, "b");
    queue.push({5, 1}, 30, "c");
    EXPECT_TRUE(queue.has({5, 1}));
    queue.remove({5, 1});
    EXPECT_FALSE(queue.has({5, 1}));
    EXPECT_EQ(queue.bytes(), 20U);
    queue.remove({5, 9});
    queue.remove({9, 9});
    EXPECT_EQ(drain(queue), std::vector<std::string>{"b"});
    queue.push({5, 1}, 10, "a");
    queue.remove({5, 1});
    EXPECT_TRUE(queue.empty());
}

// Whoever has used less than the others waits for one item of theirs at most; nothing is lost,
// added or put out of order.
TEST(FairQueue, HoldsItsPromisesInAnyMixture) {
    Random random({1, 2, 3});
    for (int world = 0; world < 200; ++world) {
        Queue queue;
        std::map<Id, std::vector<std::string>> pushed;
        std::map<Id, std::vector<std::string>> popped;
        std::size_t bytes = 0;
        std::map<std::string, std::size_t> costs;
        int next = 0;
        for (int step = 0; step < 400; ++step) {
            if (queue.empty() || random.next() % 2 == 0) {
                const Id session = 1 + random.next() % 6;
                const std::size_t cost = 1 + random.next() % (session == 1 ? 100 : 10'000);
                std::string item = std::to_string(session) + ":" + std::to_string(next++);
                costs[item] = cost;
                bytes += cost;
                pushed[session].push_back(item);
                queue.push({session % 3, session}, cost, std::move(item));
            } else {
                const std::string item = queue.pop();
                bytes -= costs[item];
                popped[Id(item[0] - '0')].push_back(item);
            }
            ASSERT_EQ(queue.bytes(), bytes);
        }
        for (const std::string& item : drain(queue)) popped[Id(item[0] - '0')].push_back(item);
        EXPECT_EQ(pushed, popped);
    }
}

}  // namespace
}  // namespace sallyport::wamp::flow
