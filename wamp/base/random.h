#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// A cryptographic random generator (ChaCha20 key stream, RFC 8439), seeded once with 32 bytes, by
/// the shell from the operating system or by the simulator from its seed. So the core generates
/// unpredictable ids without system calls, and one seed replays one run.
class Random {
public:
    using Seed = std::array<std::uint8_t, 32>;

    explicit Random(const Seed& seed) noexcept;

    std::uint64_t next() noexcept;
    void fill(std::span<std::uint8_t> out) noexcept;

    /// Uniform in [0, bound); bound > 0. Unbiased.
    std::uint64_t below(std::uint64_t bound) noexcept;

    /// Uniform in [1, 2^53] (W-ID-02). The caller retries on a collision with a live id.
    Id global_id() noexcept { return below(id_max) + 1; }

    /// An independent generator, seeded from this one.
    Random fork() noexcept;

private:
    void refill() noexcept;

    std::array<std::uint32_t, 16> state_{};
    std::array<std::uint8_t, 64> block_{};
    std::size_t used_ = 64;
};

}  // namespace sallyport::wamp
