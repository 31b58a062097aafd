#include "wamp/codec/message_parts.h"

#include <utility>

namespace sallyport::wamp {
namespace {

const Dict* unless_empty(const Dict& dict) noexcept {
    return dict.empty() ? nullptr : &dict;
}

BorrowedParts with(Id first, Id second) noexcept {
    BorrowedParts parts;
    parts.ids = {first, second};
    return parts;
}

BorrowedParts with(std::array<Id, 2> ids, const Dict* dict, std::string_view text = {},
                   const Payload* payload = nullptr) noexcept {
    BorrowedParts parts;
    parts.ids = ids;
    parts.dict = dict;
    parts.text = text;
    parts.payload = payload;
    return parts;
}

BorrowedParts parts(const Hello& m) noexcept {
    return with({}, &m.details, m.realm);
}
BorrowedParts parts(const Welcome& m) noexcept {
    return with({m.session}, &m.details);
}
// Without its payload, as some peers accept three elements only (W-MSG-13).
BorrowedParts parts(const Abort& m) noexcept {
    return with({}, &m.details, m.reason);
}
BorrowedParts parts(const Challenge& m) noexcept {
    return with({}, &m.extra, m.method);
}
BorrowedParts parts(const Authenticate& m) noexcept {
    return with({}, &m.extra, m.signature);
}
BorrowedParts parts(const Goodbye& m) noexcept {
    return with({}, &m.details, m.reason);
}
BorrowedParts parts(const Error& m) noexcept {
    BorrowedParts all = with({m.request}, &m.details, m.uri, &m.payload);
    all.request_type = m.request_type;
    return all;
}
BorrowedParts parts(const Publish& m) noexcept {
    return with({m.request}, &m.options, m.topic, &m.payload);
}
BorrowedParts parts(const Published& m) noexcept {
    return with(m.request, m.publication);
}
BorrowedParts parts(const Subscribe& m) noexcept {
    return with({m.request}, &m.options, m.topic);
}
BorrowedParts parts(const Subscribed& m) noexcept {
    return with(m.request, m.subscription);
}
BorrowedParts parts(const Unsubscribe& m) noexcept {
    return with({m.request, m.subscription}, unless_empty(m.options));
}
// Only a revocation has Details.
BorrowedParts parts(const Unsubscribed& m) noexcept {
    return with({m.request}, m.request == 0 ? &m.details : nullptr);
}
BorrowedParts parts(const Event& m) noexcept {
    return with({m.subscription, m.publication}, &m.details, {}, &m.payload);
}
BorrowedParts parts(const Call& m) noexcept {
    return with({m.request}, &m.options, m.procedure, &m.payload);
}
BorrowedParts parts(const Cancel& m) noexcept {
    return with({m.request}, &m.options);
}
BorrowedParts parts(const CallResult& m) noexcept {
    return with({m.request}, &m.details, {}, &m.payload);
}
BorrowedParts parts(const Register& m) noexcept {
    return with({m.request}, &m.options, m.procedure);
}
BorrowedParts parts(const Registered& m) noexcept {
    return with(m.request, m.registration);
}
BorrowedParts parts(const Unregister& m) noexcept {
    return with({m.request, m.registration}, unless_empty(m.options));
}
BorrowedParts parts(const Unregistered& m) noexcept {
    return with({m.request}, m.request == 0 ? &m.details : nullptr);
}
BorrowedParts parts(const Invocation& m) noexcept {
    return with({m.request, m.registration}, &m.details, {}, &m.payload);
}
BorrowedParts parts(const Interrupt& m) noexcept {
    return with({m.request}, &m.options);
}
BorrowedParts parts(const Yield& m) noexcept {
    return with({m.request}, &m.options, {}, &m.payload);
}

}  // namespace

Message make_message(MessageType type, OwnedParts&& p) {
    const Id first = p.ids[0];
    const Id second = p.ids[1];
    switch (type) {
        case MessageType::hello:
            return Hello{std::move(p.text), std::move(p.dict)};
        case MessageType::welcome:
            return Welcome{first, std::move(p.dict)};
        case MessageType::abort:
            return Abort{std::move(p.dict), std::move(p.text), p.payload};
        case MessageType::challenge:
            return Challenge{std::move(p.text), std::move(p.dict)};
        case MessageType::authenticate:
            return Authenticate{std::move(p.text), std::move(p.dict)};
        case MessageType::goodbye:
            return Goodbye{std::move(p.dict), std::move(p.text)};
        case MessageType::error:
            return Error{p.request_type, first, std::move(p.dict), std::move(p.text), p.payload};
        case MessageType::publish:
            return Publish{first, std::move(p.dict), std::move(p.text), p.payload};
        case MessageType::published:
            return Published{first, second};
        case MessageType::subscribe:
            return Subscribe{first, std::move(p.dict), std::move(p.text)};
        case MessageType::subscribed:
            return Subscribed{first, second};
        case MessageType::unsubscribe:
            return Unsubscribe{first, second, std::move(p.dict)};
        case MessageType::unsubscribed:
            return Unsubscribed{first, std::move(p.dict)};
        case MessageType::event:
            return Event{first, second, std::move(p.dict), p.payload};
        case MessageType::call:
            return Call{first, std::move(p.dict), std::move(p.text), p.payload};
        case MessageType::cancel:
            return Cancel{first, std::move(p.dict)};
        case MessageType::result:
            return CallResult{first, std::move(p.dict), p.payload};
        case MessageType::register_:
            return Register{first, std::move(p.dict), std::move(p.text)};
        case MessageType::registered:
            return Registered{first, second};
        case MessageType::unregister:
            return Unregister{first, second, std::move(p.dict)};
        case MessageType::unregistered:
            return Unregistered{first, std::move(p.dict)};
        case MessageType::invocation:
            return Invocation{first, second, std::move(p.dict), p.payload};
        case MessageType::interrupt:
            return Interrupt{first, std::move(p.dict)};
        case MessageType::yield:
            break;
    }
    return Yield{first, std::move(p.dict), p.payload};
}

BorrowedParts parts_of(const Message& message) noexcept {
    return std::visit([](const auto& m) { return parts(m); }, message);
}

}  // namespace sallyport::wamp
