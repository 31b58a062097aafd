#include "wamp/message/message.h"

namespace sallyport::wamp {

std::string_view to_string(Serializer serializer) noexcept {
    switch (serializer) {
        case Serializer::json:
            return "json";
        case Serializer::msgpack:
            return "msgpack";
        case Serializer::cbor:
            return "cbor";
    }
    return "";
}

std::optional<Serializer> serializer_of(std::uint64_t number) noexcept {
    for (const Serializer serializer : all_serializers) {
        if (number == static_cast<std::uint64_t>(serializer)) return serializer;
    }
    return std::nullopt;
}

std::optional<Serializer> serializer_of(std::string_view name) noexcept {
    for (const Serializer serializer : all_serializers) {
        if (name == to_string(serializer)) return serializer;
    }
    return std::nullopt;
}

std::string_view to_string(MessageType type) noexcept {
    switch (type) {
        case MessageType::hello:
            return "HELLO";
        case MessageType::welcome:
            return "WELCOME";
        case MessageType::abort:
            return "ABORT";
        case MessageType::challenge:
            return "CHALLENGE";
        case MessageType::authenticate:
            return "AUTHENTICATE";
        case MessageType::goodbye:
            return "GOODBYE";
        case MessageType::error:
            return "ERROR";
        case MessageType::publish:
            return "PUBLISH";
        case MessageType::published:
            return "PUBLISHED";
        case MessageType::subscribe:
            return "SUBSCRIBE";
        case MessageType::subscribed:
            return "SUBSCRIBED";
        case MessageType::unsubscribe:
            return "UNSUBSCRIBE";
        case MessageType::unsubscribed:
            return "UNSUBSCRIBED";
        case MessageType::event:
            return "EVENT";
        case MessageType::call:
            return "CALL";
        case MessageType::cancel:
            return "CANCEL";
        case MessageType::result:
            return "RESULT";
        case MessageType::register_:
            return "REGISTER";
        case MessageType::registered:
            return "REGISTERED";
        case MessageType::unregister:
            return "UNREGISTER";
        case MessageType::unregistered:
            return "UNREGISTERED";
        case MessageType::invocation:
            return "INVOCATION";
        case MessageType::interrupt:
            return "INTERRUPT";
        case MessageType::yield:
            return "YIELD";
    }
    return "";
}

const Payload* payload_of(const Message& message) noexcept {
    return std::visit(
        [](const auto& m) -> const Payload* {
            if constexpr (requires { m.payload; }) {
                return &m.payload;
            } else {
                return nullptr;
            }
        },
        message);
}

}  // namespace sallyport::wamp
