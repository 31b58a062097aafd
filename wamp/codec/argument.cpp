#include "wamp/codec/argument.h"

#include <algorithm>
#include <utility>

#include "wamp/base/utf8.h"
#include "wamp/codec/cbor_token.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/msgpack_token.h"

namespace sallyport::wamp {
namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char* skip_space(const char* at, const char* end) noexcept {
    while (at != end && is_space(*at)) ++at;
    return at;
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 0x20) - 'a' + 10;
}

char32_t hex_unit(std::string_view four) noexcept {
    char32_t unit = 0;
    for (const char c : four.substr(0, 4)) unit = unit * 16 + static_cast<char32_t>(hex_value(c));
    return unit;
}

// Removes one character from a valid JSON string and returns its code point.
char32_t take_json_character(std::string_view& raw) noexcept {
    if (raw.front() != '\\') return take_code_point(raw);
    const char escape = raw[1];
    raw.remove_prefix(2);
    switch (escape) {
        case 'b':
            return U'\b';
        case 'f':
            return U'\f';
        case 'n':
            return U'\n';
        case 'r':
            return U'\r';
        case 't':
            return U'\t';
        case 'u':
            break;
        default:
            return static_cast<unsigned char>(escape);
    }
    const char32_t high = hex_unit(raw);
    raw.remove_prefix(4);
    if (high < 0xD800 || high > 0xDBFF) return high;
    const char32_t low = hex_unit(raw.substr(2));
    raw.remove_prefix(6);
    return 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00);
}

bool equals_escaped(std::string_view raw, std::string_view text) noexcept {
    while (!raw.empty() && !text.empty()) {
        if (take_json_character(raw) != take_code_point(text)) return false;
    }
    return raw.empty() && text.empty();
}

// `text` has the length of the chunks together.
bool equals_chunks(std::string_view chunks, std::string_view text) noexcept {
    while (!chunks.empty()) {
        const std::string_view chunk = take_cbor_chunk(chunks);
        if (!text.starts_with(chunk)) return false;
        text.remove_prefix(chunk.size());
    }
    return true;
}

std::size_t binary_length(std::string_view raw) noexcept {
    const std::string_view base64 = raw.substr(json_binary_mark.size());
    const auto padding = std::count(base64.begin(), base64.end(), '=');
    return base64.size() * 3 / 4 - static_cast<std::size_t>(padding);
}

}  // namespace

/// Reads values that were validated before, so no function can fail.
struct ArgumentReader {
    const char* at;
    const char* end;

    explicit ArgumentReader(std::string_view bytes) noexcept
        : at(bytes.data()), end(bytes.data() + bytes.size()) {}

    Argument json() noexcept {
        at = skip_space(at, end);
        const char* const begin = at;
        Argument found;
        switch (*at) {
            case '{':
            case '[':
                json_container(found);
                break;
            case '"':
                json_text(found);
                break;
            case 't':
            case 'f':
                found.kind = Argument::Kind::boolean;
                found.boolean = *at == 't';
                at += found.boolean ? 4 : 5;
                break;
            case 'n':
                at += 4;
                break;
            default:
                json_number(found);
                break;
        }
        found.bytes = static_cast<std::size_t>(at - begin);
        return found;
    }

    // Enters the container that begins here; returns whether it has items.
    bool json_enter() noexcept {
        at = skip_space(skip_space(at, end) + 1, end);
        return *at != ']' && *at != '}';
    }
    // Advances to the next item; false at the end of the container, which it skips.
    bool json_next() noexcept {
        at = skip_space(at, end);
        const bool more = *at == ',';
        at = skip_space(at + 1, end);
        return more;
    }
    // Reads `"key":` and returns the key as a string.
    Argument json_key() noexcept {
        Argument key;
        json_text(key);
        at = skip_space(at, end) + 1;
        return key;
    }

    Argument msgpack() noexcept {
        const char* const begin = at;
        MsgpackToken token;
        at = read_msgpack_token(at, end, token);
        Argument found = scalar(token);
        for (std::size_t left = items(token); left > 0; --left)
            found.depth = std::max(found.depth, msgpack().depth + 1);
        if (items(token) == 0 && is_container(token)) found.depth = 1;
        found.bytes = static_cast<std::size_t>(at - begin);
        return found;
    }

