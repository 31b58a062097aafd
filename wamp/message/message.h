#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "wamp/base/ids.h"
#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// The type code of a message, its first element (requirements: Messages).
enum class MessageType : std::uint16_t {
    hello = 1,
    welcome = 2,
    abort = 3,
    challenge = 4,
    authenticate = 5,
    goodbye = 6,
    error = 8,
    publish = 16,
    published = 17,
    subscribe = 32,
    subscribed = 33,
    unsubscribe = 34,
    unsubscribed = 35,
    event = 36,
    call = 48,
    cancel = 49,
    result = 50,
    register_ = 64,  // NOLINT(readability-identifier-naming): a keyword without the underscore
    registered = 65,
    unregister = 66,
    unregistered = 67,
    invocation = 68,
    interrupt = 69,
    yield = 70,
};

std::string_view to_string(MessageType type) noexcept;  ///< "HELLO" …

// One struct per message, with its elements in wire order. A message with an application payload
// borrows it (see Payload); everything else is owned.

struct Hello {
    static constexpr MessageType type = MessageType::hello;
    std::string realm;
    Dict details;
};
struct Welcome {
    static constexpr MessageType type = MessageType::welcome;
    SessionId session = 0;
    Dict details;
};
struct Abort {
    static constexpr MessageType type = MessageType::abort;
    Dict details;
    std::string reason;
    Payload payload;  ///< accepted, never sent (W-MSG-13)
};
struct Challenge {
    static constexpr MessageType type = MessageType::challenge;
    std::string method;
    Dict extra;
};
struct Authenticate {
    static constexpr MessageType type = MessageType::authenticate;
    std::string signature;
    Dict extra;
};
struct Goodbye {
    static constexpr MessageType type = MessageType::goodbye;
    Dict details;
    std::string reason;
};
struct Error {
    static constexpr MessageType type = MessageType::error;
    MessageType request_type = MessageType::call;
    RequestId request = 0;
    Dict details;
    std::string uri;
    Payload payload;
};
struct Publish {
    static constexpr MessageType type = MessageType::publish;
    RequestId request = 0;
    Dict options;
    std::string topic;
    Payload payload;
};
struct Published {
    static constexpr MessageType type = MessageType::published;
    RequestId request = 0;
    PublicationId publication = 0;
};
struct Subscribe {
    static constexpr MessageType type = MessageType::subscribe;
    RequestId request = 0;
    Dict options;
    std::string topic;
};
struct Subscribed {
    static constexpr MessageType type = MessageType::subscribed;
    RequestId request = 0;
    SubscriptionId subscription = 0;
};
struct Unsubscribe {
    static constexpr MessageType type = MessageType::unsubscribe;
    RequestId request = 0;
    SubscriptionId subscription = 0;
    Dict options;  ///< optional fourth element, omitted on send when empty
};
struct Unsubscribed {
    static constexpr MessageType type = MessageType::unsubscribed;
    RequestId request = 0;  ///< 0: a revocation, which sends details
    Dict details;
};
struct Event {
    static constexpr MessageType type = MessageType::event;
    SubscriptionId subscription = 0;
    PublicationId publication = 0;
    Dict details;
    Payload payload;
};
struct Call {
    static constexpr MessageType type = MessageType::call;
    RequestId request = 0;
    Dict options;
    std::string procedure;
    Payload payload;
};
struct Cancel {
    static constexpr MessageType type = MessageType::cancel;
    RequestId request = 0;
    Dict options;
};
struct CallResult {  // RESULT
    static constexpr MessageType type = MessageType::result;
    RequestId request = 0;
    Dict details;
    Payload payload;
};
struct Register {
    static constexpr MessageType type = MessageType::register_;
    RequestId request = 0;
    Dict options;
    std::string procedure;
};
struct Registered {
    static constexpr MessageType type = MessageType::registered;
    RequestId request = 0;
    RegistrationId registration = 0;
};
struct Unregister {
    static constexpr MessageType type = MessageType::unregister;
    RequestId request = 0;
    RegistrationId registration = 0;
    Dict options;  ///< optional fourth element, omitted on send when empty
};
struct Unregistered {
    static constexpr MessageType type = MessageType::unregistered;
    RequestId request = 0;  ///< 0: a revocation, which sends details
    Dict details;
};
struct Invocation {
    static constexpr MessageType type = MessageType::invocation;
    RequestId request = 0;
    RegistrationId registration = 0;
    Dict details;
    Payload payload;
};
struct Interrupt {
    static constexpr MessageType type = MessageType::interrupt;
    RequestId request = 0;
    Dict options;
};
struct Yield {
    static constexpr MessageType type = MessageType::yield;
    RequestId request = 0;
    Dict options;
    Payload payload;
};

using Message =
    std::variant<Hello, Welcome, Abort, Challenge, Authenticate, Goodbye, Error, Publish, Published,
                 Subscribe, Subscribed, Unsubscribe, Unsubscribed, Event, Call, Cancel, CallResult,
                 Register, Registered, Unregister, Unregistered, Invocation, Interrupt, Yield>;

inline MessageType type_of(const Message& message) noexcept {
    return std::visit([](const auto& m) { return m.type; }, message);
}

/// The payload of the message, or null if its type has none.
const Payload* payload_of(const Message& message) noexcept;

}  // namespace sallyport::wamp
