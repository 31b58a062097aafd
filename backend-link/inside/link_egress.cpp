#include "backend-link/inside/link_egress.h"

#include <type_traits>
#include <variant>

namespace sallyport::backend_link {
namespace {

using wamp::Message;

constexpr std::size_t overhead_bytes = 512;  // approximately, of one message

/// What keeps its order (W-ORD-01, W-ORD-02): the answers of a caller, the invocations of a caller,
/// and the events of a publisher. They share a link as sessions do. The numbers of the kinds differ
/// in what a session id cannot have.
wamp::flow::Sender share_of(const Message& message, wamp::SessionId origin) noexcept {
    enum Kind : std::uint64_t { answers = 0, events = 1, invocations = 2 };
    const auto share = [origin](Kind kind) {
        constexpr unsigned id_bits = 54;
        return wamp::flow::Sender{0, (std::uint64_t{kind} << id_bits) | origin};
    };
    return std::visit(
        [&]<class Sent>(const Sent&) {
            if constexpr (std::is_same_v<Sent, wamp::Event> ||
                          std::is_same_v<Sent, wamp::Subscribed> ||
                          std::is_same_v<Sent, wamp::Unsubscribed>) {
                return share(events);
            } else if constexpr (std::is_same_v<Sent, wamp::Invocation> ||
                                 std::is_same_v<Sent, wamp::Interrupt>) {
                return share(invocations);
            }
            return share(answers);
        },
        message);
}

struct Place {
    wamp::SubscriptionId subscription = 0;  ///< of an event or a mark
    bool is_mark = false;
};

Place place_of(const Message& message) noexcept {
    if (const auto* event = std::get_if<wamp::Event>(&message))
        return {event->subscription, event->details.get_bool("retained", false)};
    if (const auto* begun = std::get_if<wamp::Subscribed>(&message))
        return {begun->subscription, true};
    const auto* const ended = std::get_if<wamp::Unsubscribed>(&message);
    if (ended == nullptr || ended->request != 0) return {};
    return {ended->details.get_uint("subscription", 0), true};
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
    if (std::holds_alternative<wamp::Event>(message)) return false;
    const Place place = place_of(message);
    return place.is_mark && (events_.contains(place.subscription) || !behind_.empty());
}

bool LinkEgress::is_large(const Message& message) noexcept {
    const wamp::Payload* const payload = wamp::payload_of(message);
    return payload != nullptr && payload->bytes() >= wamp::flow::divided_bytes_min;
}

void LinkEgress::hold(wamp::SessionId to, wamp::SessionId origin, const Message& message,
                      bool divides, wamp::PeerId by) {
    const Place place = place_of(message);
    auto held =
        std::make_unique<Held>(Held{to, message, {}, place.subscription, place.is_mark, by});
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
    Entry entry{share_of(message, origin), overhead_bytes + bytes,
                divides && is_large(message) ? bytes : 0, std::move(held)};
    if (by != wamp::no_peer) bytes_by_[by] += entry.cost;
    const bool is_ordered = entry.held->subscription != 0;
    if (!is_ordered || (behind_.empty() && may_pass(*entry.held))) return push(std::move(entry));
    behind_bytes_ += entry.cost;
    behind_.push_back(std::move(entry));
}

bool LinkEgress::may_pass(const Held& held) const noexcept {
    return !mark_is_queued_ && !(held.is_mark && events_.contains(held.subscription));
}

void LinkEgress::push(Entry&& entry) {
    const Held& held = *entry.held;
    if (held.subscription != 0) ++events_[held.subscription];
    if (held.is_mark) mark_is_queued_ = true;
    if (entry.divided_bytes == 0) {
        queue_.push(entry.share, entry.cost, std::move(entry.held));
    } else {
        queue_.push_divided(entry.share, entry.cost, entry.divided_bytes, std::move(entry.held));
    }
}

LinkEgress::Turn LinkEgress::next() {
    Turn turn = queue_.next();
    if (!turn.is_divided()) leaves(turn);
    return turn;
}

void LinkEgress::done(const Turn& turn) {
    queue_.done(turn);
    leaves(turn);
}

std::size_t LinkEgress::bytes_by(wamp::PeerId by) const noexcept {
    const auto found = bytes_by_.find(by);
    return found == bytes_by_.end() ? 0 : found->second;
}

void LinkEgress::leaves(const Turn& turn) {
    const Held& held = *turn.item;
    if (const auto bytes = bytes_by_.find(held.by); bytes != bytes_by_.end()) {
        bytes->second -= turn.cost;
        if (bytes->second == 0) bytes_by_.erase(bytes);
    }
    if (held.subscription == 0) return;
    const auto events = events_.find(held.subscription);
    if (--events->second == 0) events_.erase(events);
    if (held.is_mark) mark_is_queued_ = false;
    while (!behind_.empty() && may_pass(*behind_.front().held)) {
        Entry entry = std::move(behind_.front());
        behind_.pop_front();
        behind_bytes_ -= entry.cost;
        push(std::move(entry));
    }
}

}  // namespace sallyport::backend_link
