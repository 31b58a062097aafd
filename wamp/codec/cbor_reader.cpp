#include "wamp/codec/cbor_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "wamp/base/utf8.h"
#include "wamp/codec/token.h"
#include "wamp/codec/unique_keys.h"

namespace sallyport::wamp {
namespace {

using Kind = CborToken::Kind;

}  // namespace

CborReader::CborReader(std::string_view bytes, const MessageLimits& limits,
                       InstructionSet set) noexcept
    : at_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      limits_(limits),
      depth_max_(std::min(limits.depth, depth_max)),
      values_left_(limits.elements),
      option_values_left_(limits.option_values),
      option_keys_max_(limits.option_keys),
      set_(set) {}

bool CborReader::fail(DecodeError error) noexcept {
    error_ = error;
    failed_ = true;
    return false;
}

bool CborReader::count_value() noexcept {
    if (values_left_ == 0) return fail(DecodeError::too_many_elements);
    --values_left_;
    return true;
}

bool CborReader::next_token(CborToken& token) noexcept {
    const char* const after = read_cbor_token(at_, end_, token);
    if (after == nullptr || token.kind == Kind::end) return fail(DecodeError::malformed);
    at_ = after;
    const bool string = token.kind == Kind::text || token.kind == Kind::binary;
    return !string || check_string(token);
}

// No character may be divided between two chunks (RFC 8949 §3.2.3).
bool CborReader::check_string(const CborToken& token) noexcept {
    if (token.number > limits_.string_bytes) return fail(DecodeError::too_large);
    if (token.kind == Kind::binary) return true;
    if (!token.indefinite) return is_valid_utf8(token.bytes, set_) || fail(DecodeError::malformed);
    for (std::string_view rest = token.bytes; !rest.empty();) {
        if (!is_valid_utf8(take_cbor_chunk(rest), set_)) return fail(DecodeError::malformed);
    }
    return true;
}

bool CborReader::take_undefined() noexcept {
    constexpr char undefined_mark = '\xF7';
    if (at_ == end_ || *at_ != undefined_mark) return false;
    ++at_;
    return true;
}

bool CborReader::take_nothing() noexcept {
    constexpr char null_mark = '\xF6';
    if (at_ == end_ || *at_ != null_mark) return take_undefined();
    ++at_;
    return true;
}

bool CborReader::read_key(CborToken& key) noexcept {
    return next_token(key) && (key.kind == Kind::text || fail(DecodeError::wrong_element));
}

/// Counts down; an indefinite container has more items than a text has bytes.
class CborReader::Items {
public:
    explicit Items(const CborToken& head) noexcept
        : left_(head.indefinite ? std::numeric_limits<std::uint64_t>::max() : head.number),
          indefinite_(head.indefinite) {}

