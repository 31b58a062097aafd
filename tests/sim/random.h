#pragma once

#include <cstdint>

namespace sallyport::sim {

/// The simulator's generator (splitmix64): our own, as the standard's distributions differ between
/// libraries and a seed has to replay one run everywhere.
class Dice {
public:
    explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    /// Uniform in [low, high].
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + next() % (high - low + 1);
    }
    bool chance(unsigned percent) noexcept { return next() % 100 < percent; }

private:
    std::uint64_t state_;
};

}  // namespace sallyport::sim
