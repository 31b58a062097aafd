#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wamp/base/base64.h"
#include "wamp/base/check.h"
#include "wamp/codec/cbor_token.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/formats.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/json_writer.h"
#include "wamp/codec/limits.h"
#include "wamp/codec/msgpack_token.h"
#include "wamp/codec/token.h"

namespace sallyport::wamp {
namespace {

using Problem = std::optional<TranscodeError>;

bool is_json_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

const char* skip_json_space(const char* at, const char* end) noexcept {
    while (at != end && is_json_space(*at)) ++at;
    return at;
}

// Whether the string that ends before `at` is the key of an entry.
bool is_key(const char* at, const char* end) noexcept {
    at = skip_json_space(at, end);
    return at != end && *at == ':';
}

// MessagePack and CBOR have the number of items before the items. The counts of all containers, in
// the order of their opening brackets: the commas of each, plus one if it is not empty.
std::vector<std::uint32_t> count_json_items(std::string_view json) {
    std::vector<std::uint32_t> counts;
    std::array<std::size_t, depth_max + 1> open{};
    std::size_t depth = 0;
    const char* at = json.data();
    const char* const end = at + json.size();
    while (at != end) {
        const char c = *at++;
        if (c == '"') {
            JsonString ignored;
            at = scan_json_string(at, end, ignored);
            SALLYPORT_CHECK(at != nullptr);
        } else if (c == '[' || c == '{') {
            SALLYPORT_CHECK(depth <= depth_max);
            const char* const next = skip_json_space(at, end);
            const bool is_empty = next != end && (*next == ']' || *next == '}');
            open[depth++] = counts.size();
            counts.push_back(is_empty ? 0 : 1);
        } else if (c == ']' || c == '}') {
            SALLYPORT_CHECK(depth > 0);
            --depth;
        } else if (c == ',') {
            SALLYPORT_CHECK(depth > 0);
            ++counts[open[depth - 1]];
        }
    }
    return counts;
}

// The readers: each gives the tokens of one validated text of its serializer once, in order.
// next() returns false after the last one, and if problem() is set. Where it is inlined, that is by
// measurement (codec_bench): a tenth of the time.

class JsonTokens {
public:
    explicit JsonTokens(std::string_view json)
        : at_(json.data()), end_(json.data() + json.size()), counts_(count_json_items(json)) {}

    [[gnu::always_inline]] bool next(Token& token) {
        while (at_ != end_) {
            switch (*at_) {
                case ' ':
                case '\n':
                case '\r':
                case '\t':
                case ',':
                case ':':
                case ']':
                case '}':
                    ++at_;
                    continue;
                case '[':
                case '{':
                    token.kind = *at_++ == '[' ? Token::Kind::array : Token::Kind::map;
                    token.count = counts_[next_count_++];
                    return true;
                case '"':
                    return string(token);
                case 't':
                case 'f':
                    token.kind = Token::Kind::boolean;
                    token.boolean = *at_ == 't';
                    at_ += token.boolean ? 4 : 5;
                    return true;
                case 'n':
                    at_ += 4;
                    token.kind = Token::Kind::nil;
                    return true;
                default:
                    number(token);
                    return true;
            }
        }
        return false;
    }

    Problem problem() const noexcept { return problem_; }

private:
    [[gnu::always_inline]] bool string(Token& token) {
        JsonString found;
        at_ = scan_json_string(at_ + 1, end_, found);
        SALLYPORT_CHECK(at_ != nullptr);
        token.kind = Token::Kind::text;
        token.bytes = found.raw;
        if (!found.escaped) return true;
        unescaped_.clear();
        if (found.is_binary() && !is_key(at_, end_)) {
            token.kind = Token::Kind::binary;
            if (!append_json_binary(unescaped_, found)) {
                problem_ = TranscodeError::bad_binary;
                return false;
            }
        } else {
            append_unescaped(unescaped_, found.raw);
        }
        token.bytes = unescaped_;
        return true;
    }

