#pragma once

// JSON validation by bit sets of 64 bytes: each kind of character is a 64-bit word with one bit for
// each byte, and the grammar is arithmetic on these words. The bit sets and the trick to find
// strings are those of G. Langdale and D. Lemire, "Parsing Gigabytes of JSON per Second", VLDB
// Journal 28, 2019; rules between neighbouring tokens replace their second stage. Only brackets,
// escapes and literals are visited one by one.

#include "wamp/base/utf8_blocks.h"
#include "wamp/codec/limits.h"
#include "wamp/codec/skip_vector.h"

namespace sallyport::wamp {

/// Implements skip_json_*(). `ScanEscape` is scan_json_escape().
template <class Block>
class JsonSkipper {
public:
    using ScanEscape = const char* (*)(const char* at, const char* end,
                                       std::size_t& decoded_bytes) noexcept;

    JsonSkipper(const char* at, const char* end, SkipLimits limits, ScanEscape scan_escape) noexcept
        : at_(at), end_(end), limits_(limits), scan_escape_(scan_escape) {}

    // Flat, as the state stays in registers only within one function.
    [[gnu::flatten]] Skipped skip() noexcept {
        char rest[2 * block_bytes + literal_bytes_max];
        const char* text = at_;
        Step step = Step::next;
        while (step == Step::next) {
            if (left() < block_bytes + literal_bytes_max && text == at_) {
                std::memset(rest, ' ', sizeof(rest));
                std::memcpy(rest, at_, left());
                text = rest;
            }
            step = block(text);
            at_ += block_bytes;
            text += block_bytes;
            if (step == Step::text && text == at_) {
                skip_long_string();
                text = at_;
            }
            if (step == Step::text) step = Step::next;
            if (step == Step::next && at_ >= end_) return {};
        }
        return result(step);
    }

private:
    using Bits = std::uint64_t;
    static constexpr std::size_t literal_bytes_max = 8;  // rounded up to a word

    /// `text`: the block and its successor are inside one string.
    enum class Step : std::uint8_t { next, text, done, refused };

    // A kind of character by position, continued from the block before.
    struct Carry {
        Bits before = 0;
        /// The bits one position later.
        Bits next(Bits now) noexcept {
            const Bits moved = (now << 1) | (before >> 63);
            before = now;
            return moved;
        }
    };

    // A carry of one bit between additions of neighbouring blocks.
    struct Run {
        Bits carry = 0;
        /// Each bit of `starts`, which are in `run`, moves to the first position that is not in
        /// `run`.
        Bits past(Bits starts, Bits run) noexcept {
            Bits sum = 0;
            carry = __builtin_add_overflow(starts | carry, run, &sum) ? 1 : 0;
            return sum & ~run;
        }
        /// Each bit of `ends` moves to the next position that is not in `gap`.
        Bits after(Bits ends, Bits gap) noexcept {
            Bits sum = 0;
            const bool overflow = __builtin_add_overflow((ends << 1) | carry, gap, &sum);
            carry = (ends >> 63) | (overflow ? 1U : 0U);
            return sum & ~gap;
        }
    };

    // What a block holds outside strings.
    struct Tokens {
        Bits open, close, comma, colon, space;
        Bits curly;  // of open and close
        Bits string_begin, string_end, in_string;
        Bits scalar;  // every character of numbers and literals
        Bits scalar_begin;
    };

    static Bits through(Bits bit) noexcept { return bit | (bit - 1); }

    Skipped result(Step step) const noexcept {
        if (step != Step::done || values_ > limits_.values) return {};
        if (first_not_ascii_ != nullptr && first_not_ascii_ < after_ &&
            !is_valid_utf8_in_blocks<Block>(first_not_ascii_,
                                            static_cast<std::size_t>(after_ - first_not_ascii_))) {
            return {};
        }
        return {after_, values_};
    }

    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    // Skips the blocks that are inside one string.
    void skip_long_string() noexcept {
        while (left() >= block_bytes + literal_bytes_max) {
            const Block bytes = load_block<Block>(at_);
            auto ends = Block::all(0);
            for (const auto& part : bytes.part) ends = Block::either(ends, ends_text(part));
            if (!Block::is_zero(ends)) return;
            note_not_ascii(Block::high_bits(bytes.part));
            at_ += block_bytes;
        }
    }

    // Quotes, backslashes and control characters.
    static typename Block::Bytes ends_text(typename Block::Bytes bytes) noexcept {
        return Block::either(Block::at_most(bytes, Block::all(0x1F)),
                             Block::either(Block::equal(bytes, Block::all('"')),
                                           Block::equal(bytes, Block::all('\\'))));
    }

