#include "wamp/codec/carried_payloads.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "wamp/codec/formats.h"
#include "wamp/codec/msgpack_token.h"

namespace sallyport::wamp {
namespace {

using namespace std::string_view_literals;

/// An array of three elements, and the code 256, of those that are reserved for extensions.
constexpr std::string_view part_head = "\x93\xCD\x01\x00"sv;

Frame join_part(Id stream, std::string_view first, std::string_view second) {
    std::string head(part_head);
    append_msgpack_unsigned(head, stream);
    append_msgpack_binary_head(head, first.size() + second.size());
    return Frame::join({std::string_view(head), first, second});
}

template <class Reader>
std::optional<DecodeError> validate(Payload& payload, const MessageLimits& limits) {
    std::string_view args;
    std::string_view kwargs;
    if (!payload.args.empty()) {
        Reader reader(payload.args, limits);
        if (!reader.read_args(args) || !reader.finish()) return reader.error();
    }
    if (!payload.kwargs.empty()) {
        Reader reader(payload.kwargs, limits);
        if (!reader.read_kwargs(kwargs) || !reader.finish()) return reader.error();
    }
    payload.args = args;
    payload.kwargs = kwargs;
    return std::nullopt;
}

/// The bytes of an array of one binary value; nothing if it is something else.
std::optional<std::string_view> only_binary(std::string_view args) noexcept {
    if (args.empty()) return std::nullopt;
    const char* at = args.data();
    const char* const end = at + args.size();
    MsgpackToken token;
    at = read_msgpack_token(at, end, token);
    if (at == nullptr || token.kind != MsgpackToken::Kind::array || token.count != 1)
        return std::nullopt;
    at = read_msgpack_token(at, end, token);
    if (at != end || token.kind != MsgpackToken::Kind::binary) return std::nullopt;
    return token.bytes;
}

}  // namespace

Frame encode_part(Id stream, const Payload& payload, std::size_t begin, std::size_t bytes) {
    const std::size_t args = payload.args.size();
    const std::string_view first =
        begin < args ? payload.args.substr(begin, bytes) : std::string_view();
    const std::size_t at = begin + first.size() - args;
    const std::string_view second = first.size() == bytes
                                        ? std::string_view()
                                        : payload.kwargs.substr(at, bytes - first.size());
    return join_part(stream, first, second);
}

Frame encode_part_end(Id stream) {
    return join_part(stream, {}, {});
}

void set_stream(Message& message, Id stream) noexcept {
    std::visit(
        [stream](auto& m) {
            if constexpr (requires { m.payload; }) m.payload.sent_as = stream;
        },
        message);
}

Result<CarriedPayloads::Part, DecodeError> CarriedPayloads::take(std::string_view message) {
    if (!current_.empty()) std::string().swap(current_);
    if (!message.starts_with(part_head)) return Part::none;
    const char* const end = message.data() + message.size();
    MsgpackToken id;
    const char* at = read_msgpack_token(message.data() + part_head.size(), end, id);
    if (at == nullptr || id.kind != MsgpackToken::Kind::unsigned_integer ||
        !is_valid_id(id.unsigned_integer)) {
        return DecodeError::wrong_element;
    }
    MsgpackToken part;
    at = read_msgpack_token(at, end, part);
    if (at != end || part.kind != MsgpackToken::Kind::binary) return DecodeError::wrong_element;
    const auto found = streams_.find(id.unsigned_integer);
    if (part.bytes.empty()) {
        if (found != streams_.end()) {
            bytes_ -= found->second.size();
            streams_.erase(found);
        }
        return Part::taken;
    }
    if (found == streams_.end() && streams_.size() >= streams_max) return DecodeError::too_large;
    std::string& stream = found == streams_.end() ? streams_[id.unsigned_integer] : found->second;
    if (stream.size() + part.bytes.size() > limits_.message_bytes) return DecodeError::too_large;
    stream += part.bytes;
    bytes_ += part.bytes.size();
    return Part::taken;
}

std::optional<DecodeError> CarriedPayloads::resolve(Message& message) {
    return std::visit(
        [this](auto& m) -> std::optional<DecodeError> {
            if constexpr (requires {
                              m.payload;
                              m.options;
                          }) {
                return resolve(m.options, m.payload);
            } else if constexpr (requires {
                                     m.payload;
                                     m.details;
                                 }) {
                return resolve(m.details, m.payload);
            }
            return std::nullopt;
        },
        message);
}

std::optional<DecodeError> CarriedPayloads::resolve(Dict& dict, Payload& payload) {
    if (dict.find(carried_payload_key) == nullptr) return std::nullopt;
    const List* const description = dict.get_list(carried_payload_key);
    if (description == nullptr || description->size() != 3) return DecodeError::wrong_option;
    const auto number = [&](std::size_t at) {
        const auto* const found = (*description)[at].get_if<std::uint64_t>();
        return found == nullptr ? std::optional<std::uint64_t>() : *found;
    };
    const auto serializer = serializer_of(number(0).value_or(0));
    const auto args_bytes = number(1);
    const auto stream = number(2);
    if (!serializer || !args_bytes || !stream) return DecodeError::wrong_option;
    std::string_view bytes;
    if (*stream == 0) {
        const auto inline_bytes = only_binary(payload.args);
        if (!inline_bytes || !payload.kwargs.empty()) return DecodeError::wrong_element;
        bytes = *inline_bytes;
    } else {
        const auto found = streams_.find(*stream);
        if (found == streams_.end() || !payload.empty()) return DecodeError::wrong_element;
        current_ = std::move(found->second);
        bytes_ -= current_.size();
        streams_.erase(found);
        bytes = current_;
    }
    if (*args_bytes > bytes.size()) return DecodeError::wrong_option;
    payload = {*serializer, bytes.substr(0, *args_bytes), bytes.substr(*args_bytes), 0};
    dict.erase(carried_payload_key);
    return with_format(*serializer, [&]<class Format>(Format) {
        return validate<typename Format::Reader>(payload, limits_);
    });
}

}  // namespace sallyport::wamp
