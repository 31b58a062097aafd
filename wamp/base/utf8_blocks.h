#pragma once

// UTF-8 validation by looking up pairs of neighbouring bytes: J. Keiser and D. Lemire, "Validating
// UTF-8 In Less Than One Instruction Per Byte", Software: Practice and Experience 51(5), 2021.
//
// Every malformed sequence shows within two neighbouring bytes, except that a third or fourth byte
// is missing. A pair is malformed in a certain way if three nibbles belong to it: both of its first
// byte, and the high one of its second byte. Each way is one bit, and each nibble selects the ways
// it belongs to.

#include "wamp/base/byte_block.h"

namespace sallyport::wamp {

struct Utf8PairTables {
    std::uint8_t first_high[16] = {};
    std::uint8_t first_low[16] = {};
    std::uint8_t second_high[16] = {};
};

constexpr std::uint8_t utf8_two_continuations = 0x80;

consteval Utf8PairTables utf8_pair_tables() noexcept {
    struct Way {
        std::uint8_t bit;
        std::uint16_t first_high;  // sets of nibbles, bit n for nibble n
        std::uint16_t first_low;
        std::uint16_t second_high;
    };
    constexpr std::uint16_t any = 0xFFFF;
    constexpr std::uint16_t ascii = 0x00FF;
    constexpr std::uint16_t continuation = 0x0F00;
    constexpr std::uint16_t lead = 0xF000;
    constexpr auto only = [](unsigned nibble) { return static_cast<std::uint16_t>(1U << nibble); };
    constexpr Way ways[] = {
        {0x01, lead, any, ascii | lead},          // not continued
        {0x02, ascii, any, continuation},         // nothing to continue
        {0x04, only(0xC), 0x0003, continuation},  // C0, C1: overlong
        {0x08, only(0xE), only(0x0), 0x0300},     // E0 80 to E0 9F: overlong
        {0x10, only(0xE), only(0xD), 0x0C00},     // ED A0 to ED BF: surrogates
        {0x20, only(0xF), 0xFFF0, 0x0E00},        // F4 90 and above: beyond U+10FFFF
        {0x40, only(0xF), 0xFFE1, only(0x8)},     // F0 80: overlong; F5 80 and above: beyond
        {utf8_two_continuations, continuation, any, continuation},  // right after three and four
    };
    Utf8PairTables tables;
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
        for (const Way& way : ways) {
            const auto put = [&way, nibble](std::uint8_t& entry, std::uint16_t nibbles) {
                if (((unsigned{nibbles} >> nibble) & 1U) != 0) {
                    entry = static_cast<std::uint8_t>(entry | way.bit);
                }
            };
            put(tables.first_high[nibble], way.first_high);
            put(tables.first_low[nibble], way.first_low);
            put(tables.second_high[nibble], way.second_high);
        }
    }
    return tables;
}

inline constexpr Utf8PairTables utf8_pairs = utf8_pair_tables();

/// Not zero in every byte at which a malformed sequence shows. `before` stands before `now`.
template <class Block>
typename Block::Bytes utf8_errors(typename Block::Bytes now,
                                  typename Block::Bytes before) noexcept {
    const auto first = Block::template earlier<1>(now, before);
    const auto pair_errors = Block::both(
        Block::both(Block::look_up(Block::table(utf8_pairs.first_high), Block::high_nibbles(first)),
                    Block::look_up(Block::table(utf8_pairs.first_low),
                                   Block::both(first, Block::all(0x0F)))),
        Block::look_up(Block::table(utf8_pairs.second_high), Block::high_nibbles(now)));
    // A continuation must follow a continuation exactly two bytes after E0 to FF and three bytes
    // after F0 to FF.
    const auto third = Block::excess(Block::template earlier<2>(now, before),
                                     Block::all(0xE0 - utf8_two_continuations));
    const auto fourth = Block::excess(Block::template earlier<3>(now, before),
                                      Block::all(0xF0 - utf8_two_continuations));
    const auto expected =
        Block::both(Block::either(third, fourth), Block::all(utf8_two_continuations));
    return Block::differing(pair_errors, expected);
}

/// As is_valid_utf8(); for any size, but made for more than a few words.
template <class Block>
[[gnu::flatten]] bool is_valid_utf8_in_blocks(const char* at, std::size_t bytes) noexcept {
    auto before = Block::all(0);
    auto errors = Block::all(0);
    bool was_ascii = true;
    const auto check = [&](const Block& block) {
        const bool is_ascii = Block::high_bits(block.part) == 0;
        // An ASCII block still ends a sequence that the block before it left open.
        if (!is_ascii || !was_ascii) {
            for (const auto& part : block.part) {
                errors = Block::either(errors, utf8_errors<Block>(part, before));
                before = part;
            }
        }
        was_ascii = is_ascii;
    };
    while (bytes >= block_bytes) {
        check(load_block<Block>(at));
        at += block_bytes;
        bytes -= block_bytes;
    }
    // At least one zero follows, at which a sequence without its end shows.
    char rest[block_bytes] = {};
    std::memcpy(rest, at, bytes);
    check(load_block<Block>(rest));
    return Block::is_zero(errors);
}

/// is_valid_utf8_of_few() reads this many bytes, and takes fewer.
inline constexpr std::size_t few_bytes_end = 32;

struct FewBytesMask {
    char bytes[2 * few_bytes_end];  // ones, then zeros
};

consteval FewBytesMask few_bytes_mask() noexcept {
    FewBytesMask mask = {};
    for (std::size_t index = 0; index < few_bytes_end; ++index) mask.bytes[index] = '\xFF';
    return mask;
}

inline constexpr FewBytesMask few_bytes = few_bytes_mask();

/// As is_valid_utf8() for less than few_bytes_end bytes, where few_bytes_end can be read.
template <class Block>
bool is_valid_utf8_of_few(const char* at, std::size_t bytes) noexcept {
    constexpr std::size_t part_bytes = block_bytes / Block::parts;
    constexpr std::size_t parts = few_bytes_end / part_bytes;
    typename Block::Bytes part[parts];
    auto all = Block::all(0);
    for (std::size_t index = 0; index < parts; ++index) {
        const char* const mask = few_bytes.bytes + few_bytes_end - bytes;
        part[index] = Block::both(Block::load(at + index * part_bytes),
                                  Block::load(mask + index * part_bytes));
        all = Block::either(all, part[index]);
    }
    if (Block::is_ascii(all)) return true;
    auto before = Block::all(0);
    auto errors = Block::all(0);
    for (const auto& now : part) {
        errors = Block::either(errors, utf8_errors<Block>(now, before));
        before = now;
    }
    return Block::is_zero(errors);
}

}  // namespace sallyport::wamp