    void note_not_ascii(Bits not_ascii) noexcept {
        if (not_ascii != 0 && first_not_ascii_ == nullptr) {
            first_not_ascii_ = at_ + __builtin_ctzll(not_ascii);
        }
    }

    // Reads the block at `at_`, of which `text` has a copy that can be read further.
    Step block(const char* text) noexcept {
        const Block bytes = load_block<Block>(text);
        note_not_ascii(Block::high_bits(bytes.part));
        Bits quote = bits_equal(bytes, '"');
        // One set for two kinds of characters that most blocks have none of.
        Bits control = bits_where(bytes, [](auto part) {
            return Block::either(Block::at_most(part, Block::all(0x1F)),
                                 Block::equal(part, Block::all('\\')));
        });
        if ((control | quote | ~in_string_ | is_escaped_) == 0) return Step::text;
        Bits wrong = 0;
        if ((control | is_escaped_) != 0) {
            const Bits backslash = bits_equal(bytes, '\\');
            control &= ~backslash;
            quote &= ~escapes(backslash, wrong);
        }
        const Tokens tokens = tokens_of(bytes, quote, control);
        wrong |= control & tokens.in_string;
        numbers_and_literals(bytes, text, tokens, wrong);
        return structure(tokens, wrong);
    }

    // Validates the escapes that begin in this block and returns the characters after their
    // backslashes.
    Bits escapes(Bits backslash, Bits& wrong) noexcept {
        Bits escaped = is_escaped_;
        is_escaped_ = 0;
        for (Bits left = backslash; left != 0; left &= left - 1) {
            const Bits bit = left & (Bits{0} - left);
            const char* const begin = at_ + __builtin_ctzll(left);
            if (begin < after_escape_) continue;
            std::size_t ignored = 0;
            after_escape_ = scan_escape_(begin, end_, ignored);
            if (after_escape_ == nullptr) {
                wrong |= bit;
                after_escape_ = begin + 1;
            }
            is_escaped_ = bit >> 63U;
            escaped |= bit << 1U;
        }
        return escaped;
    }

    Tokens tokens_of(const Block& bytes, Bits quote, Bits control) noexcept {
        Tokens tokens;
        tokens.in_string = Block::parity(quote) ^ in_string_;
        in_string_ = Bits{0} - (tokens.in_string >> 63);
        tokens.string_begin = quote & tokens.in_string;
        tokens.string_end = quote & ~tokens.in_string;
        const Bits outside = ~(tokens.in_string | quote);
        tokens.space = outside & bits_equal(bytes, ' ');
        if (control != 0) {
            tokens.space |=
                outside & control &
                (bits_equal(bytes, '\n') | bits_equal(bytes, '\r') | bits_equal(bytes, '\t'));
        }
        const auto folded = [](auto part) { return Block::either(part, Block::all(0x20)); };
        tokens.open = outside & bits_where(bytes, [folded](auto part) {
                          return Block::equal(folded(part), Block::all('{'));
                      });
        tokens.close = outside & bits_where(bytes, [folded](auto part) {
                           return Block::equal(folded(part), Block::all('}'));
                       });
        tokens.curly = bits_where(bytes, [](auto part) { return Block::bit5_to_top(part); });
        tokens.comma = outside & bits_equal(bytes, ',');
        tokens.colon = outside & bits_equal(bytes, ':');
        tokens.scalar =
            outside & ~(tokens.space | tokens.open | tokens.close | tokens.comma | tokens.colon);
        tokens.scalar_begin = tokens.scalar & ~scalar_.next(tokens.scalar);
        return tokens;
    }

    // Adds the errors to `wrong`.
    void numbers_and_literals(const Block& bytes, const char* text, const Tokens& tokens,
                              Bits& wrong) noexcept {
        if (tokens.scalar == 0 && (number_.before >> 63) == 0) return;
        const Bits digit = bits_where(bytes, [](auto part) {
            return Block::at_most(Block::minus(part, Block::all('0')), Block::all(9));
        });
        const Bits sign_or_dot = bits_where(bytes, [](auto part) {  // + , - .
            return Block::at_most(Block::minus(part, Block::all('+')), Block::all('.' - '+'));
        });
        Literals literals{literal_rest_, 0};
        Bits left = tokens.scalar_begin & ~(digit | sign_or_dot);
        // Most blocks have no more than two: a loop from the start would end unpredictably.
        take_literal(text, left, literals);
        take_literal(text, left, literals);
        while (left != 0) take_literal(text, left, literals);
        literal_rest_ = literals.rest;
        // What is no literal is left to be refused as a number.
        numbers(bytes, tokens.scalar & ~literals.here, tokens.scalar_begin, digit, sign_or_dot,
                wrong);
    }

