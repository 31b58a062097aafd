#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wamp/base/base64.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/json_writer.h"
#include "wamp/codec/limits.h"
#include "wamp/codec/msgpack_token.h"
#include "wamp/codec/msgpack_writer.h"

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

// MessagePack writes the number of items before the items. The counts of all containers, in the
// order of their opening brackets: the commas of each, plus one if it is not empty.
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

// Processes the tokens of one validated JSON text once; the counts contain the structure, so it
// needs no stack.
class JsonToMsgpack {
public:
    explicit JsonToMsgpack(std::string_view json)
        : at_(json.data()), end_(json.data() + json.size()), counts_(count_json_items(json)) {
        out_.reserve(json.size());
    }

    Problem run() {
        while (at_ != end_) {
            if (Problem problem = token()) return problem;
        }
        return std::nullopt;
    }

    std::string take() noexcept { return std::move(out_); }

private:
    Problem token() {
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
                return std::nullopt;
            case '[':
                ++at_;
                append_msgpack_array(out_, counts_[next_count_++]);
                return std::nullopt;
            case '{':
                ++at_;
                append_msgpack_map(out_, counts_[next_count_++]);
                return std::nullopt;
            case '"':
                return string();
            case 't':
                at_ += 4;
                append_msgpack_boolean(out_, true);
                return std::nullopt;
            case 'f':
                at_ += 5;
                append_msgpack_boolean(out_, false);
                return std::nullopt;
            case 'n':
                at_ += 4;
                append_msgpack_nil(out_);
                return std::nullopt;
            default:
                return number();
        }
    }

    Problem string() {
        JsonString found;
        at_ = scan_json_string(at_ + 1, end_, found);
        SALLYPORT_CHECK(at_ != nullptr);
        if (!found.escaped) {
            append_msgpack_text(out_, found.raw);
            return std::nullopt;
        }
        unescaped_.clear();
        if (found.is_binary() && !is_key(at_, end_)) {
            if (!append_json_binary(unescaped_, found)) return TranscodeError::bad_binary;
            append_msgpack_binary(out_, unescaped_);
            return std::nullopt;
        }
        append_unescaped(unescaped_, found.raw);
        append_msgpack_text(out_, unescaped_);
        return std::nullopt;
    }

    Problem number() {
        bool integral = false;
        const char* const begin = at_;
        at_ = scan_json_number(at_, end_, integral);
        SALLYPORT_CHECK(at_ != nullptr);
        const JsonNumber found =
            json_number({begin, static_cast<std::size_t>(at_ - begin)}, integral);
        switch (found.kind) {
            case JsonNumber::Kind::unsigned_integer:
                append_msgpack_unsigned(out_, found.unsigned_integer);
                return std::nullopt;
            case JsonNumber::Kind::negative_integer:
                append_msgpack_negative(out_, found.negative_integer);
                return std::nullopt;
            case JsonNumber::Kind::floating:
                append_msgpack_double(out_, found.floating);
                return std::nullopt;
            case JsonNumber::Kind::out_of_range:
                break;
        }
        return TranscodeError::not_representable;
    }

    const char* at_;
    const char* end_;
    std::vector<std::uint32_t> counts_;
    std::size_t next_count_ = 0;
    std::string out_;
    std::string unescaped_;
};

// Processes the tokens of one validated MessagePack text with a stack of the open containers.
class MsgpackToJson {
public:
    explicit MsgpackToJson(std::string_view msgpack)
        : at_(msgpack.data()), end_(msgpack.data() + msgpack.size()) {
        out_.reserve(msgpack.size() + msgpack.size() / 4);
    }

    Problem run() {
        while (at_ != end_) {
            Level& level = levels_[open_];
            const bool key = level.is_map && level.left % 2 == 0;
            if (level.separator != '\0') out_.push_back(level.separator);
            level.separator = level.is_map && key ? ':' : ',';
            --level.left;
            at_ = read_msgpack_token(at_, end_, token_);
            SALLYPORT_CHECK(at_ != nullptr);
            if (key && token_.kind != MsgpackToken::Kind::text)
                return TranscodeError::not_representable;
            if (Problem problem = write()) return problem;
            close();
        }
        return std::nullopt;
    }

    std::string take() noexcept { return std::move(out_); }

private:
    struct Level {
        std::uint64_t left = 0;
        bool is_map = false;
        char separator = '\0';  ///< before the next item
    };

    Problem write() {
        switch (token_.kind) {
            case MsgpackToken::Kind::nil:
                out_ += "null";
                return std::nullopt;
            case MsgpackToken::Kind::boolean:
                out_ += token_.boolean ? "true" : "false";
                return std::nullopt;
            case MsgpackToken::Kind::unsigned_integer:
                append_json_unsigned(out_, token_.unsigned_integer);
                return std::nullopt;
            case MsgpackToken::Kind::negative_integer:
                append_json(out_, Value(token_.negative_integer));
                return std::nullopt;
            case MsgpackToken::Kind::floating:
                if (!std::isfinite(token_.floating)) return TranscodeError::not_representable;
                append_json_double(out_, token_.floating);
                return std::nullopt;
            case MsgpackToken::Kind::text:
                // It would be read as binary, or make the receiver fail (W-SER-05).
                if (token_.bytes.starts_with('\0')) return TranscodeError::not_representable;
                append_json_string(out_, token_.bytes);
                return std::nullopt;
            case MsgpackToken::Kind::binary:
                out_.push_back('"');
                out_ += json_binary_mark;
                append_base64(out_, token_.bytes);
                out_.push_back('"');
                return std::nullopt;
            case MsgpackToken::Kind::array:
                open(token_.count, false);
                return std::nullopt;
            case MsgpackToken::Kind::map:
                open(std::uint64_t{token_.count} * 2, true);
                return std::nullopt;
            case MsgpackToken::Kind::extension:
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

    const char* at_;
    const char* end_;
    MsgpackToken token_;
    std::array<Level, depth_max + 1> levels_;  ///< the first one is the text itself
    std::size_t open_ = 0;
    std::string out_;
};

template <class Machine>
Problem transcode_text(std::string_view from, std::string& to) {
    if (from.empty()) return std::nullopt;
    Machine machine(from);
    if (Problem problem = machine.run()) return problem;
    to = machine.take();
    return std::nullopt;
}

}  // namespace

Result<OwnedPayload, TranscodeError> transcode(const Payload& payload, Serializer target) {
    if (payload.serializer == target) return OwnedPayload(payload);
    std::string args;
    std::string kwargs;
    const auto both = [&](auto transcode_one) -> Problem {
        if (Problem problem = transcode_one(payload.args, args)) return problem;
        return transcode_one(payload.kwargs, kwargs);
    };
    const Problem problem = target == Serializer::json ? both(transcode_text<MsgpackToJson>)
                                                       : both(transcode_text<JsonToMsgpack>);
    if (problem) return *problem;
    return OwnedPayload(target, std::move(args), std::move(kwargs));
}

}  // namespace sallyport::wamp