    [[gnu::always_inline]] void number(Token& token) {
        bool integral = false;
        const char* const begin = at_;
        at_ = scan_json_number(at_, end_, integral);
        SALLYPORT_CHECK(at_ != nullptr);
        const JsonNumber found =
            json_number({begin, static_cast<std::size_t>(at_ - begin)}, integral);
        switch (found.kind) {
            case JsonNumber::Kind::unsigned_integer:
                token.kind = Token::Kind::unsigned_integer;
                token.unsigned_integer = found.unsigned_integer;
                return;
            case JsonNumber::Kind::negative_integer:
                token.kind = Token::Kind::negative_integer;
                token.negative_integer = found.negative_integer;
                return;
            case JsonNumber::Kind::floating:
                token.kind = Token::Kind::floating;
                token.floating = found.floating;
                return;
            case JsonNumber::Kind::out_of_range:
                token.kind = Token::Kind::extension;
                return;
        }
    }

    const char* at_;
    const char* end_;
    std::vector<std::uint32_t> counts_;
    std::size_t next_count_ = 0;
    std::string unescaped_;
    Problem problem_;
};

class MsgpackTokens {
public:
    explicit MsgpackTokens(std::string_view msgpack)
        : at_(msgpack.data()), end_(msgpack.data() + msgpack.size()) {}

    bool next(Token& token) {
        if (at_ == end_) return false;
        at_ = read_msgpack_token(at_, end_, token);
        SALLYPORT_CHECK(at_ != nullptr);
        return true;
    }

    static Problem problem() noexcept { return std::nullopt; }

private:
    const char* at_;
    const char* end_;
};

bool is_container(const CborToken& token) noexcept {
    return token.kind == CborToken::Kind::array || token.kind == CborToken::Kind::map;
}

// The counts of the containers of indefinite length, in order, of which the first begins at `at`:
// items of an array, entries of a map.
std::vector<std::uint32_t> count_cbor_items(const char* at, const char* end) {
    struct Level {
        std::uint64_t left = 0;  ///< of definite length
        bool indefinite = false;
        bool is_map = false;
        std::size_t index = 0;
    };
    std::vector<std::uint32_t> counts;
    std::array<Level, depth_max + 1> levels;
    // The containers around the first one are of definite length, and not counted.
    levels[0].left = std::numeric_limits<std::uint64_t>::max();
    std::size_t open = 0;
    while (at != end) {
        CborToken token;
        at = read_cbor_token(at, end, token);
        SALLYPORT_CHECK(at != nullptr);
        if (token.kind == CborToken::Kind::tag) continue;  // its content is the item
        if (token.kind == CborToken::Kind::end) {
            SALLYPORT_CHECK(levels[open].indefinite);
            if (levels[open].is_map) counts[levels[open].index] /= 2;
            --open;
        } else {
            if (levels[open].indefinite) {
                ++counts[levels[open].index];
            } else {
                --levels[open].left;
            }
            if (is_container(token)) {
                const bool is_map = token.kind == CborToken::Kind::map;
                SALLYPORT_CHECK(open < depth_max);
                levels[++open] = {is_map ? token.number * 2 : token.number, token.indefinite,
                                  is_map, counts.size()};
                if (token.indefinite) counts.push_back(0);
            }
        }
        while (!levels[open].indefinite && levels[open].left == 0) --open;
    }
    return counts;
}

class CborTokens {
public:
    explicit CborTokens(std::string_view cbor)
        : at_(cbor.data()), end_(cbor.data() + cbor.size()) {}

    bool next(Token& token) {
        CborToken found;
        do {
            if (at_ == end_) return false;
            begin_ = at_;
            read(found);
        } while (found.kind == CborToken::Kind::end ||
                 (found.kind == CborToken::Kind::tag && found.number == cbor_self_described));
        if (found.kind == CborToken::Kind::tag) {
            tagged(found.number, token);
        } else {
            translate(found, token);
        }
        return true;
    }

    static Problem problem() noexcept { return std::nullopt; }

private:
    void read(CborToken& found) {
        at_ = read_cbor_token(at_, end_, found);
        SALLYPORT_CHECK(at_ != nullptr);
    }

    // A bignum that has 64 bits is an integer like any other (RFC 8949 §3.4.3).
    void tagged(std::uint64_t tag, Token& token) {
        token.kind = Token::Kind::extension;
        CborToken content;
        read(content);
        if (content.kind != CborToken::Kind::binary) return;
        string(content, token);
        if (tag == cbor_byte_array) {
            token.kind = Token::Kind::binary;
        } else if (!content.indefinite &&
                   (tag == cbor_positive_bignum || tag == cbor_negative_bignum)) {
            const auto number = cbor_bignum(token.bytes);
            if (number) integer(tag == cbor_negative_bignum, *number, token);
        }
    }

