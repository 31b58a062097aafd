#include "gateway/front/link_queue.h"

#include <utility>

#include "backend-link/bridge/link_wire.h"
#include "wamp/base/check.h"
#include "wamp/message/message.h"

namespace sallyport::gateway {
namespace {

/// With a copy of the payload, which is borrowed from the received bytes or from `held`.
std::unique_ptr<LinkQueue::Held> owned(LinkQueue::Held&& held) {
    const wamp::Payload* const borrowed = wamp::payload_of(*held.message());
    wamp::OwnedPayload payload =
        borrowed == nullptr ? wamp::OwnedPayload() : wamp::OwnedPayload(*borrowed);
    auto kept = std::make_unique<LinkQueue::Held>(std::move(held));
    kept->payload = std::move(payload);
    std::visit(
        [&](auto& m) {
            if constexpr (requires { m.payload; }) m.payload = kept->payload.view();
        },
        *kept->message());
    return kept;
}

std::size_t cost_of(LinkQueue::Held& held) {
    return backend_link::bytes_of(*held.message());
}

}  // namespace

wamp::Message* LinkQueue::Held::message() noexcept {
    if (auto* request = std::get_if<policy::door_event::Request>(&what)) return &request->message;
    if (auto* followup = std::get_if<policy::door_event::Followup>(&what))
        return &followup->message;
    return nullptr;
}

bool LinkQueue::is_divided(const wamp::Message& message) const noexcept {
    const wamp::Payload* const payload = divides_ ? wamp::payload_of(message) : nullptr;
    return payload != nullptr && payload->bytes() >= wamp::flow::divided_bytes_min;
}

void LinkQueue::push(std::unique_ptr<Held> held) {
    const wamp::flow::Sender from = sender_of(*held->session);
    const std::size_t cost = cost_of(*held);
    const wamp::Message& message = *held->message();
    if (held->whole || !is_divided(message)) return queue_.push(from, cost, std::move(held));
    const std::size_t bytes = wamp::payload_of(message)->bytes();
    queue_.push_divided(from, cost, bytes, std::move(held));
}

std::size_t LinkQueue::bytes_of(const policy::Session& session) const {
    const auto held_back = held_back_.find(session.id);
    return queue_.bytes_of(sender_of(session)) +
           (held_back == held_back_.end() ? 0 : cost_of(*held_back->second));
}

void LinkQueue::hold(Held&& held) {
    push(owned(std::move(held)));
}

void LinkQueue::hold_back(Held&& held) {
    auto kept = owned(std::move(held));
    held_back_bytes_ += cost_of(*kept);
    const wamp::SessionId session = kept->session->id;
    held_back_since_.emplace(kept->since, session);
    const bool is_first = held_back_.emplace(session, std::move(kept)).second;
    SALLYPORT_CHECK(is_first);
}

std::unique_ptr<LinkQueue::Held> LinkQueue::take_held_back(wamp::SessionId session) {
    const auto found = held_back_.find(session);
    if (found == held_back_.end()) return nullptr;
    std::unique_ptr<Held> held = std::move(found->second);
    held_back_.erase(found);
    held_back_since_.erase({held->since, session});
    held_back_bytes_ -= cost_of(*held);
    return held;
}

std::optional<wamp::SessionId> LinkQueue::late(wamp::Instant now) const noexcept {
    if (now < deadline()) return std::nullopt;
    return held_back_since_.begin()->second;
}

wamp::Instant LinkQueue::deadline() const noexcept {
    return held_back_since_.empty() ? wamp::never : held_back_since_.begin()->first + hold_back_max;
}

void LinkQueue::relieve(wamp::SessionId session) {
    if (auto held = take_held_back(session)) push(std::move(held));
}

void LinkQueue::await_turn(policy::Session& session, std::size_t bytes) {
    queue_.push(sender_of(session), bytes,
                std::make_unique<Held>(Held{&session, session.policy, {}, WaitedForLink{}}));
}

LinkQueue::Removed LinkQueue::remove(const policy::Session& session) {
    const bool was_held_back = take_held_back(session.id) != nullptr;
    const bool held = queue_.has(sender_of(session)) || was_held_back;
    return {held, queue_.remove(sender_of(session))};
}

}  // namespace sallyport::gateway
