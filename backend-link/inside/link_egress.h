#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "wamp/base/ids.h"
#include "wamp/flow/divided_queue.h"
#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// The answers, events and invocations that an inside has for a gateway while the link's transport
/// is full. They are sent in a fair order over the callers, and all events together, so that those
/// of a publisher keep their order across subscriptions (W-ORD-01). Large payloads are sent in
/// parts, if the gateway understands that (wamp::flow::DividedQueue). All other messages are small,
/// and are sent at once, except those that follow the events that are held: SUBSCRIBED, as a
/// retained event comes before all that are published later (W-EVR-03), and the UNSUBSCRIBED of a
/// revocation.
class LinkEgress {
public:
    struct Held {
        wamp::SessionId to;
        wamp::Message message;
        wamp::OwnedPayload payload;  ///< of the message, which borrows it
    };
    using Turn = wamp::flow::DividedQueue<std::unique_ptr<Held>>::Turn;

    /// Whether the message may be held; others must not wait behind it.
    static bool can_wait(const wamp::Message& message) noexcept;
    /// Whether it has to be held, as others of which it may not get ahead are.
    bool must_follow(const wamp::Message& message) const noexcept;
    static bool is_large(const wamp::Message& message) noexcept;

    /// Keeps a copy. `origin` is the session on whose behalf a call was made, if known; `divides`:
    /// it may be sent in parts.
    void hold(wamp::SessionId to, wamp::SessionId origin, const wamp::Message& message,
              bool divides);

    /// The message whose turn it is, or whose part's (DividedQueue::next).
    Turn next() { return queue_.next(); }
    void again(Turn&& turn) { queue_.again(std::move(turn)); }
    void done(const Turn& turn) { queue_.done(turn); }
    bool empty() const noexcept { return queue_.empty(); }
    std::size_t bytes() const noexcept { return queue_.bytes(); }
    /// The link is lost.
    void clear() { queue_ = {}; }

private:
    wamp::flow::DividedQueue<std::unique_ptr<Held>> queue_;
};

}  // namespace sallyport::backend_link
