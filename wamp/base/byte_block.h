#pragma once

// Vector operations on 64 bytes, under one name for each instruction set: what the validators of
// UTF-8, JSON and MessagePack need, and no more. A source that is compiled for an instruction set
// (see CMakeLists.txt) gets its ByteBlock; every other source gets none. Such a source must not
// call inline functions of other headers: the linker could choose the copy that was compiled for
// these instructions for the whole program.

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE4_2__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace sallyport::wamp {

#if defined(__SSE4_2__)

// The carry-less product with all ones adds up the bits to the right of each position.
inline std::uint64_t parity_by_product(std::uint64_t bits) noexcept {
    const __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)),
                                                 _mm_set1_epi8('\xFF'), 0);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

#endif

#if defined(__AVX2__)

struct Avx2Block {
    using Bytes = __m256i;
    static constexpr std::size_t parts = 2;

    Bytes part[parts];

    static Bytes load(const char* at) noexcept {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    }
    static Bytes all(std::uint8_t byte) noexcept {
        return _mm256_set1_epi8(static_cast<char>(byte));
    }
    static Bytes table(const std::uint8_t* of16) noexcept {
        return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(of16)));
    }
    /// The entries of a table at indexes below 16.
    static Bytes look_up(Bytes table, Bytes index) noexcept {
        return _mm256_shuffle_epi8(table, index);
    }
    static Bytes high_nibbles(Bytes bytes) noexcept {
        return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), all(0x0F));
    }
    static Bytes both(Bytes a, Bytes b) noexcept { return _mm256_and_si256(a, b); }
    static Bytes either(Bytes a, Bytes b) noexcept { return _mm256_or_si256(a, b); }
    static Bytes differing(Bytes a, Bytes b) noexcept { return _mm256_xor_si256(a, b); }
    static Bytes minus(Bytes a, Bytes b) noexcept { return _mm256_sub_epi8(a, b); }
    /// a - b, not below zero.
    static Bytes excess(Bytes a, Bytes b) noexcept { return _mm256_subs_epu8(a, b); }
    static Bytes equal(Bytes a, Bytes b) noexcept { return _mm256_cmpeq_epi8(a, b); }
    static Bytes at_most(Bytes a, Bytes b) noexcept { return equal(_mm256_min_epu8(a, b), a); }
    /// The bytes that stand `distance` before those of `now`, which follows `before`.
    template <int distance>
    static Bytes earlier(Bytes now, Bytes before) noexcept {
        return _mm256_alignr_epi8(now, _mm256_permute2x128_si256(before, now, 0x21), 16 - distance);
    }
    static bool is_zero(Bytes bytes) noexcept { return _mm256_testz_si256(bytes, bytes) != 0; }
    static bool is_ascii(Bytes bytes) noexcept { return _mm256_movemask_epi8(bytes) == 0; }
    /// Moves bit 5 of each byte, which tells braces from brackets, to its highest bit.
    static Bytes bit5_to_top(Bytes bytes) noexcept { return _mm256_slli_epi16(bytes, 2); }
    /// For each bit whether the number of ones up to and including it is odd.
    static std::uint64_t parity(std::uint64_t bits) noexcept { return parity_by_product(bits); }

    /// One bit for each byte whose highest bit is set.
    static std::uint64_t high_bits(const Bytes (&of)[parts]) noexcept {
        const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(of[0]));
        const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(of[1]));
        return low | (std::uint64_t{high} << 32);
    }
};
using ByteBlock = Avx2Block;

#elif defined(__SSE4_2__)

struct Sse42Block {
    using Bytes = __m128i;
    static constexpr std::size_t parts = 4;

    Bytes part[parts];

    static Bytes load(const char* at) noexcept {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    }
    static Bytes all(std::uint8_t byte) noexcept { return _mm_set1_epi8(static_cast<char>(byte)); }
    static Bytes table(const std::uint8_t* of16) noexcept {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(of16));
    }
    static Bytes look_up(Bytes table, Bytes index) noexcept {
        return _mm_shuffle_epi8(table, index);
    }
    static Bytes high_nibbles(Bytes bytes) noexcept {
        return _mm_and_si128(_mm_srli_epi16(bytes, 4), all(0x0F));
    }
    static Bytes both(Bytes a, Bytes b) noexcept { return _mm_and_si128(a, b); }
    static Bytes either(Bytes a, Bytes b) noexcept { return _mm_or_si128(a, b); }
    static Bytes differing(Bytes a, Bytes b) noexcept { return _mm_xor_si128(a, b); }
    static Bytes minus(Bytes a, Bytes b) noexcept { return _mm_sub_epi8(a, b); }
    static Bytes excess(Bytes a, Bytes b) noexcept { return _mm_subs_epu8(a, b); }
    static Bytes equal(Bytes a, Bytes b) noexcept { return _mm_cmpeq_epi8(a, b); }
    static Bytes at_most(Bytes a, Bytes b) noexcept { return equal(_mm_min_epu8(a, b), a); }
    template <int distance>
    static Bytes earlier(Bytes now, Bytes before) noexcept {
        return _mm_alignr_epi8(now, before, 16 - distance);
    }
    static bool is_zero(Bytes bytes) noexcept { return _mm_testz_si128(bytes, bytes) != 0; }
    static bool is_ascii(Bytes bytes) noexcept { return _mm_movemask_epi8(bytes) == 0; }
    static Bytes bit5_to_top(Bytes bytes) noexcept { return _mm_slli_epi16(bytes, 2); }
    static std::uint64_t parity(std::uint64_t bits) noexcept { return parity_by_product(bits); }

    static std::uint64_t high_bits(const Bytes (&of)[parts]) noexcept {
        const auto bits = [](Bytes bytes) {
            return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(bytes))};
        };
        return bits(of[0]) | (bits(of[1]) << 16) | (bits(of[2]) << 32) | (bits(of[3]) << 48);
    }
};
using ByteBlock = Sse42Block;