    Argument cbor() noexcept {
        const char* const begin = at;
        CborToken token;
        at = read_cbor_token(at, end, token);
        Argument found = cbor_scalar(token);
        if (token.kind == CborToken::Kind::tag) {
            found = cbor_tagged(token.number);
        } else if (token.kind == CborToken::Kind::array || token.kind == CborToken::Kind::map) {
            const bool dict = token.kind == CborToken::Kind::map;
            found.kind = dict ? Argument::Kind::dict : Argument::Kind::list;
            found.depth = 1;
            for (CborItems items(token); items.next(*this); ++found.length) {
                if (dict) found.depth = std::max(found.depth, cbor().depth + 1);
                found.depth = std::max(found.depth, cbor().depth + 1);
            }
        }
        found.bytes = static_cast<std::size_t>(at - begin);
        return found;
    }

    // The items of an array and the entries of a map, from `at` on.
    class CborItems {
    public:
        explicit CborItems(const CborToken& head) noexcept
            : left_(head.number), indefinite_(head.indefinite) {}
        // False at the end of the container, which it skips.
        bool next(ArgumentReader& reader) noexcept {
            if (!indefinite_) return left_-- > 0;
            if (*reader.at != '\xFF') return true;
            ++reader.at;
            return false;
        }

    private:
        std::uint64_t left_;
        bool indefinite_;
    };

    CborItems cbor_enter() noexcept {
        CborToken head;
        at = read_cbor_token(at, end, head);
        return CborItems(head);
    }

private:
    static void cbor_integer(Argument& found, bool negative, std::uint64_t number) noexcept {
        const auto value = cbor_negative(number);
        if (!negative) {
            found.kind = Argument::Kind::unsigned_integer;
            found.unsigned_integer = number;
        } else if (value) {
            found.kind = Argument::Kind::negative_integer;
            found.negative_integer = *value;
        } else {
            found.kind = Argument::Kind::other;
        }
    }

    // As transcode() has it: what has a value without its tag, has it here.
    Argument cbor_tagged(std::uint64_t tag) noexcept {
        Argument content = cbor();
        if (tag == cbor_self_described) return content;
        Argument found;
        found.kind = Argument::Kind::other;
        found.depth = content.depth;
        const bool plain =
            content.kind == Argument::Kind::binary && content.form_ == Argument::Spelling::plain;
        if (content.kind == Argument::Kind::binary && tag == cbor_byte_array) return content;
        if (plain && (tag == cbor_positive_bignum || tag == cbor_negative_bignum)) {
            const auto number = cbor_bignum(content.spelling_);
            if (number) cbor_integer(found, tag == cbor_negative_bignum, *number);
        }
        return found;
    }

    static Argument cbor_scalar(const CborToken& token) noexcept {
        Argument found;
        switch (token.kind) {
            case CborToken::Kind::unsigned_integer:
            case CborToken::Kind::negative_integer:
                cbor_integer(found, token.kind == CborToken::Kind::negative_integer, token.number);
                break;
            case CborToken::Kind::binary:
            case CborToken::Kind::text:
                found.kind = token.kind == CborToken::Kind::text ? Argument::Kind::text
                                                                 : Argument::Kind::binary;
                found.length = static_cast<std::size_t>(token.number);
                found.spelling_ = token.bytes;
                if (token.indefinite) found.form_ = Argument::Spelling::cbor_chunks;
                break;
            case CborToken::Kind::simple:
                if (token.number == cbor_true || token.number == cbor_false) {
                    found.kind = Argument::Kind::boolean;
                    found.boolean = token.number == cbor_true;
                } else if (token.number != cbor_null && token.number != cbor_undefined) {
                    found.kind = Argument::Kind::other;
                }
                break;
            case CborToken::Kind::floating:
                found.kind = Argument::Kind::floating;
                found.floating = token.floating;
                break;
            case CborToken::Kind::array:
            case CborToken::Kind::map:
            case CborToken::Kind::tag:
            case CborToken::Kind::end:
                break;
        }
        return found;
    }