    struct Literals {
        Bits here;
        Bits rest;  // in the next block
    };

    // Removes the first of the positions in `left`, if there is one.
    static void take_literal(const char* text, Bits& left, Literals& literals) noexcept {
        const auto word_of = [](const char* eight) {
            std::uint64_t word = 0;
            std::memcpy(&word, eight, sizeof(word));
            return word;
        };
        // As word_of() would read the text, followed by zeros.
        const auto word_like = []<std::size_t bytes>(const char(&literal)[bytes]) {
            std::uint64_t word = 0;
            std::memcpy(&word, literal, bytes - 1);
            return word;
        };
        const std::uint64_t four = word_like("\xFF\xFF\xFF\xFF");
        const std::uint64_t five = word_like("\xFF\xFF\xFF\xFF\xFF");
        const Bits begin = left & (Bits{0} - left);
        left ^= begin;
        const auto index = static_cast<unsigned>(__builtin_popcountll(begin - 1)) & 63U;
        const std::uint64_t word = word_of(text + index);
        const bool is_four =
            ((word & four) == word_like("true")) || ((word & four) == word_like("null"));
        const bool is_five = (word & five) == word_like("false");
        const Bits letters = is_four ? 0xF : is_five ? 0x1F : 0;
        const Bits wanted = begin == 0 ? 0 : letters;
        literals.here |= wanted << index;
        literals.rest |= wanted >> 1 >> (63 - index);
    }

    // A number is -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? (RFC 8259, section 6).
    void numbers(const Block& bytes, Bits number, Bits scalar_begin, Bits digit, Bits sign_or_dot,
                 Bits& wrong) noexcept {
        digit &= number;
        const Bits dot = number & bits_equal(bytes, '.');
        const Bits sign = number & sign_or_dot & ~dot;
        const Bits begin = number & scalar_begin;
        Bits exponent_sign = 0;
        const Bits mark = number & ~(digit | sign | dot);
        if ((mark | (mark_.before >> 63) | exponent_.carry) != 0) {
            const Bits after_mark = mark_.next(mark);
            wrong |=
                mark & ~bits_where(bytes, [](auto part) {
                    return Block::equal(Block::either(part, Block::all(0x20)), Block::all('e'));
                });
            wrong |= after_mark & ~(digit | sign);
            wrong |= exponent_.after(mark, digit | sign) & number;
            exponent_sign = sign & after_mark;
        }
        wrong |= number & ~begin & ~number_.next(number);  // the rest of no number
        wrong |= begin & ~(digit | sign);
        wrong |= sign & ~begin & ~exponent_sign;
        if ((begin & sign) != 0) wrong |= begin & bits_equal(bytes, '+');
        wrong |= (dot | mark) & ~digit_.next(digit);
        wrong |= point_or_sign_.next(dot | sign) & ~digit;
        const Bits first_digit = begin | leading_minus_.next(sign & begin);
        const Bits zero = digit & bits_equal(bytes, '0');
        wrong |= leading_zero_.next(zero & first_digit) & digit;
        wrong |= fraction_.after(dot, digit) & dot;
    }

    // Every token against the one before it, then the brackets.
    Step structure(const Tokens& tokens, Bits wrong) noexcept {
        const Bits after_open = after_open_.after(tokens.open, tokens.space);
        const Bits after_comma = after_comma_.after(tokens.comma, tokens.space);
        const Bits after_colon = after_colon_.after(tokens.colon, tokens.space);
        const Bits end_of_empty = after_open & tokens.close;
        const Bits first = after_open | after_comma;  // where an object has its keys
        // Those are the places where a value or key must be, and no other place may have one.
        const Bits separator = tokens.comma | tokens.colon | tokens.close;
        const Bits begin = tokens.open | separator | tokens.string_begin | tokens.scalar_begin;
        wrong |= begin & ~end_of_empty & ~((first | after_colon) ^ separator);

        const Bits key_end = key_.past(first & tokens.string_begin, tokens.in_string);
        const Bits after_key = after_key_.after(key_end, tokens.space);
        wrong |= tokens.colon & ~after_key;
        const Bits wrong_in_object =
            (first & ~tokens.string_begin & ~end_of_empty) | (after_key & ~tokens.colon);
        const Bits& wrong_in_array = tokens.colon;

        const Wrong in_container{wrong_in_object, wrong_in_array};
        if (flat_brackets(tokens, in_container, wrong)) {
            if (wrong != 0) return Step::refused;
            return count(tokens, end_of_empty, ~Bits{0}) ? Step::next : Step::refused;
        }
        return brackets(tokens, end_of_empty, in_container, wrong);
    }

