// What a hash map from ids costs when entries come and go in the order of their ids, as requests
// do. Prints nanoseconds of CPU time: for an insertion, a look-up and an erasure together, and for
// a look-up alone, the best of many rounds; judges nothing.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <unordered_map>

#include "tests/bench/timing.h"
#include "wamp/base/id_map.h"

namespace {

using namespace sallyport;

constexpr int steps = 4'000;
constexpr int rounds = 40;

template <class Work>
double best(Work work) {
    double least = 1e18;
    for (int round = 0; round < rounds; ++round) {
        const double begin = bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        work();
        least =
            std::min(least, (bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - begin) / double{steps});
    }
    return least;
}

wamp::Id key_of(wamp::Id id, const wamp::Id&) {
    return id;
}
wamp::IdPair key_of(wamp::Id id, const wamp::IdPair&) {
    return {77, id};
}

constexpr std::array<wamp::Id, 4> sizes{1, 64, 1'000, 50'000};
volatile std::uint64_t sink;

template <class Map>
void measure(const char* name, Map map) {
    std::printf("%-36s", name);
    using Key = typename Map::key_type;
    const auto key = [](wamp::Id id) { return key_of(id, Key{}); };
    for (const wamp::Id open : sizes) {
        wamp::Id oldest = 1;
        wamp::Id next = 1;
        while (next <= open) map.emplace(key(next++), 1U);
        const double churn = best([&] {
            for (int i = 0; i < steps; ++i) {
                map.emplace(key(next++), 1U);
                sink = map.find(key(oldest))->second;
                map.erase(key(oldest++));
            }
        });
        std::uint64_t drawn = 1;
        const double found = best([&] {
            for (int i = 0; i < steps; ++i) {
                drawn = (drawn ^ drawn >> 29) * 0xBF58476D1CE4E5B9U + 1;
                sink = map.find(key(oldest + drawn % open))->second;
            }
        });
        std::printf("  %6.1f  %5.1f", churn, found);
        while (oldest < next) map.erase(key(oldest++));
    }
    std::printf("\n");
}

template <class Map>
Map with_room() {
    Map map;
    map.reserve(wamp::busy_entries);
    return map;
}

}  // namespace

int main() {
    std::printf("%-36s  %13s  %13s  %13s  %13s\n", "entries", "1", "64", "1,000", "50,000");
    measure("std::unordered_map", std::unordered_map<wamp::Id, std::uint32_t>());
    measure("std::unordered_map, pairs",
            std::unordered_map<wamp::IdPair, std::uint32_t, wamp::IdPairHash>());
    measure("IdMap", wamp::IdMap<std::uint32_t>());
    measure("IdMap with room", with_room<wamp::IdMap<std::uint32_t>>());
    measure("IdPairMap with room", with_room<wamp::IdPairMap<std::uint32_t>>());
    return 0;
}