    static bool is_container(const MsgpackToken& token) noexcept {
        return token.kind == MsgpackToken::Kind::array || token.kind == MsgpackToken::Kind::map;
    }
    static std::size_t items(const MsgpackToken& token) noexcept {
        if (!is_container(token)) return 0;
        return std::size_t{token.count} * (token.kind == MsgpackToken::Kind::map ? 2 : 1);
    }

    static Argument scalar(const MsgpackToken& token) noexcept {
        Argument found;
        switch (token.kind) {
            case MsgpackToken::Kind::nil:
                break;
            case MsgpackToken::Kind::boolean:
                found.kind = Argument::Kind::boolean;
                found.boolean = token.boolean;
                break;
            case MsgpackToken::Kind::unsigned_integer:
                found.kind = Argument::Kind::unsigned_integer;
                found.unsigned_integer = token.unsigned_integer;
                break;
            case MsgpackToken::Kind::negative_integer:
                found.kind = Argument::Kind::negative_integer;
                found.negative_integer = token.negative_integer;
                break;
            case MsgpackToken::Kind::floating:
                found.kind = Argument::Kind::floating;
                found.floating = token.floating;
                break;
            case MsgpackToken::Kind::text:
                found.kind = Argument::Kind::text;
                found.length = token.bytes.size();
                found.spelling_ = token.bytes;
                break;
            case MsgpackToken::Kind::binary:
                found.kind = Argument::Kind::binary;
                found.length = token.bytes.size();
                break;
            case MsgpackToken::Kind::array:
                found.kind = Argument::Kind::list;
                found.length = token.count;
                break;
            case MsgpackToken::Kind::map:
                found.kind = Argument::Kind::dict;
                found.length = token.count;
                break;
            case MsgpackToken::Kind::extension:
                found.kind = Argument::Kind::other;
                break;
        }
        return found;
    }

    void json_container(Argument& found) noexcept {
        const bool dict = *at == '{';
        found.kind = dict ? Argument::Kind::dict : Argument::Kind::list;
        found.depth = 1;
        if (!json_enter()) {
            ++at;
            return;
        }
        do {
            if (dict) json_key();
            found.depth = std::max(found.depth, json().depth + 1);
            ++found.length;
        } while (json_next_here());
    }
    // As json_next(), but stops directly after the end, so that spaces are not counted.
    bool json_next_here() noexcept {
        at = skip_space(at, end);
        const bool more = *at++ == ',';
        if (more) at = skip_space(at, end);
        return more;
    }

    void json_text(Argument& found) noexcept {
        JsonString string;
        at = scan_json_string(at + 1, end, string);
        const bool binary = string.is_binary();
        found.kind = binary ? Argument::Kind::binary : Argument::Kind::text;
        found.length = binary ? binary_length(string.raw) : string.decoded_bytes;
        found.spelling_ = string.raw;
        if (string.escaped) found.form_ = Argument::Spelling::json_escapes;
    }

    void json_number(Argument& found) noexcept {
        bool integral = false;
        const char* const begin = at;
        at = scan_json_number(at, end, integral);
        const JsonNumber number =
            wamp::json_number({begin, static_cast<std::size_t>(at - begin)}, integral);
        switch (number.kind) {
            case JsonNumber::Kind::unsigned_integer:
                found.kind = Argument::Kind::unsigned_integer;
                found.unsigned_integer = number.unsigned_integer;
                break;
            case JsonNumber::Kind::negative_integer:
                found.kind = Argument::Kind::negative_integer;
                found.negative_integer = number.negative_integer;
                break;
            case JsonNumber::Kind::floating:
                found.kind = Argument::Kind::floating;
                found.floating = number.floating;
                break;
            case JsonNumber::Kind::out_of_range:
                found.kind = Argument::Kind::other;
                break;
        }
    }
};

