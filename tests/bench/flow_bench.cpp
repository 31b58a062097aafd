// What a small message waits for when others send large ones over the same link, by the order in
// which the link serves them, and what that order costs. Guests always have one message of 2 MiB
// waiting, as the gateway reads the next one of a guest when it has taken the last. Prints how many
// of their messages go before the small one (mean and most of many), and nanoseconds of CPU time
// for one message; judges nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>

#include "tests/bench/timing.h"
#include "wamp/base/random.h"
#include "wamp/flow/fair_queue.h"

namespace {

using namespace sallyport;

constexpr std::size_t large = std::size_t{2} << 20;
constexpr std::size_t small = 100;
constexpr wamp::Id operator_id = 1'000'000;

/// First come, first served.
class Fifo {
public:
    void push(wamp::Id from, std::size_t) { queue_.push_back(from); }
    wamp::Id pop() {
        const wamp::Id next = queue_.front();
        queue_.pop_front();
        return next;
    }

private:
    std::deque<wamp::Id> queue_;
};

/// Deficit round robin (Shreedhar and Varghese, SIGCOMM 1995), for senders with one message each.
class RoundRobin {
public:
    void push(wamp::Id from, std::size_t cost) { ring_.push_back({from, cost, 0}); }
    wamp::Id pop() {
        for (;;) {
            Flow& flow = ring_.front();
            if (flow.deficit >= flow.cost) {
                const wamp::Id next = flow.from;
                ring_.pop_front();
                return next;
            }
            flow.deficit += quantum;
            if (flow.deficit >= flow.cost) continue;
            ring_.push_back(flow);
            ring_.pop_front();
        }
    }

private:
    static constexpr std::size_t quantum = std::size_t{16} << 10;
    struct Flow {
        wamp::Id from;
        std::size_t cost;
        std::size_t deficit;
    };
    std::deque<Flow> ring_;
};

class Fair {
public:
    void push(wamp::Id from, std::size_t cost) { queue_.push({from, from}, cost, from); }
    wamp::Id pop() { return queue_.pop(); }

private:
    wamp::flow::FairQueue<wamp::Id> queue_;
};

template <class Queue>
void measure(const char* name) {
    std::printf("%-24s", name);
    for (const wamp::Id guests : {wamp::Id{1}, wamp::Id{8}, wamp::Id{64}}) {
        Queue queue;
        wamp::Random random({1});
        for (wamp::Id guest = 1; guest <= guests; ++guest) queue.push(guest, large);
        std::uint64_t sum = 0;
        std::uint64_t most = 0;
        std::uint64_t popped = 0;
        constexpr int calls = 2'000;
        const double begin = bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int call = 0; call < calls; ++call) {
            for (std::uint64_t idle = random.below(2 * guests); idle > 0; --idle) {
                queue.push(queue.pop(), large);
                ++popped;
            }
            queue.push(operator_id, small);
            std::uint64_t before = 0;
            for (;; ++before) {
                const wamp::Id next = queue.pop();
                ++popped;
                if (next == operator_id) break;
                queue.push(next, large);
            }
            sum += before;
            most = std::max(most, before);
        }
        const double spent = bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
        std::printf("   %3llu guests: %5.1f, most %3llu, %5.0f ns",
                    static_cast<unsigned long long>(guests), double(sum) / calls,
                    static_cast<unsigned long long>(most), spent / double(popped));
    }
    std::printf("\n");
}

}  // namespace

int main() {
    measure<Fifo>("first come, first served");
    measure<RoundRobin>("deficit round robin");
    measure<Fair>("FairQueue");
}