#elif defined(__aarch64__)

struct NeonBlock {
    using Bytes = uint8x16_t;
    static constexpr std::size_t parts = 4;

    Bytes part[parts];

    static Bytes load(const char* at) noexcept {
        return vld1q_u8(reinterpret_cast<const std::uint8_t*>(at));
    }
    static Bytes all(std::uint8_t byte) noexcept { return vdupq_n_u8(byte); }
    static Bytes table(const std::uint8_t* of16) noexcept { return vld1q_u8(of16); }
    static Bytes look_up(Bytes table, Bytes index) noexcept { return vqtbl1q_u8(table, index); }
    static Bytes high_nibbles(Bytes bytes) noexcept { return vshrq_n_u8(bytes, 4); }
    static Bytes both(Bytes a, Bytes b) noexcept { return vandq_u8(a, b); }
    static Bytes either(Bytes a, Bytes b) noexcept { return vorrq_u8(a, b); }
    static Bytes differing(Bytes a, Bytes b) noexcept { return veorq_u8(a, b); }
    static Bytes minus(Bytes a, Bytes b) noexcept { return vsubq_u8(a, b); }
    static Bytes excess(Bytes a, Bytes b) noexcept { return vqsubq_u8(a, b); }
    static Bytes equal(Bytes a, Bytes b) noexcept { return vceqq_u8(a, b); }
    static Bytes at_most(Bytes a, Bytes b) noexcept { return vcleq_u8(a, b); }
    template <int distance>
    static Bytes earlier(Bytes now, Bytes before) noexcept {
        return vextq_u8(before, now, 16 - distance);
    }
    static bool is_zero(Bytes bytes) noexcept { return vmaxvq_u8(bytes) == 0; }
    static bool is_ascii(Bytes bytes) noexcept { return vmaxvq_u8(bytes) < 0x80; }
    static Bytes bit5_to_top(Bytes bytes) noexcept { return vshlq_n_u8(bytes, 2); }
    static std::uint64_t parity(std::uint64_t bits) noexcept {
        for (unsigned distance = 1; distance < 64; distance *= 2) bits ^= bits << distance;
        return bits;
    }

    static std::uint64_t high_bits(const Bytes (&of)[parts]) noexcept {
        // Each byte becomes the bit of its position among eight; adding neighbours three times
        // gathers eight positions in one byte.
        static constexpr std::uint8_t positions[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                       1, 2, 4, 8, 16, 32, 64, 128};
        const Bytes weights = vld1q_u8(positions);
        Bytes bits[parts];
        for (std::size_t index = 0; index < parts; ++index) {
            const Bytes is_high =
                vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(of[index]), 7));
            bits[index] = vandq_u8(is_high, weights);
        }
        const Bytes halves = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
        return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(halves, halves)), 0);
    }
};
using ByteBlock = NeonBlock;

#endif

/// Bytes of a block.
inline constexpr std::size_t block_bytes = 64;

/// Reads 64 bytes.
template <class Block>
Block load_block(const char* at) noexcept {
    Block block;
    for (std::size_t index = 0; index < Block::parts; ++index) {
        block.part[index] = Block::load(at + index * (block_bytes / Block::parts));
    }
    return block;
}

/// One bit for each byte of the block for which `test` gives 0xFF.
template <class Block, class Test>
std::uint64_t bits_where(const Block& block, Test test) noexcept {
    typename Block::Bytes found[Block::parts];
    for (std::size_t index = 0; index < Block::parts; ++index) {
        found[index] = test(block.part[index]);
    }
    return Block::high_bits(found);
}

template <class Block>
std::uint64_t bits_equal(const Block& block, char c) noexcept {
    const auto wanted = Block::all(static_cast<std::uint8_t>(c));
    return bits_where(block, [wanted](auto bytes) { return Block::equal(bytes, wanted); });
}

}  // namespace sallyport::wamp