namespace {

Argument read(Serializer serializer, std::string_view bytes) noexcept {
    ArgumentReader reader(bytes);
    switch (serializer) {
        case Serializer::json:
            return reader.json();
        case Serializer::msgpack:
            break;
        case Serializer::cbor:
            return reader.cbor();
    }
    return reader.msgpack();
}

std::optional<Argument> json_item(std::string_view list, std::size_t index) noexcept {
    ArgumentReader reader(list);
    if (!reader.json_enter()) return std::nullopt;
    for (;; --index) {
        const Argument item = reader.json();
        if (index == 0) return item;
        if (!reader.json_next()) return std::nullopt;
    }
}

std::optional<Argument> json_entry(std::string_view dict, std::string_view name) noexcept {
    ArgumentReader reader(dict);
    if (!reader.json_enter()) return std::nullopt;
    for (;;) {
        const bool found = reader.json_key().is_text(name);
        const Argument value = reader.json();
        if (found) return value;
        if (!reader.json_next()) return std::nullopt;
    }
}

std::optional<Argument> cbor_item(std::string_view list, std::size_t index) noexcept {
    ArgumentReader reader(list);
    for (auto items = reader.cbor_enter(); items.next(reader); --index) {
        const Argument item = reader.cbor();
        if (index == 0) return item;
    }
    return std::nullopt;
}

std::optional<Argument> cbor_entry(std::string_view dict, std::string_view name) noexcept {
    ArgumentReader reader(dict);
    for (auto items = reader.cbor_enter(); items.next(reader);) {
        const bool found = reader.cbor().is_text(name);
        const Argument value = reader.cbor();
        if (found) return value;
    }
    return std::nullopt;
}

std::uint32_t enter_msgpack(ArgumentReader& reader) noexcept {
    MsgpackToken token;
    reader.at = read_msgpack_token(reader.at, reader.end, token);
    return token.count;
}

}  // namespace

bool Argument::is_text(std::string_view text) const noexcept {
    if (kind != Kind::text || length != text.size()) return false;
    switch (form_) {
        case Spelling::plain:
            break;
        case Spelling::json_escapes:
            return equals_escaped(spelling_, text);
        case Spelling::cbor_chunks:
            return equals_chunks(spelling_, text);
    }
    return spelling_ == text;
}

std::string Argument::text() const {
    if (kind != Kind::text) return {};
    if (form_ == Spelling::plain) return std::string(spelling_);
    std::string text;
    text.reserve(length);
    for (std::string_view rest = spelling_; !rest.empty();) {
        if (form_ == Spelling::json_escapes) {
            append_utf8(text, take_json_character(rest));
        } else {
            text += take_cbor_chunk(rest);
        }
    }
    return text;
}

std::optional<Argument> find_argument(const Payload& payload, std::size_t index) noexcept {
    if (payload.args.empty()) return std::nullopt;
    if (payload.serializer == Serializer::json) return json_item(payload.args, index);
    if (payload.serializer == Serializer::cbor) return cbor_item(payload.args, index);
    ArgumentReader reader(payload.args);
    if (index >= enter_msgpack(reader)) return std::nullopt;
    for (; index > 0; --index) reader.msgpack();
    return reader.msgpack();
}

std::optional<Argument> find_argument(const Payload& payload, std::string_view name) noexcept {
    if (payload.kwargs.empty()) return std::nullopt;
    if (payload.serializer == Serializer::json) return json_entry(payload.kwargs, name);
    if (payload.serializer == Serializer::cbor) return cbor_entry(payload.kwargs, name);
    ArgumentReader reader(payload.kwargs);
    for (std::uint32_t left = enter_msgpack(reader); left > 0; --left) {
        const bool found = reader.msgpack().is_text(name);
        const Argument value = reader.msgpack();
        if (found) return value;
    }
    return std::nullopt;
}

Argument positional_arguments(const Payload& payload) noexcept {
    if (!payload.args.empty()) return read(payload.serializer, payload.args);
    Argument none;
    none.kind = Argument::Kind::list;
    none.depth = 1;
    return none;
}

Argument keyword_arguments(const Payload& payload) noexcept {
    if (!payload.kwargs.empty()) return read(payload.serializer, payload.kwargs);
    Argument none;
    none.kind = Argument::Kind::dict;
    none.depth = 1;
    return none;
}

}  // namespace sallyport::wamp
