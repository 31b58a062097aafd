// Random peers against the books of memory (wamp/flow/budget.h) and the shares by which connections
// end when it is short (wamp/flow/shares.h). Seeded as the worlds are; a seed that fails is
// printed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "tests/sim/random.h"
#include "wamp/flow/budget.h"
#include "wamp/flow/shares.h"

namespace sallyport::sim {
namespace {

using wamp::PeerId;
using wamp::flow::Budget;
using wamp::flow::Pressure;
using wamp::flow::Shares;

struct Connection {
    std::uint64_t circuit = 0;
    bool joined = false;
    std::size_t bytes = 0;
};
using Connections = std::map<PeerId, Connection>;

std::size_t sum_of(const Connections& all) {
    std::size_t sum = 0;
    for (const auto& [id, each] : all) sum += each.bytes;
    return sum;
}

/// Whether it is of a circuit that costs most, and costs most there: found the slow way.
bool is_costliest(const Connections& all, bool joined, PeerId chosen) {
    std::map<std::pair<std::uint64_t, PeerId>, std::size_t> circuits;
    const auto circuit_of = [&](PeerId id) {
        const std::uint64_t circuit = all.at(id).circuit;
        return std::pair(circuit, circuit == 0 ? id : wamp::no_peer);
    };
    for (const auto& [id, each] : all) {
        if (each.joined == joined) circuits[circuit_of(id)] += each.bytes;
    }
    const std::size_t most = circuits[circuit_of(chosen)];
    return std::all_of(all.begin(), all.end(), [&](const auto& each) {
        if (each.second.joined != joined) return true;
        if (circuits[circuit_of(each.first)] > most) return false;
        return circuit_of(each.first) != circuit_of(chosen) ||
               each.second.bytes <= all.at(chosen).bytes;
    });
}

/// A process with so many connections, as wamp/net keeps its budget.
class Process {
public:
    Process(std::uint64_t seed, std::size_t limit) : dice_(seed), budget_(limit), limit_(limit) {}

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            change();
            look();
        }
        all_.clear();
        look();
        EXPECT_EQ(budget_.used(), 0u);
        EXPECT_EQ(budget_.pressure(), Pressure::none);
    }
    std::size_t ended() const noexcept { return ended_; }

private:
    void change() {
        const auto roll = dice_.between(0, 9);
        if (all_.empty() || roll < 2) {
            all_[PeerId{++last_}] = {dice_.between(0, 4), dice_.chance(70), 0};
            return;
        }
        auto chosen = all_.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(dice_.between(0, all_.size() - 1)));
        if (roll == 2) {
            all_.erase(chosen);
        } else if (roll < 8) {  // between two looks at the sum an eighth of the limit may come
            chosen->second.bytes += dice_.between(0, limit_ / (dice_.chance(20) ? 8 : 64));
        } else {
            chosen->second.bytes -= dice_.between(0, chosen->second.bytes);
        }
    }

    void look() {
        const std::size_t used = sum_of(all_);
        peak_ = std::max(peak_, used);
        budget_.set_used(used, 0);
        EXPECT_EQ(budget_.used(), used);
        EXPECT_EQ(budget_.peak(), peak_);
        EXPECT_LE(used, budget_.limit());
        const bool full = used >= limit_ / 16 * 14;
        const bool slow = used >= limit_ / 16 * 10;
        EXPECT_EQ(budget_.pressure(), full   ? Pressure::full
                                      : slow ? Pressure::slow
                                             : Pressure::none);
        if (budget_.pressure() != Pressure::full) return;
        for (const bool joined : {false, true}) end_costliest(joined);
        EXPECT_LE(sum_of(all_), budget_.goal());
        EXPECT_NE(budget_.pressure(), Pressure::full);
    }

    /// Those who have not joined go first, unless the others cost too much even without them.
    void end_costliest(bool joined) {
        if (budget_.used() <= budget_.goal()) return;
        Shares shares;
        std::size_t sum = 0;
        for (const auto& [id, each] : all_) {
            if (each.joined != joined) continue;
            shares.add(each.circuit, id, each.bytes);
            sum += each.bytes;
        }
        if (!joined && sum < budget_.used() - budget_.goal()) return;
        while (budget_.used() > budget_.goal()) {
            const PeerId gone = shares.take_costliest();
            if (gone == wamp::no_peer) return;
            EXPECT_TRUE(is_costliest(all_, joined, gone));
            all_.erase(gone);
            ++ended_;
            budget_.set_used(sum_of(all_), 0);
        }
    }

    Dice dice_;
    Budget budget_;
    std::size_t limit_;
    Connections all_;
    std::uint64_t last_ = 0;
    std::size_t peak_ = 0;
    std::size_t ended_ = 0;
};

TEST(MemoryBudget, StaysBelowItsLimitWhateverThePeersDo) {
    const char* const text = std::getenv("SALLYPORT_SIM_SEEDS");
    const std::uint64_t seeds = text == nullptr ? 100 : std::strtoull(text, nullptr, 10);
    std::size_t ended = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Process process(seed, 1600 + 16 * (seed % 1000));
        process.run(300);
        ASSERT_FALSE(HasFailure());
        ended += process.ended();
    }
    EXPECT_GT(ended, seeds);
}

}  // namespace
}  // namespace sallyport::sim
