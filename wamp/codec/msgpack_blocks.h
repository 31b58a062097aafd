#pragma once

// A MessagePack value is skipped token by token, as a size must be read before the next token can
// be found. Vector instructions validate the strings. The sizes of the usual tokens are known from
// branches rather than from a table: a predicted branch lets the processor begin the next token
// before the first byte of this one has arrived.

#include "wamp/base/utf8_blocks.h"
#include "wamp/codec/limits.h"
#include "wamp/codec/skip_vector.h"

namespace sallyport::wamp {

/// Implements skip_msgpack_*().
template <class Block>
class MsgpackSkipper {
public:
    MsgpackSkipper(const char* end, SkipLimits limits) noexcept : end_(end), limits_(limits) {}

    [[gnu::flatten]] Skipped skip(const char* at) const noexcept {
        if (limits_.values == 0) return {};
        std::uint64_t outer[depth_max + 1];  // as `left`, of the containers around the innermost
        std::size_t open = 0;
        std::uint64_t left = 1;  // tokens until the innermost container ends
        std::size_t values = 1;
        while (at != end_) {
            const auto mark = static_cast<std::uint8_t>(*at);
            --left;
            if ((mark & 0xE0) == 0xA0) {
                at = text(at + 1, mark & 0x1FU);
            } else if (mark < 0x80 || mark >= 0xE0) {
                ++at;
            } else if (mark < 0xA0 || mark >= 0xDC) {
                Number count;
                const bool is_map = mark < 0x90 || mark >= 0xDE;
                if (mark < 0xA0) {
                    count = {at + 1, mark & 0x0FU};
                } else {
                    count = number(at + 1, 2U << (mark & 1U));
                }
                at = count.after;
                const std::uint64_t items = is_map ? std::uint64_t{count.value} * 2 : count.value;
                values += count.value;
                if (at == nullptr || remaining(at) < items) return {};
                if (open == limits_.levels || values > limits_.values) return {};
                outer[open++] = left;
                left = items;
            } else {
                at = scalar(at, mark);
            }
            if (at == nullptr) return {};
            while (left == 0) {
                if (open == 0) return {at, values};
                left = outer[--open];
            }
        }
        return {};
    }

private:
    struct Number {
        const char* after = nullptr;
        std::uint32_t value = 0;
    };

    std::size_t remaining(const char* at) const noexcept {
        return static_cast<std::size_t>(end_ - at);
    }

    const char* bytes(const char* at, std::uint64_t size) const noexcept {
        return remaining(at) < size ? nullptr : at + size;
    }

    const char* text(const char* at, std::size_t size) const noexcept {
        if (size < few_bytes_end && remaining(at) >= few_bytes_end) {
            return is_valid_utf8_of_few<Block>(at, size) ? at + size : nullptr;
        }
        if (remaining(at) < size || !is_valid_utf8_in_blocks<Block>(at, size)) return nullptr;
        return at + size;
    }

    // Big-endian, of 1, 2 or 4 bytes.
    Number number(const char* at, std::size_t size) const noexcept {
        if (remaining(at) < size) return {};
        std::uint32_t value = 0;
        for (std::size_t index = 0; index < size; ++index) {
            value = (value << 8) | static_cast<std::uint8_t>(at[index]);
        }
        return {at + size, value};
    }

    // A token that begins with C0 to DB.
    const char* scalar(const char* at, std::uint8_t mark) const noexcept {
        constexpr std::uint8_t never_used = 0xC1;
        constexpr std::uint8_t last_boolean = 0xC3;
        constexpr std::uint8_t float64 = 0xCB;
        if (mark <= last_boolean) return mark == never_used ? nullptr : at + 1;
        if (mark == float64) return bytes(at + 1, 8);
        if (mark >= 0xCC && mark <= 0xD3) return bytes(at + 1, std::uint64_t{1} << (mark & 3U));
        if (mark >= 0xD9) {
            const Number size = number(at + 1, 1U << (mark - 0xD9U));
            return size.after == nullptr ? nullptr : text(size.after, size.value);
        }
        if (mark >= 0xD4) return bytes(at + 1, 1 + (std::uint64_t{1} << (mark - 0xD4U)));
        if (mark == 0xCA) return bytes(at + 1, 4);
        const bool is_extension = mark >= 0xC7;
        const Number size = number(at + 1, 1U << (mark - (is_extension ? 0xC7U : 0xC4U)));
        if (size.after == nullptr) return nullptr;
        return bytes(size.after, std::uint64_t{size.value} + (is_extension ? 1 : 0));
    }

    const char* end_;
    SkipLimits limits_;
};

}  // namespace sallyport::wamp