    struct Wrong {
        Bits in_object;
        Bits in_array;
        Bits in(bool is_object) const noexcept { return is_object ? in_object : in_array; }
    };

    // The brackets of a block in which containers of one kind follow each other inside one
    // container: all at once. Returns false, and has changed nothing, if they are no such brackets.
    bool flat_brackets(const Tokens& tokens, Wrong in_container, Bits& wrong) noexcept {
        const Bits all = tokens.open | tokens.close;
        const Bits first = all & (Bits{0} - all);
        const Bits begins_inside = Bits{0} - Bits{(first & tokens.close) != 0};
        const Bits after = Block::parity(all) ^ begins_inside;  // inside, after each position
        const Bits inside = after ^ all;
        const bool inner_is_object = (first & tokens.curly) != 0;
        const Bits other_kind = (tokens.curly ^ (Bits{0} - Bits{inner_is_object})) & all;
        const std::size_t outer = open_ - (begins_inside & 1);
        if (((tokens.open & inside) | (tokens.close & ~inside) | other_kind) != 0) return false;
        if (outer == 0 || outer >= limits_.levels) return false;
        if (begins_inside != 0 && inner_is_object != is_object_) return false;
        const bool outer_is_object = begins_inside != 0 ? outer_is_object_[outer] : is_object_;
        wrong |= inside & in_container.in(inner_is_object);
        wrong |= ~inside & in_container.in(outer_is_object);
        const bool ends_inside = (after >> 63) != 0;
        outer_is_object_[outer] = outer_is_object;
        open_ = outer + (ends_inside ? 1 : 0);
        is_object_ = ends_inside ? inner_is_object : outer_is_object;
        return true;
    }

    // Any brackets, one by one.
    Step brackets(const Tokens& tokens, Bits end_of_empty, Wrong in_container,
                  Bits wrong) noexcept {
        Bits seen = 0;
        for (Bits left = tokens.open | tokens.close; left != 0; left &= left - 1) {
            const Bits bit = left & (Bits{0} - left);
            const Bits now = through(bit);
            if ((in_container.in(is_object_)&now & ~seen) != 0) return Step::refused;
            seen = now;
            const bool curly = (bit & tokens.curly) != 0;
            if ((bit & tokens.open) != 0) {
                if (open_ == limits_.levels) return Step::refused;
                outer_is_object_[open_++] = is_object_;
                is_object_ = curly;
                continue;
            }
            if (curly != is_object_) return Step::refused;
            // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): what was open has an entry
            is_object_ = outer_is_object_[--open_];
            if (open_ == 0) {
                after_ = at_ + __builtin_ctzll(bit) + 1;
                return (wrong & now) == 0 && count(tokens, end_of_empty, now) ? Step::done
                                                                              : Step::refused;
            }
        }
        if (((in_container.in(is_object_) & ~seen) | wrong) != 0) return Step::refused;
        return count(tokens, end_of_empty, ~Bits{0}) ? Step::next : Step::refused;
    }

    // Every value but the outermost is the first of a container or follows a comma.
    bool count(const Tokens& tokens, Bits end_of_empty, Bits range) noexcept {
        values_ +=
            static_cast<std::size_t>(__builtin_popcountll((tokens.comma | tokens.open) & range));
        values_ -= static_cast<std::size_t>(__builtin_popcountll(end_of_empty & range));
        // A container that is still empty was counted with a value.
        return values_ <= limits_.values + 1;
    }

    const char* at_;  // the block
    const char* end_;
    SkipLimits limits_;
    ScanEscape scan_escape_;
    const char* first_not_ascii_ = nullptr;
    const char* after_escape_ = nullptr;
    const char* after_ = nullptr;
    std::size_t values_ = 1;

    Bits in_string_ = 0;   // all bits if the block begins inside a string
    Bits is_escaped_ = 0;  // 1 if its first byte belongs to an escape
    Carry scalar_;
    Bits literal_rest_ = 0;
    Carry number_, mark_, digit_, point_or_sign_, leading_minus_, leading_zero_;
    Run exponent_, fraction_;
    Run after_open_, after_comma_, after_colon_{1}, key_, after_key_;

    std::size_t open_ = 0;
    bool is_object_ = false;
    bool outer_is_object_[depth_max + 1];
};

}  // namespace sallyport::wamp
