#include "wamp/codec/msgpack_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "wamp/base/utf8.h"
#include "wamp/codec/skip.h"
#include "wamp/codec/token.h"
#include "wamp/codec/unique_keys.h"

namespace sallyport::wamp {
namespace {

using Kind = MsgpackToken::Kind;

// With fewer bytes left the scalar code is faster.
constexpr std::size_t vector_bytes_min = 64;
// `undefined` as msgpack5, msgpackr and others write it: fixext 1 of type 0 with the byte 0.
constexpr std::string_view undefined("\xD4\0\0", 3);

}  // namespace

MsgpackReader::MsgpackReader(std::string_view bytes, const MessageLimits& limits,
                             InstructionSet set) noexcept
    : at_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      limits_(limits),
      depth_max_(std::min(limits.depth, depth_max)),
      values_left_(limits.elements),
      option_values_left_(limits.option_values),
      option_keys_max_(limits.option_keys),
      set_(set) {}

bool MsgpackReader::fail(DecodeError error) noexcept {
    error_ = error;
    failed_ = true;
    return false;
}

bool MsgpackReader::count_value() noexcept {
    if (values_left_ == 0) return fail(DecodeError::too_many_elements);
    --values_left_;
    return true;
}

bool MsgpackReader::next_token(MsgpackToken& token) noexcept {
    const char* const after = read_msgpack_token(at_, end_, token);
    if (after == nullptr) return fail(DecodeError::malformed);
    at_ = after;
    if (token.kind == Kind::text) {
        if (token.bytes.size() > limits_.string_bytes) return fail(DecodeError::too_large);
        return is_valid_utf8(token.bytes, set_) || fail(DecodeError::malformed);
    }
    if (token.kind == Kind::binary || token.kind == Kind::extension) {
        return token.bytes.size() <= limits_.string_bytes || fail(DecodeError::too_large);
    }
    return true;
}

bool MsgpackReader::take_undefined() noexcept {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(undefined))
        return false;
    at_ += undefined.size();
    return true;
}

bool MsgpackReader::take_nothing() noexcept {
    constexpr char nil = '\xC0';
    if (at_ == end_ || *at_ != nil) return take_undefined();
    ++at_;
    return true;
}

bool MsgpackReader::read_key(std::string_view& key) noexcept {
    MsgpackToken token;
    if (!next_token(token)) return false;
    if (token.kind != Kind::text) return fail(DecodeError::wrong_element);
    key = token.bytes;
    return true;
}

bool MsgpackReader::begin_message(std::uint64_t& code) {
    const char* const begin = at_;
    MsgpackToken token;
    if (!next_token(token)) return false;
    if (token.kind != Kind::array) {
        at_ = begin;
        return skip_value(message_depth) && finish() && fail(DecodeError::not_a_message);
    }
    if (depth_max_ < message_depth) return fail(DecodeError::too_deep);
    message_elements_left_ = token.count;
    if (!next_element()) return fail(DecodeError::not_a_message);
    if (read_unsigned(code)) return true;
    if (error_ == DecodeError::wrong_element) error_ = DecodeError::not_a_message;
    return false;
}

bool MsgpackReader::next_element() noexcept {
    if (message_elements_left_ == 0) return false;
    --message_elements_left_;
    return true;
}

bool MsgpackReader::read_unsigned(std::uint64_t& number) {
    MsgpackToken token;
    if (!count_value() || !next_token(token)) return false;
    number = token.kind == Kind::floating ? id_in(token.floating) : token.unsigned_integer;
    if (token.kind == Kind::unsigned_integer || (token.kind == Kind::floating && number != 0))
        return true;
    return fail(DecodeError::wrong_element);
}

bool MsgpackReader::read_text(std::string& text) {
    MsgpackToken token;
    if (!count_value() || !next_token(token)) return false;
    // A string that begins with NUL could not be sent to a JSON peer (W-SER-05).
    if (token.kind != Kind::text || begins_with_nul(token.bytes))
        return fail(DecodeError::wrong_element);
    text.assign(token.bytes);
    return true;
}

bool MsgpackReader::read_dict(Dict& dict) {
    MsgpackToken token;
    if (!count_value() || !next_token(token)) return false;
    if (token.kind != Kind::map) return fail(DecodeError::wrong_element);
    return dict_value(dict, token.count, element_depth);
}