    /// Whether there is another one; consumes the end of an indefinite container.
    bool next(CborReader& reader) noexcept {
        if (indefinite_ && reader.at_end_mark()) {
            ++reader.at_;
            return false;
        }
        if (left_ == 0) return false;
        --left_;
        return true;
    }

private:
    std::uint64_t left_;
    bool indefinite_;
};

bool CborReader::begin_message(std::uint64_t& code) {
    const char* const begin = at_;
    CborToken token;
    if (!next_token(token)) return false;
    if (token.kind != Kind::array) {
        at_ = begin;
        return skip_value(message_depth) && finish() && fail(DecodeError::not_a_message);
    }
    if (depth_max_ < message_depth) return fail(DecodeError::too_deep);
    message_elements_left_ = token.number;
    message_indefinite_ = token.indefinite;
    if (!next_element()) return fail(DecodeError::not_a_message);
    if (read_unsigned(code)) return true;
    if (error_ == DecodeError::wrong_element) error_ = DecodeError::not_a_message;
    return false;
}

bool CborReader::next_element() noexcept {
    if (message_indefinite_) {
        if (!at_end_mark()) return true;
        ++at_;
        return false;
    }
    if (message_elements_left_ == 0) return false;
    --message_elements_left_;
    return true;
}

bool CborReader::read_unsigned(std::uint64_t& number) {
    CborToken token;
    if (!count_value() || !next_token(token)) return false;
    number = token.kind == Kind::floating ? id_in(token.floating) : token.number;
    if (token.kind == Kind::unsigned_integer || (token.kind == Kind::floating && number != 0))
        return true;
    return fail(DecodeError::wrong_element);
}

bool CborReader::read_text(std::string& text) {
    CborToken token;
    if (!count_value() || !next_token(token)) return false;
    if (token.kind != Kind::text) return fail(DecodeError::wrong_element);
    return string_value(text, token);
}

bool CborReader::read_dict(Dict& dict) {
    CborToken token;
    if (!count_value() || !next_token(token)) return false;
    if (token.kind != Kind::map) return fail(DecodeError::wrong_element);
    return dict_value(dict, token, element_depth);
}

bool CborReader::read_args(std::string_view& span) {
    const char* const begin = at_;
    CborToken token;
    if (take_nothing()) return count_value();
    if (!next_token(token)) return false;
    if (token.kind != Kind::array) return fail(DecodeError::wrong_element);
    const bool empty = token.indefinite ? at_end_mark() : token.number == 0;
    at_ = begin;
    if (!skip_value(element_depth)) return false;
    if (!empty) span = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool CborReader::read_kwargs(std::string_view& span) {
    const char* const begin = at_;
    CborToken token;
    if (!count_value()) return false;
    if (take_nothing()) return true;
    if (!next_token(token)) return false;
    if (token.kind != Kind::map) return fail(DecodeError::wrong_element);
    if (element_depth > depth_max_) return fail(DecodeError::too_deep);
    UniqueKeys keys;
    bool empty = true;
    for (Items items(token); items.next(*this); empty = false) {
        CborToken key;
        if (!read_key(key)) return false;
        if (key.indefinite) {
            std::string joined;
            append_cbor_string(joined, key);
            keys.add_owned(std::move(joined));
        } else {
            keys.add(key.bytes);
        }
        if (!skip_value(element_depth + 1)) return false;
    }
    if (!keys.unique()) return fail(DecodeError::duplicate_key);
    if (!empty) span = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool CborReader::read_document(Value& value_out) {
    undefined_is_absent_ = false;
    option_values_left_ = limits_.elements;
    option_keys_max_ = limits_.elements;
    return value(value_out, message_depth) && finish();
}

bool CborReader::finish() noexcept {
    return at_ == end_ || fail(DecodeError::malformed);
}

// `depth` is that of the value if it is a container. Not recursive: a level is the number of its
// remaining items; a tag is a container of one. Keys may have any type here (W-SER-08); their
// position distinguishes them from values.
bool CborReader::skip_value(std::size_t depth) noexcept {
    // Even, and more than a text has bytes.
    constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max() - 1;
    struct Level {
        std::uint64_t left;
        bool is_map;
        bool indefinite;
    };
    std::array<Level, depth_max + 1> levels;
    std::size_t open = 0;
    levels[0] = {1, false, false};
    while (true) {
        while (levels[open].left == 0) {
            if (open == 0) return true;
            --open;
        }
        Level& level = levels[open];
        const bool is_key = level.is_map && level.left % 2 == 0;
        if (level.indefinite && (!level.is_map || is_key) && at_end_mark()) {
            ++at_;
            level.left = 0;
            continue;
        }
        --level.left;
        if (!is_key && !count_value()) return false;
        CborToken token;
        if (!next_token(token)) return false;
        if (token.kind != Kind::array && token.kind != Kind::map && token.kind != Kind::tag)
            continue;
        if (depth + open > depth_max_) return fail(DecodeError::too_deep);
        const bool is_map = token.kind == Kind::map;
        const std::uint64_t items = token.kind == Kind::tag ? 1
                                    : token.indefinite      ? unknown
                                    : is_map                ? token.number * 2
                                                            : token.number;
        levels[++open] = {items, is_map, token.indefinite};
    }
}

bool CborReader::value(Value& out, std::size_t depth) {
    if (!count_value()) return false;
    if (option_values_left_ == 0) return fail(DecodeError::too_many_elements);
    --option_values_left_;
    CborToken token;
    if (!next_token(token)) return false;
    if (token.kind == Kind::array) {
        List list;
        if (!list_value(list, token, depth)) return false;
        out = Value(std::move(list));
        return true;
    }
    if (token.kind == Kind::map) {
        Dict dict;
        if (!dict_value(dict, token, depth)) return false;
        out = Value(std::move(dict));
        return true;
    }
    return scalar(out, token);
}

bool CborReader::scalar(Value& out, const CborToken& token) {
    switch (token.kind) {
        case Kind::unsigned_integer:
            out = Value(token.number);
            return true;
        case Kind::negative_integer: {
            const auto number = cbor_negative(token.number);
            if (!number) return fail(DecodeError::wrong_element);
            out = Value(*number);
            return true;
        }
        case Kind::floating:
            // As for strings: a value of this program can be sent to every peer (W-SER-09).
            if (!std::isfinite(token.floating)) return fail(DecodeError::wrong_element);
            out = Value(token.floating);
            return true;
        case Kind::text: {
            std::string text;
            if (!string_value(text, token)) return false;
            out = Value(std::move(text));
            return true;
        }
        case Kind::binary: {
            Bytes bytes;
            append_cbor_string(bytes.data, token);
            out = Value(std::move(bytes));
            return true;
        }
        case Kind::simple:
            if (token.number == cbor_null || token.number == cbor_undefined) {
                out = Value();
                return true;
            }
            if (token.number != cbor_true && token.number != cbor_false) break;
            out = Value(token.number == cbor_true);
            return true;
        case Kind::array:
        case Kind::map:
        case Kind::tag:
        case Kind::end:
            break;
    }
    return fail(DecodeError::wrong_element);
}

// A string that begins with NUL could not be sent to a JSON peer (W-SER-05).
bool CborReader::string_value(std::string& out, const CborToken& token) {
    out.clear();
    append_cbor_string(out, token);
    return !begins_with_nul(out) || fail(DecodeError::wrong_element);
}

bool CborReader::list_value(List& list, const CborToken& head, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    if (!head.indefinite && head.number > option_values_left_)
        return fail(DecodeError::too_many_elements);
    for (Items items(head); items.next(*this);) {
        if (!value(list.emplace_back(), depth + 1)) return false;
    }
    return true;
}

bool CborReader::dict_value(Dict& dict, const CborToken& head, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    UniqueKeys keys;
    std::size_t entries = 0;
    for (Items items(head); items.next(*this); ++entries) {
        if (entries == option_keys_max_) return fail(DecodeError::too_many_elements);
        CborToken key;
        if (!read_key(key)) return false;
        std::string name;
        if (!string_value(name, key)) return false;
        if (key.indefinite) {
            keys.add_owned(name);
        } else {
            keys.add(key.bytes);
        }
        if (undefined_is_absent_ && take_undefined()) {
            if (!count_value()) return false;
            continue;
        }
        Value found;
        if (!value(found, depth + 1)) return false;
        dict.append(std::move(name), std::move(found));
    }
    return keys.unique() || fail(DecodeError::duplicate_key);
}

}  // namespace sallyport::wamp
