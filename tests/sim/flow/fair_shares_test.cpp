// Random senders through queues that several share: the fair queue of the links and callees
// (wamp/flow/fair_queue.h), in which FairShares finds nothing wrong, and others, in which it does.
#include "tests/sim/flow/fair_shares.h"

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/sim/random.h"
#include "wamp/flow/fair_queue.h"

namespace sallyport::sim {
namespace {

struct Item {
    FairShares::Sender from;
    std::size_t cost = 0;
    FairShares::Moment since = 0;
};

struct Fair {
    void push(const Item& item) {
        queue.push({item.from.circuit, item.from.session}, item.cost, item);
    }
    Item pop() { return queue.pop(); }
    wamp::flow::FairQueue<Item> queue;
};

/// Planted bug: each session of a circuit has a share of its own.
struct ForgetsCircuits : Fair {
    void push(const Item& item) { queue.push({0, item.from.session}, item.cost, item); }
};

/// Planted bug: first come, first served.
struct InOrder {
    void push(const Item& item) { queue.push_back(item); }
    Item pop() {
        const Item item = queue.front();
        queue.pop_front();
        return item;
    }
    std::deque<Item> queue;
};

/// Three circuits, one of which has most of the sessions, and sessions without one; each has a few
/// messages waiting at most, as a guest or a caller. What is wrong with the order, if anything.
template <class Queue>
std::optional<std::string> run(std::uint64_t seed, std::size_t waiting_max) {
    constexpr wamp::SessionId sessions = 12;
    Dice dice(seed);
    Queue queue;
    FairShares shares;
    std::map<wamp::SessionId, std::size_t> waiting;
    std::size_t all = 0;
    const std::size_t largest = dice.between(100, 20'000);
    for (int step = 0; step < 1000; ++step) {
        const wamp::SessionId session = dice.between(1, sessions);
        if (all == 0 || (dice.chance(60) && waiting[session] < waiting_max)) {
            const std::uint64_t circuit = session <= 7 ? 1 : session <= 9 ? 2 : 0;
            const Item item{
                {circuit, session}, dice.between(1, dice.chance(50) ? largest : 100), shares.now()};
            shares.wait(0, item.cost);
            queue.push(item);
            ++waiting[session];
            ++all;
            continue;
        }
        const Item item = queue.pop();
        --waiting[item.from.session];
        --all;
        if (auto wrong = shares.pass(0, item.from, item.cost, item.since)) return wrong;
        if (all == 0) shares.is_empty(0);
    }
    return std::nullopt;
}

TEST(FairShares, FindNothingWrongInTheFairQueue) {
    const char* const text = std::getenv("SALLYPORT_SIM_SEEDS");
    const std::uint64_t seeds = text == nullptr ? 100 : std::strtoull(text, nullptr, 10);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const std::size_t waiting_max : {std::size_t{1}, std::size_t{4}})
            ASSERT_EQ(run<Fair>(seed, waiting_max), std::nullopt) << "seed " << seed;
    }
}

TEST(FairShares, FindWhoTakesMoreThanHisShare) {
    const auto found = [](auto&& run_one) {
        int seeds = 0;
        for (std::uint64_t seed = 1; seed <= 20; ++seed) seeds += run_one(seed) ? 1 : 0;
        return seeds;
    };
    EXPECT_GT(found([](std::uint64_t seed) { return run<ForgetsCircuits>(seed, 1); }), 0);
    EXPECT_GT(found([](std::uint64_t seed) { return run<InOrder>(seed, 4); }), 0);
}

}  // namespace
}  // namespace sallyport::sim