bool MsgpackReader::read_args(std::string_view& span) {
    const char* const begin = at_;
    MsgpackToken token;
    if (take_nothing()) return count_value();
    if (!next_token(token)) return false;
    if (token.kind != Kind::array) return fail(DecodeError::wrong_element);
    at_ = begin;
    if (!skip_value(element_depth)) return false;
    if (token.count != 0) span = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool MsgpackReader::read_kwargs(std::string_view& span) {
    const char* const begin = at_;
    MsgpackToken token;
    if (!count_value()) return false;
    if (take_nothing()) return true;
    if (!next_token(token)) return false;
    if (token.kind != Kind::map) return fail(DecodeError::wrong_element);
    if (element_depth > depth_max_) return fail(DecodeError::too_deep);
    if (token.count == 0) return true;
    UniqueKeys keys;
    for (std::uint32_t entry = 0; entry < token.count; ++entry) {
        std::string_view key;
        if (!read_key(key)) return false;
        keys.add(key);
        if (!skip_value(element_depth + 1)) return false;
    }
    if (!keys.unique()) return fail(DecodeError::duplicate_key);
    span = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool MsgpackReader::read_document(Value& value_out) {
    undefined_is_absent_ = false;
    option_values_left_ = limits_.elements;
    option_keys_max_ = limits_.elements;
    return value(value_out, message_depth) && finish();
}

bool MsgpackReader::finish() noexcept {
    return at_ == end_ || fail(DecodeError::malformed);
}

// Whether the value was validated and skipped. If it was not, nothing has changed.
bool MsgpackReader::skip_by_vectors(std::size_t depth) noexcept {
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < vector_bytes_min || left > limits_.string_bytes || depth > depth_max_) return false;
    const SkipLimits limits{depth_max_ - depth + 1, values_left_};
    const Skipped skipped = skip_msgpack_value(at_, end_, limits, set_);
    if (skipped.after == nullptr) return false;
    at_ = skipped.after;
    values_left_ -= skipped.values;
    return true;
}

// `depth` is that of the value if it is a container. Not recursive: a level is the number of its
// remaining items. Keys may have any type here (W-SER-07); their position distinguishes them from
// values.
bool MsgpackReader::skip_value(std::size_t depth) noexcept {
    if (skip_by_vectors(depth)) return true;
    struct Level {
        std::uint64_t left;
        bool is_map;
    };
    std::array<Level, depth_max + 1> levels;
    std::size_t open = 0;
    levels[0] = {1, false};
    while (true) {
        while (levels[open].left == 0) {
            if (open == 0) return true;
            --open;
        }
        --levels[open].left;
        const bool is_key = levels[open].is_map && levels[open].left % 2 == 1;
        if (!is_key && !count_value()) return false;
        MsgpackToken token;
        if (!next_token(token)) return false;
        if (token.kind != Kind::array && token.kind != Kind::map) continue;
        if (depth + open > depth_max_) return fail(DecodeError::too_deep);
        const bool is_map = token.kind == Kind::map;
        levels[++open] = {is_map ? std::uint64_t{token.count} * 2 : token.count, is_map};
    }
}

bool MsgpackReader::value(Value& out, std::size_t depth) {
    if (!count_value()) return false;
    if (option_values_left_ == 0) return fail(DecodeError::too_many_elements);
    --option_values_left_;
    MsgpackToken token;
    if (!next_token(token)) return false;
    switch (token.kind) {
        case Kind::nil:
            out = Value();
            return true;
        case Kind::boolean:
            out = Value(token.boolean);
            return true;
        case Kind::unsigned_integer:
            out = Value(token.unsigned_integer);
            return true;
        case Kind::negative_integer:
            out = Value(token.negative_integer);
            return true;
        case Kind::floating:
            // As for strings: a value of this program can be sent to every peer (W-SER-09).
            if (!std::isfinite(token.floating)) return fail(DecodeError::wrong_element);
            out = Value(token.floating);
            return true;
        case Kind::text:
            return text_value(out, token.bytes);
        case Kind::binary:
            out = Value(Bytes{std::string(token.bytes)});
            return true;
        case Kind::array: {
            List list;
            if (!list_value(list, token.count, depth)) return false;
            out = Value(std::move(list));
            return true;
        }
        case Kind::map: {
            Dict dict;
            if (!dict_value(dict, token.count, depth)) return false;
            out = Value(std::move(dict));
            return true;
        }
        case Kind::extension:
            break;
    }
    return fail(DecodeError::wrong_element);
}

bool MsgpackReader::text_value(Value& out, std::string_view text) {
    if (begins_with_nul(text)) return fail(DecodeError::wrong_element);
    out = Value(text);
    return true;
}

bool MsgpackReader::list_value(List& list, std::size_t count, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    if (count > option_values_left_) return fail(DecodeError::too_many_elements);
    list.reserve(std::min<std::size_t>(count, 16));
    for (std::size_t item = 0; item < count; ++item) {
        if (!value(list.emplace_back(), depth + 1)) return false;
    }
    return true;
}

bool MsgpackReader::dict_value(Dict& dict, std::size_t count, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    if (count > option_keys_max_) return fail(DecodeError::too_many_elements);
    UniqueKeys keys;
    for (std::size_t entry = 0; entry < count; ++entry) {
        std::string_view key;
        if (!read_key(key)) return false;
        if (begins_with_nul(key)) return fail(DecodeError::wrong_element);
        keys.add(key);
        if (undefined_is_absent_ && take_undefined()) {
            if (!count_value()) return false;
            continue;
        }
        Value found;
        if (!value(found, depth + 1)) return false;
        dict.append(std::string(key), std::move(found));
    }
    return keys.unique() || fail(DecodeError::duplicate_key);
}

}  // namespace sallyport::wamp
