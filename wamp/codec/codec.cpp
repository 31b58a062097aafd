#include "wamp/codec/codec.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/codec/carried_payloads.h"
#include "wamp/codec/formats.h"
#include "wamp/codec/message_parts.h"
#include "wamp/message/layout.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t usual_head_bytes = 192;

// The request types that an ERROR may answer. The session checks which of them is legal for the
// sender (W-MSG-05).
bool is_request_type(std::uint64_t code) noexcept {
    constexpr std::array requests{
        MessageType::publish,    MessageType::subscribe,  MessageType::unsubscribe,
        MessageType::call,       MessageType::cancel,     MessageType::register_,
        MessageType::unregister, MessageType::invocation, MessageType::yield};
    return std::any_of(requests.begin(), requests.end(), [code](MessageType type) {
        return static_cast<std::uint64_t>(type) == code;
    });
}

// Reads one element; returns the reason if the layout does not allow it.
template <class Reader>
std::optional<DecodeError> read_element(Reader& reader, Element element, std::size_t& ids,
                                        OwnedParts& parts) {
    std::uint64_t number = 0;
    switch (element) {
        case Element::id:
        case Element::id_or_zero:
            if (!reader.read_unsigned(number)) return reader.error();
            if (!is_valid_id(number) && (number != 0 || element == Element::id)) {
                return DecodeError::wrong_element;
            }
            parts.ids[ids++] = number;
            return std::nullopt;
        case Element::request_type:
            if (!reader.read_unsigned(number)) return reader.error();
            if (!is_request_type(number)) return DecodeError::wrong_element;
            parts.request_type = static_cast<MessageType>(number);
            return std::nullopt;
        case Element::uri:
            if (!reader.read_text(parts.text)) return reader.error();
            if (parts.text.size() > uri_bytes_max) return DecodeError::uri_too_long;
            return std::nullopt;
        case Element::text:
            if (!reader.read_text(parts.text)) return reader.error();
            return std::nullopt;
        case Element::dict:
            if (!reader.read_dict(parts.dict)) return reader.error();
            return std::nullopt;
        case Element::args:
            if (!reader.read_args(parts.payload.args)) return reader.error();
            return std::nullopt;
        case Element::kwargs:
            if (!reader.read_kwargs(parts.payload.kwargs)) return reader.error();
            return std::nullopt;
    }
    return DecodeError::wrong_element;
}

// UNSUBSCRIBED and UNREGISTERED: Details are allowed exactly for request id 0.
bool is_wrong_revocation(const Layout& layout, const OwnedParts& parts,
                         std::size_t elements) noexcept {
    return layout.elements[0] == Element::id_or_zero && (parts.ids[0] == 0) != (elements == 2);
}

template <class Reader>
Result<Message, DecodeError> decode_with(Reader reader, Serializer serializer) {
    std::uint64_t code = 0;
    if (!reader.begin_message(code)) return reader.error();
    const Layout* layout = layout_of(code);
    if (layout == nullptr) return DecodeError::unknown_type;

    OwnedParts parts;
    parts.payload.serializer = serializer;
    std::size_t ids = 0;
    std::size_t elements = 0;
    for (Element element : layout->elements) {
        if (!reader.next_element()) break;
        if (const auto error = read_element(reader, element, ids, parts)) return *error;
        ++elements;
    }
    if (reader.failed()) return reader.error();
    if (elements + layout->optional < layout->elements.size()) return DecodeError::wrong_length;
    if (elements == layout->elements.size() && reader.next_element())
        return DecodeError::wrong_length;
    if (reader.failed() || !reader.finish()) return reader.error();
    if (is_wrong_revocation(*layout, parts, elements)) return DecodeError::wrong_length;

    Message message = make_message(layout->type, std::move(parts));
    if (wrong_option(message)) return DecodeError::wrong_option;
    return message;
}

// The number of elements after the code.
std::size_t element_count(const Layout& layout, const BorrowedParts& parts) noexcept {
    const std::size_t all = layout.elements.size();
    if (layout.optional == 1) return parts.dict == nullptr ? all - 1 : all;
    if (layout.optional == 0) return all;
    if (parts.payload != nullptr && !parts.payload->kwargs.empty()) return all;
    return parts.payload != nullptr && !parts.payload->args.empty() ? all - 1 : all - 2;
}

void append_carrying(std::string& out, const Dict& dict, const List& carried) {
    append_msgpack_map(out, dict.size() + 1);
    for (const Dict::Entry& entry : dict) {
        append_msgpack_text(out, entry.first);
        append_msgpack(out, entry.second);
    }
    append_msgpack_text(out, carried_payload_key);
    append_msgpack(out, carried);
}

// Everything before the payload, with the number of elements of the layout.
template <class Format>
std::string head_of(MessageType type, const BorrowedParts& parts, const List* carried = nullptr) {
    const Layout* layout = layout_of(static_cast<std::uint64_t>(type));
    SALLYPORT_CHECK(layout != nullptr);
    const std::size_t count = element_count(*layout, parts);

    std::string out;
    out.reserve(usual_head_bytes);
    Format::list(out, 1 + count);
    Format::unsigned_integer(out, static_cast<std::uint64_t>(type));
    std::size_t ids = 0;
    for (Element element : layout->elements.first(count)) {
        out += Format::separator;
        switch (element) {
            case Element::id:
            case Element::id_or_zero:
                Format::unsigned_integer(out, parts.ids[ids++]);
                break;
            case Element::request_type:
                Format::unsigned_integer(out, static_cast<std::uint64_t>(parts.request_type));
                break;
            case Element::uri:
            case Element::text:
                SALLYPORT_CHECK(parts.text.empty() || parts.text.front() != '\0');
                Format::text(out, parts.text);
                break;
            case Element::dict:
                if (carried != nullptr) {
                    append_carrying(out, *parts.dict, *carried);
                } else {
                    Format::value(out, *parts.dict);
                }
                break;
            case Element::args:
                return out;
            case Element::kwargs:
                break;
        }
    }
    out += Format::list_end;
    return out;
}

