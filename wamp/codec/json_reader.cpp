#include "wamp/codec/json_reader.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "wamp/codec/skip.h"
#include "wamp/codec/unique_keys.h"

namespace sallyport::wamp {
namespace {

// With fewer bytes left the scalar code is faster.
constexpr std::size_t vector_bytes_min = 192;

std::string_view span_between(const char* begin, const char* end) noexcept {
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

JsonReader::JsonReader(std::string_view bytes, const MessageLimits& limits,
                       InstructionSet set) noexcept
    : at_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      limits_(limits),
      depth_max_(std::min(limits.depth, depth_max)),
      values_left_(limits.elements),
      option_values_left_(limits.option_values),
      option_keys_max_(limits.option_keys),
      set_(set) {}

bool JsonReader::fail(DecodeError error) noexcept {
    error_ = error;
    failed_ = true;
    return false;
}

void JsonReader::skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool JsonReader::consume(char c) noexcept {
    skip_space();
    if (!at(c)) return false;
    ++at_;
    return true;
}

bool JsonReader::expect(char c) noexcept {
    return consume(c) || fail(DecodeError::malformed);
}

bool JsonReader::count_value() noexcept {
    if (values_left_ == 0) return fail(DecodeError::too_many_elements);
    --values_left_;
    return true;
}

bool JsonReader::begin_message(std::uint64_t& code) {
    skip_space();
    if (!at('[')) {
        if (!skip_value(message_depth) || !finish()) return false;
        return fail(DecodeError::not_a_message);
    }
    if (depth_max_ < message_depth) return fail(DecodeError::too_deep);
    ++at_;
    if (!next_element()) return failed_ ? false : fail(DecodeError::not_a_message);
    if (read_unsigned(code)) return true;
    if (error_ == DecodeError::wrong_element) error_ = DecodeError::not_a_message;
    return false;
}

bool JsonReader::next_element() {
    if (consume(']')) return false;
    if (first_element_) {
        first_element_ = false;
    } else if (!expect(',')) {
        return false;
    }
    skip_space();
    return at_ != end_ || fail(DecodeError::malformed);
}

bool JsonReader::read_unsigned(std::uint64_t& number) {
    if (!at('-') && !(at_ != end_ && *at_ >= '0' && *at_ <= '9')) {
        return skip_value(element_depth) && fail(DecodeError::wrong_element);
    }
    if (!count_value()) return false;
    bool integral = false;
    const char* const begin = at_;
    at_ = scan_json_number(at_, end_, integral);
    if (at_ == nullptr) return fail(DecodeError::malformed);
    const JsonNumber found = json_number(span_between(begin, at_), integral);
    if (found.kind != JsonNumber::Kind::unsigned_integer) return fail(DecodeError::wrong_element);
    number = found.unsigned_integer;
    return true;
}

bool JsonReader::read_text(std::string& text) {
    if (!at('"')) return skip_value(element_depth) && fail(DecodeError::wrong_element);
    JsonString found;
    if (!count_value() || !string(found)) return false;
    if (found.is_binary()) return fail(DecodeError::wrong_element);
    if (!found.escaped) {
        text.assign(found.raw);
    } else {
        append_unescaped(text, found.raw);
    }
    return true;
}

bool JsonReader::read_dict(Dict& dict) {
    if (!at('{')) return skip_value(element_depth) && fail(DecodeError::wrong_element);
    return count_value() && dict_value(dict, element_depth);
}

bool JsonReader::read_null() {
    const bool null = at('n');
    return skip_value(element_depth) && (null || fail(DecodeError::wrong_element));
}

bool JsonReader::read_args(std::string_view& span) {
    if (!at('[')) return read_null();
    const char* const begin = at_;
    if (!skip_value(element_depth)) return false;
    const char* const end = at_;
    at_ = begin + 1;
    if (!consume(']')) span = span_between(begin, end);
    at_ = end;
    return true;
}

bool JsonReader::read_kwargs(std::string_view& span) {
    if (!at('{')) return read_null();
    if (element_depth > depth_max_) return fail(DecodeError::too_deep);
    const char* const begin = at_;
    if (!count_value()) return false;
    ++at_;
    if (consume('}')) return true;
    UniqueKeys keys;
    do {
        JsonString name;
        if (!key(name)) return false;
        if (name.escaped) {
            std::string unescaped;
            append_unescaped(unescaped, name.raw);
            keys.add_owned(std::move(unescaped));
        } else {
            keys.add(name.raw);
        }
        if (!skip_value(element_depth + 1)) return false;
    } while (consume(','));
    if (!expect('}')) return false;
    if (!keys.unique()) return fail(DecodeError::duplicate_key);
    span = span_between(begin, at_);
    return true;
}

bool JsonReader::read_document(Value& value_out) {
    option_values_left_ = limits_.elements;
    option_keys_max_ = limits_.elements;
    skip_space();
    return value(value_out, message_depth) && finish();
}

bool JsonReader::finish() {
    skip_space();
    return at_ == end_ || fail(DecodeError::malformed);
}

bool JsonReader::literal(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < text.size() ||
        span_between(at_, at_ + text.size()) != text) {
        return fail(DecodeError::malformed);
    }
    at_ += text.size();
    return true;
}

bool JsonReader::string(JsonString& found) noexcept {
    const char* const after = scan_json_string(at_ + 1, end_, found, set_);
    if (after == nullptr) return fail(DecodeError::malformed);
    if (found.decoded_bytes > limits_.string_bytes) return fail(DecodeError::too_large);
    at_ = after;
    return true;
}

bool JsonReader::key(JsonString& found) noexcept {
    skip_space();
    if (!at('"')) return fail(DecodeError::malformed);
    if (!string(found) || !expect(':')) return false;
    skip_space();
    return true;
}

// A value that is neither an array nor an object.
bool JsonReader::scalar() noexcept {
    if (at_ == end_) return fail(DecodeError::malformed);
    switch (*at_) {
        case '"': {
            JsonString ignored;
            return string(ignored);
        }
        case 't':
            return literal("true");
        case 'f':
            return literal("false");
        case 'n':
            return literal("null");
        default: {
            bool integral = false;
            const char* const after = scan_json_number(at_, end_, integral);
            if (after == nullptr) return fail(DecodeError::malformed);
            at_ = after;
            return true;
        }
    }
}

// Whether the container was validated and skipped. If it was not, nothing has changed.
bool JsonReader::skip_container_by_vectors(std::size_t depth) noexcept {
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < vector_bytes_min || left > limits_.string_bytes || depth > depth_max_) return false;
    const SkipLimits limits{depth_max_ - depth + 1, values_left_};
    const Skipped skipped = skip_json_container(at_, end_, limits, set_);
    if (skipped.after == nullptr) return false;
    at_ = skipped.after;
    values_left_ -= skipped.values;
    return true;
}

// `depth` is that of the value if it is an array or object. Not recursive: the open containers are
// one bit per level.
bool JsonReader::skip_value(std::size_t depth) noexcept {
    if ((at('[') || at('{')) && skip_container_by_vectors(depth)) return true;
    std::bitset<depth_max + 1> is_object;
    std::size_t open = 0;
    while (true) {
        if (!count_value()) return false;
        if (at('[') || at('{')) {
            const bool object = *at_ == '{';
            if (depth + open > depth_max_) return fail(DecodeError::too_deep);
            ++at_;
            if (!consume(object ? '}' : ']')) {
                is_object[++open] = object;
                JsonString ignored;
                if (object && !key(ignored)) return false;
                continue;
            }
        } else if (!scalar()) {
            return false;
        }
        while (true) {
            if (open == 0) return true;
            if (consume(',')) break;
            if (!expect(is_object[open] ? '}' : ']')) return false;
            --open;
        }
        JsonString ignored;
        if (is_object[open] && !key(ignored)) return false;
        skip_space();
    }
}

bool JsonReader::value(Value& out, std::size_t depth) {
    if (!count_value()) return false;
    if (option_values_left_ == 0) return fail(DecodeError::too_many_elements);
    --option_values_left_;
    if (at_ == end_) return fail(DecodeError::malformed);
    switch (*at_) {
        case '[': {
            List list;
            if (!list_value(list, depth)) return false;
            out = Value(std::move(list));
            return true;
        }
        case '{': {
            Dict dict;
            if (!dict_value(dict, depth)) return false;
            out = Value(std::move(dict));
            return true;
        }
        case '"':
            return text_value(out);
        case 't':
            out = Value(true);
            return literal("true");
        case 'f':
            out = Value(false);
            return literal("false");
        case 'n':
            out = Value();
            return literal("null");
        default:
            return number_value(out);
    }
}

bool JsonReader::text_value(Value& out) {
    JsonString found;
    if (!string(found)) return false;
    std::string text;
    if (found.is_binary()) {
        if (!append_json_binary(text, found)) return fail(DecodeError::malformed);
        out = Value(Bytes{std::move(text)});
        return true;
    }
    append_unescaped(text, found.raw);
    out = Value(std::move(text));
    return true;
}

bool JsonReader::number_value(Value& out) {
    bool integral = false;
    const char* const begin = at_;
    const char* const after = scan_json_number(at_, end_, integral);
    if (after == nullptr) return fail(DecodeError::malformed);
    at_ = after;
    const JsonNumber number = json_number(span_between(begin, at_), integral);
    switch (number.kind) {
        case JsonNumber::Kind::unsigned_integer:
            out = Value(number.unsigned_integer);
            return true;
        case JsonNumber::Kind::negative_integer:
            out = Value(number.negative_integer);
            return true;
        case JsonNumber::Kind::floating:
            out = Value(number.floating);
            return true;
        case JsonNumber::Kind::out_of_range:
            break;
    }
    return fail(DecodeError::malformed);
}

bool JsonReader::list_value(List& list, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    ++at_;
    if (consume(']')) return true;
    do {
        skip_space();
        if (!value(list.emplace_back(), depth + 1)) return false;
    } while (consume(','));
    return expect(']');
}

bool JsonReader::dict_value(Dict& dict, std::size_t depth) {
    if (depth > depth_max_) return fail(DecodeError::too_deep);
    ++at_;
    if (consume('}')) return true;
    do {
        JsonString name;
        if (!key(name)) return false;
        if (name.is_binary()) return fail(DecodeError::wrong_element);
        if (dict.size() == option_keys_max_) return fail(DecodeError::too_many_elements);
        std::string unescaped;
        append_unescaped(unescaped, name.raw);
        Value entry;
        if (!value(entry, depth + 1)) return false;
        dict.append(std::move(unescaped), std::move(entry));
    } while (consume(','));
    if (!expect('}')) return false;
    UniqueKeys keys;
    for (const Dict::Entry& entry : dict) keys.add(entry.first);
    return keys.unique() || fail(DecodeError::duplicate_key);
}

}  // namespace sallyport::wamp
