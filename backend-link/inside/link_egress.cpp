#include "backend-link/inside/link_egress.h"

#include <type_traits>
#include <variant>

namespace sallyport::backend_link {
namespace {

using wamp::Message;

constexpr std::size_t overhead_bytes = 512;  // approximately, of one message

/// What keeps its order (W-ORD-01, W-ORD-02): the answers of a caller, the invocations of a caller,
/// and all events, of which a publisher's go to many subscriptions. They share a link as sessions
/// do. The numbers of the kinds differ in what a session id cannot have.
wamp::flow::Sender share_of(const Message& message, wamp::SessionId origin) noexcept {
    enum Kind : std::uint64_t { answers = 0, events = 1, invocations = 2 };
    const auto share = [](Kind kind, wamp::Id id) {
        constexpr unsigned id_bits = 54;
        return wamp::flow::Sender{0, (std::uint64_t{kind} << id_bits) | id};
    };
    return std::visit(
        [&]<class Sent>(const Sent&) {
            if constexpr (std::is_same_v<Sent, wamp::Event> ||
                          std::is_same_v<Sent, wamp::Subscribed> ||
                          std::is_same_v<Sent, wamp::Unsubscribed>) {
                return share(events, 0);
            } else if constexpr (std::is_same_v<Sent, wamp::Invocation> ||
                                 std::is_same_v<Sent, wamp::Interrupt>) {
                return share(invocations, origin);
            }
            return share(answers, origin);
        },
        message);
}

}  // namespace

bool LinkEgress::can_wait(const Message& message) noexcept {
    if (const auto* error = std::get_if<wamp::Error>(&message))
        return error->request_type == wamp::MessageType::call;
    return std::holds_alternative<wamp::CallResult>(message) ||
           std::holds_alternative<wamp::Event>(message) ||
           std::holds_alternative<wamp::Invocation>(message) ||
           std::holds_alternative<wamp::Interrupt>(message);
}

bool LinkEgress::must_follow(const Message& message) const noexcept {
    const auto* const ended = std::get_if<wamp::Unsubscribed>(&message);
    const bool revoked = ended != nullptr && ended->request == 0;
    return (revoked || std::holds_alternative<wamp::Subscribed>(message)) &&
           queue_.has(share_of(message, 0));
}

bool LinkEgress::is_large(const Message& message) noexcept {
    const wamp::Payload* const payload = wamp::payload_of(message);
    return payload != nullptr && payload->bytes() >= wamp::flow::divided_bytes_min;
}

void LinkEgress::hold(wamp::SessionId to, wamp::SessionId origin, const Message& message,
                      bool divides) {
    auto held = std::make_unique<Held>(Held{to, message, {}});
    std::size_t bytes = 0;
    std::visit(
        [&](auto& copy) {
            if constexpr (requires { copy.payload; }) {
                held->payload = wamp::OwnedPayload(copy.payload);
                copy.payload = held->payload.view();
                bytes = copy.payload.bytes();
            }
        },
        held->message);
    const wamp::flow::Sender share = share_of(message, origin);
    if (divides && is_large(message)) {
        queue_.push_divided(share, overhead_bytes + bytes, bytes, std::move(held));
    } else {
        queue_.push(share, overhead_bytes + bytes, std::move(held));
    }
}

}  // namespace sallyport::backend_link