// Calls `use` with the pieces of one message in order.
template <class Use>
auto with_pieces(Serializer serializer, const Message& message, Use use) {
    return with_format(serializer, [&]<class Format>(Format) {
        const BorrowedParts parts = parts_of(message);
        const std::string head = head_of<Format>(type_of(message), parts);
        if (parts.payload == nullptr || parts.payload->empty())
            return use({std::string_view(head)});
        const Payload& payload = *parts.payload;
        SALLYPORT_CHECK(payload.serializer == serializer);
        const std::string_view args = payload.args.empty() ? Format::empty_list : payload.args;
        const std::string_view separator =
            payload.kwargs.empty() ? std::string_view() : Format::separator;
        return use({std::string_view(head), args, separator, payload.kwargs, Format::list_end});
    });
}

}  // namespace

std::string_view to_string(DecodeError error) noexcept {
    switch (error) {
        case DecodeError::malformed:
            return "malformed";
        case DecodeError::not_a_message:
            return "not a message";
        case DecodeError::unknown_type:
            return "unknown message type";
        case DecodeError::wrong_length:
            return "wrong number of elements";
        case DecodeError::wrong_element:
            return "element of the wrong type";
        case DecodeError::duplicate_key:
            return "duplicate key";
        case DecodeError::wrong_option:
            return "option of the wrong type";
        case DecodeError::too_large:
            return "too large";
        case DecodeError::too_deep:
            return "nested too deep";
        case DecodeError::too_many_elements:
            return "too many elements";
        case DecodeError::uri_too_long:
            return "URI too long";
    }
    return "";
}

Result<Message, DecodeError> decode(Serializer serializer, std::string_view bytes,
                                    const MessageLimits& limits, InstructionSet set) {
    if (bytes.size() > limits.message_bytes) return DecodeError::too_large;
    return with_format(serializer, [&]<class Format>(Format) {
        return decode_with(typename Format::Reader(bytes, limits, set), serializer);
    });
}

Frame encode(Serializer serializer, const Message& message) {
    return with_pieces(serializer, message, [](std::initializer_list<std::string_view> pieces) {
        return Frame::join(pieces);
    });
}

Frame encode_carrying(const Message& message) {
    BorrowedParts parts = parts_of(message);
    const Payload* const payload = parts.payload;
    if (payload == nullptr || payload->empty() ||
        (payload->serializer == Serializer::msgpack && payload->sent_as == 0)) {
        return encode(Serializer::msgpack, message);
    }
    const List carried{static_cast<std::uint64_t>(payload->serializer),
                       std::uint64_t{payload->args.size()}, payload->sent_as};
    if (payload->sent_as != 0) {
        parts.payload = nullptr;
        return Frame::copy_of(head_of<MsgpackFormat>(type_of(message), parts, &carried));
    }
    constexpr Payload one_element{Serializer::msgpack, "\x91", {}};
    parts.payload = &one_element;
    std::string head = head_of<MsgpackFormat>(type_of(message), parts, &carried);
    append_msgpack_array(head, 1);
    append_msgpack_binary_head(head, payload->bytes());
    return Frame::join({std::string_view(head), payload->args, payload->kwargs});
}

void encode_to(std::string& out, Serializer serializer, const Message& message) {
    with_pieces(serializer, message, [&out](std::initializer_list<std::string_view> pieces) {
        for (std::string_view piece : pieces) out += piece;
    });
}

std::string encode_value(Serializer serializer, const Value& value) {
    std::string out;
    with_format(serializer, [&](auto format) { format.value(out, value); });
    return out;
}

Result<Value, DecodeError> decode_value(Serializer serializer, std::string_view bytes,
                                        const MessageLimits& limits) {
    if (bytes.size() > limits.message_bytes) return DecodeError::too_large;
    return with_format(serializer, [&]<class Format>(Format) -> Result<Value, DecodeError> {
        Value value;
        typename Format::Reader reader(bytes, limits);
        if (!reader.read_document(value)) return reader.error();
        return value;
    });
}

namespace {

template <class T>
std::optional<T> read_part(Serializer serializer, std::string_view bytes) {
    if (bytes.empty()) return T();
    auto value = decode_value(serializer, bytes, {});
    T* const read = value.has_error() ? nullptr : value->template get_if<T>();
    return read == nullptr ? std::nullopt : std::optional<T>(std::move(*read));
}

}  // namespace

std::optional<List> args_of(const Payload& payload) {
    return read_part<List>(payload.serializer, payload.args);
}

std::optional<Dict> kwargs_of(const Payload& payload) {
    return read_part<Dict>(payload.serializer, payload.kwargs);
}

OwnedPayload make_payload(Serializer serializer, const List& args, const Dict& kwargs) {
    std::string encoded_args;
    std::string encoded_kwargs;
    with_format(serializer, [&](auto format) {
        if (!args.empty()) format.value(encoded_args, args);
        if (!kwargs.empty()) format.value(encoded_kwargs, kwargs);
    });
    return OwnedPayload(serializer, std::move(encoded_args), std::move(encoded_kwargs));
}

}  // namespace sallyport::wamp
