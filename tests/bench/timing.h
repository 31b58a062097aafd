#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <vector>

namespace sallyport::bench {

inline double nanoseconds(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Of CPU time: other programs on the machine do not count.
inline double cpu_milliseconds() noexcept {
    return nanoseconds(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}

/// What reading the clock twice adds to whatever is measured between.
inline double clock_cost() {
    std::vector<double> costs;
    for (int i = 0; i < 10'001; ++i) {
        const double begin = nanoseconds(CLOCK_MONOTONIC);
        costs.push_back(nanoseconds(CLOCK_MONOTONIC) - begin);
    }
    std::nth_element(costs.begin(), costs.begin() + 5'000, costs.end());
    return costs[5'000];
}

struct Spread {
    double mean = 0, p50 = 0, p99 = 0;
};

inline Spread spread(std::vector<double>& costs) {
    std::sort(costs.begin(), costs.end());
    double sum = 0;
    for (const double cost : costs) sum += cost;
    const auto quantile = [&costs](double q) {
        return costs[static_cast<std::size_t>(q * static_cast<double>(costs.size() - 1))];
    };
    return {sum / static_cast<double>(costs.size()), quantile(0.5), quantile(0.99)};
}

/// Times `work(i)` alone, `samples` times in each of five or more rounds that last `seconds`
/// together, and keeps the round with the smallest p99: other programs on the machine only ever
/// add. `i` runs through [0, size) in an order that no cache guesses.
template <class Work>
Spread best_of(double seconds, int samples, std::size_t size, const Work& work) {
    const double overhead = clock_cost();
    Spread best;
    std::vector<double> costs;
    costs.reserve(static_cast<std::size_t>(samples));
    const double end = nanoseconds(CLOCK_MONOTONIC) + seconds * 1e9;
    for (int round = 0; round < 5 || nanoseconds(CLOCK_MONOTONIC) < end; ++round) {
        costs.clear();
        std::size_t at = 0;
        for (int i = 0; i < samples; ++i) {
            at = (at + 7919) % size;
            const double begin = nanoseconds(CLOCK_MONOTONIC);
            work(at);
            costs.push_back(std::max(0.0, nanoseconds(CLOCK_MONOTONIC) - begin - overhead));
        }
        const Spread found = spread(costs);
        if (round == 0 || found.p99 < best.p99) best = found;
    }
    return best;
}

}  // namespace sallyport::bench
