#include "wamp/base/random.h"

#include <algorithm>
#include <bit>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t counter_word = 12;

void quarter_round(std::array<std::uint32_t, 16>& x, std::size_t a, std::size_t b, std::size_t c,
                   std::size_t d) noexcept {
    x[a] += x[b];
    x[d] = std::rotl(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = std::rotl(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = std::rotl(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = std::rotl(x[b] ^ x[c], 7);
}

}  // namespace

Random::Random(const Seed& seed) noexcept {
    state_ = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (std::size_t word = 0; word < 8; ++word) {
        std::uint32_t value = 0;
        for (std::size_t byte = 4; byte-- > 0;) value = (value << 8) | seed[word * 4 + byte];
        state_[4 + word] = value;
    }
}

void Random::refill() noexcept {
    std::array<std::uint32_t, 16> x = state_;
    for (int round = 0; round < 10; ++round) {
        quarter_round(x, 0, 4, 8, 12);
        quarter_round(x, 1, 5, 9, 13);
        quarter_round(x, 2, 6, 10, 14);
        quarter_round(x, 3, 7, 11, 15);
        quarter_round(x, 0, 5, 10, 15);
        quarter_round(x, 1, 6, 11, 12);
        quarter_round(x, 2, 7, 8, 13);
        quarter_round(x, 3, 4, 9, 14);
    }
    for (std::size_t word = 0; word < x.size(); ++word) {
        const std::uint32_t value = x[word] + state_[word];
        for (std::size_t byte = 0; byte < 4; ++byte) {
            block_[word * 4 + byte] = static_cast<std::uint8_t>((value >> (8 * byte)) & 0xFF);
        }
    }
    // The counter carries over into the nonce, so that the key stream never repeats.
    for (std::size_t word = counter_word; word < x.size() && ++state_[word] == 0; ++word) {
    }
    used_ = 0;
}

std::uint64_t Random::next() noexcept {
    std::array<std::uint8_t, 8> bytes{};
    fill(bytes);
    std::uint64_t value = 0;
    for (std::size_t byte = bytes.size(); byte-- > 0;) value = (value << 8) | bytes[byte];
    return value;
}

void Random::fill(std::span<std::uint8_t> out) noexcept {
    while (!out.empty()) {
        if (used_ == block_.size()) refill();
        const std::size_t taken = std::min(out.size(), block_.size() - used_);
        const auto from = block_.begin() + static_cast<std::ptrdiff_t>(used_);
        const auto to = from + static_cast<std::ptrdiff_t>(taken);
        std::copy(from, to, out.begin());
        std::fill(from, to, std::uint8_t{0});
        used_ += taken;
        out = out.subspan(taken);
    }
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
    SALLYPORT_CHECK(bound > 0);
    if (bound == 1) return 0;
    const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(bound - 1);
    while (true) {
        const std::uint64_t value = next() & mask;
        if (value < bound) return value;
    }
}

Random Random::fork() noexcept {
    Seed seed{};
    fill(seed);
    return Random(seed);
}

}  // namespace sallyport::wamp