    void translate(const CborToken& found, Token& token) {
        switch (found.kind) {
            case CborToken::Kind::unsigned_integer:
            case CborToken::Kind::negative_integer:
                integer(found.kind == CborToken::Kind::negative_integer, found.number, token);
                return;
            case CborToken::Kind::binary:
            case CborToken::Kind::text:
                token.kind =
                    found.kind == CborToken::Kind::text ? Token::Kind::text : Token::Kind::binary;
                string(found, token);
                return;
            case CborToken::Kind::array:
            case CborToken::Kind::map:
                token.kind =
                    found.kind == CborToken::Kind::map ? Token::Kind::map : Token::Kind::array;
                token.count = count_of(found);
                return;
            case CborToken::Kind::simple:
                simple(found.number, token);
                return;
            case CborToken::Kind::floating:
                token.kind = Token::Kind::floating;
                token.floating = found.floating;
                return;
            case CborToken::Kind::tag:
            case CborToken::Kind::end:
                break;
        }
        token.kind = Token::Kind::extension;
    }

    static void integer(bool negative, std::uint64_t number, Token& token) noexcept {
        if (!negative) {
            token.kind = Token::Kind::unsigned_integer;
            token.unsigned_integer = number;
            return;
        }
        const auto value = cbor_negative(number);
        token.kind = value ? Token::Kind::negative_integer : Token::Kind::extension;
        token.negative_integer = value.value_or(0);
    }

    static void simple(std::uint64_t number, Token& token) noexcept {
        const bool boolean = number == cbor_true || number == cbor_false;
        const bool nil = number == cbor_null || number == cbor_undefined;
        token.boolean = number == cbor_true;
        token.kind = boolean ? Token::Kind::boolean
                     : nil   ? Token::Kind::nil
                             : Token::Kind::extension;
    }

    void string(const CborToken& found, Token& token) {
        token.bytes = found.bytes;
        if (!found.indefinite) return;
        joined_.clear();
        append_cbor_string(joined_, found);
        token.bytes = joined_;
    }

    std::uint32_t count_of(const CborToken& container) {
        if (!container.indefinite) return static_cast<std::uint32_t>(container.number);
        if (next_count_ == 0) counts_ = count_cbor_items(begin_, end_);
        return counts_[next_count_++];
    }

    const char* at_;
    const char* end_;
    const char* begin_ = nullptr;  ///< of the token that was read last
    std::vector<std::uint32_t> counts_;
    std::size_t next_count_ = 0;
    std::string joined_;
};

// The writers: each writes tokens in its serializer.

/// Puts brackets and separators around the tokens with a stack of the open containers.
class JsonTokenWriter {
public:
    explicit JsonTokenWriter(std::size_t bytes) { out_.reserve(bytes + bytes / 4); }

    Problem write(const Token& token) {
        Level& level = levels_[open_];
        const bool key = level.is_map && level.left % 2 == 0;
        if (level.separator != '\0') out_.push_back(level.separator);
        level.separator = key ? ':' : ',';
        --level.left;
        if (key && token.kind != Token::Kind::text) return TranscodeError::not_representable;
        if (Problem problem = write_value(token)) return problem;
        close();
        return std::nullopt;
    }

    std::string take() noexcept { return std::move(out_); }

private:
    struct Level {
        std::uint64_t left = 0;
        bool is_map = false;
        char separator = '\0';  ///< before the next item
    };

    Problem write_value(const Token& token) {
        switch (token.kind) {
            case Token::Kind::nil:
                out_ += "null";
                return std::nullopt;
            case Token::Kind::boolean:
                out_ += token.boolean ? "true" : "false";
                return std::nullopt;
            case Token::Kind::unsigned_integer:
                append_json_unsigned(out_, token.unsigned_integer);
                return std::nullopt;
            case Token::Kind::negative_integer:
                append_json(out_, Value(token.negative_integer));
                return std::nullopt;
            case Token::Kind::floating:
                if (!std::isfinite(token.floating)) return TranscodeError::not_representable;
                append_json_double(out_, token.floating);
                return std::nullopt;
            case Token::Kind::text:
                // It would be read as binary, or make the receiver fail (W-SER-05).
                if (token.bytes.starts_with('\0')) return TranscodeError::not_representable;
                append_json_string(out_, token.bytes);
                return std::nullopt;
            case Token::Kind::binary:
                out_.push_back('"');
                out_ += json_binary_mark;
                append_base64(out_, token.bytes);
                out_.push_back('"');
                return std::nullopt;
            case Token::Kind::array:
                open(token.count, false);
                return std::nullopt;
            case Token::Kind::map:
                open(std::uint64_t{token.count} * 2, true);
                return std::nullopt;
            case Token::Kind::extension:
                break;
        }
        return TranscodeError::not_representable;
    }

    void open(std::uint64_t items, bool is_map) {
        SALLYPORT_CHECK(open_ < depth_max);
        out_.push_back(is_map ? '{' : '[');
        levels_[++open_] = {items, is_map, '\0'};
    }

    void close() {
        while (open_ > 0 && levels_[open_].left == 0) {
            out_.push_back(levels_[open_].is_map ? '}' : ']');
            --open_;
        }
    }

    std::array<Level, depth_max + 1> levels_;  ///< the first one is the text itself
    std::size_t open_ = 0;
    std::string out_;
};

/// The numbers of items contain the structure, so it needs no stack.
template <class Format>
class BinaryTokenWriter {
public:
    explicit BinaryTokenWriter(std::size_t bytes) { out_.reserve(bytes); }

    [[gnu::always_inline]] Problem write(const Token& token) {
        switch (token.kind) {
            case Token::Kind::nil:
                Format::null(out_);
                return std::nullopt;
            case Token::Kind::boolean:
                Format::boolean(out_, token.boolean);
                return std::nullopt;
            case Token::Kind::unsigned_integer:
                Format::unsigned_integer(out_, token.unsigned_integer);
                return std::nullopt;
            case Token::Kind::negative_integer:
                Format::negative_integer(out_, token.negative_integer);
                return std::nullopt;
            case Token::Kind::floating:
                Format::floating(out_, token.floating);
                return std::nullopt;
            case Token::Kind::text:
                Format::text(out_, token.bytes);
                return std::nullopt;
            case Token::Kind::binary:
                Format::binary(out_, token.bytes);
                return std::nullopt;
            case Token::Kind::array:
                Format::list(out_, token.count);
                return std::nullopt;
            case Token::Kind::map:
                Format::dict(out_, token.count);
                return std::nullopt;
            case Token::Kind::extension:
                break;
        }
        return TranscodeError::not_representable;
    }

    std::string take() noexcept { return std::move(out_); }

private:
    std::string out_;
};

template <class Tokens, class Writer>
Problem transcode_text(std::string_view from, std::string& to) {
    if (from.empty()) return std::nullopt;
    Tokens tokens(from);
    Writer writer(from.size());
    for (Token token; tokens.next(token);) {
        if (Problem problem = writer.write(token)) return problem;
    }
    to = writer.take();
    return tokens.problem();
}

struct Parts {
    std::string args;
    std::string kwargs;
};

template <class Tokens, class Writer>
Problem transcode_parts(const Payload& payload, Parts& parts) {
    if (Problem problem = transcode_text<Tokens, Writer>(payload.args, parts.args)) return problem;
    return transcode_text<Tokens, Writer>(payload.kwargs, parts.kwargs);
}

template <class Writer>
Problem write_parts(const Payload& payload, Parts& parts) {
    switch (payload.serializer) {
        case Serializer::json:
            return transcode_parts<JsonTokens, Writer>(payload, parts);
        case Serializer::msgpack:
            break;
        case Serializer::cbor:
            return transcode_parts<CborTokens, Writer>(payload, parts);
    }
    return transcode_parts<MsgpackTokens, Writer>(payload, parts);
}

Problem write_parts(const Payload& payload, Serializer target, Parts& parts) {
    switch (target) {
        case Serializer::json:
            return write_parts<JsonTokenWriter>(payload, parts);
        case Serializer::msgpack:
            break;
        case Serializer::cbor:
            return write_parts<BinaryTokenWriter<CborFormat>>(payload, parts);
    }
    return write_parts<BinaryTokenWriter<MsgpackFormat>>(payload, parts);
}

}  // namespace

Result<OwnedPayload, TranscodeError> transcode(const Payload& payload, Serializer target) {
    if (payload.serializer == target) return OwnedPayload(payload);
    Parts parts;
    if (const Problem problem = write_parts(payload, target, parts)) return *problem;
    return OwnedPayload(target, std::move(parts.args), std::move(parts.kwargs));
}

}  // namespace sallyport::wamp
