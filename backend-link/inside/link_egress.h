#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/flow/divided_queue.h"
#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// The answers, events and invocations that an inside has for a gateway while the link's transport
/// is full. They are sent in a fair order over the callers and the publishers, so that those of one
/// publisher keep their order across subscriptions (W-ORD-01). Large payloads are sent in parts, if
/// the gateway understands that (wamp::flow::DividedQueue). All other messages are small, and are
/// sent at once, except those that must not get ahead of events that are held.
///
/// A retained event comes after the events of its subscription that are held already, and before
/// all that are published later (W-EVR-03). So it is a mark in the order, as are the SUBSCRIBED
/// before it and the UNSUBSCRIBED of a revocation: all events that come after a mark wait for it.
class LinkEgress {
public:
    struct Held {
        wamp::SessionId to;
        wamp::Message message;
        wamp::OwnedPayload payload;             ///< of the message, which borrows it
        wamp::SubscriptionId subscription = 0;  ///< of an event or a mark
        bool is_mark = false;
        wamp::PeerId by = wamp::no_peer;
    };
    using Turn = wamp::flow::DividedQueue<std::unique_ptr<Held>>::Turn;

    // What is held can be moved only, which a vector does not see in a deque.
    LinkEgress() = default;
    LinkEgress(LinkEgress&&) = default;
    LinkEgress& operator=(LinkEgress&&) = default;

    /// Whether the message may be held; others must not wait behind it.
    static bool can_wait(const wamp::Message& message) noexcept;
    /// Whether it has to be held, as others of which it may not get ahead are.
    bool must_follow(const wamp::Message& message) const noexcept;
    static bool is_large(const wamp::Message& message) noexcept;

    /// Keeps a copy. `origin` is the session on whose behalf a call was made or that has published,
    /// if known; `divides`: it may be sent in parts; `by`: whose message was the cause, if
    /// anybody's.
    void hold(wamp::SessionId to, wamp::SessionId origin, const wamp::Message& message,
              bool divides, wamp::PeerId by = wamp::no_peer);

    /// The message whose turn it is, or whose part's (DividedQueue::next).
    Turn next();
    void again(Turn&& turn) { queue_.again(std::move(turn)); }
    void done(const Turn& turn);
    bool empty() const noexcept { return queue_.empty() && behind_.empty(); }
    std::size_t bytes() const noexcept { return queue_.bytes() + behind_bytes_; }
    /// Of what one caused, until it is sent.
    std::size_t bytes_by(wamp::PeerId by) const noexcept;
    /// The link is lost.
    void clear() { *this = {}; }

private:
    struct Entry {
        wamp::flow::Sender share;
        std::size_t cost = 0;           ///< in bytes
        std::size_t divided_bytes = 0;  ///< of these; 0: it is sent whole
        std::unique_ptr<Held> held;
    };

    bool may_pass(const Held& held) const noexcept;
    void push(Entry&& entry);
    /// Its item leaves queue_.
    void leaves(const Turn& turn);

    wamp::flow::DividedQueue<std::unique_ptr<Held>> queue_;
    wamp::IdMap<std::size_t> events_;  ///< in queue_, by subscription, marks among them
    bool mark_is_queued_ = false;      ///< in queue_, where there is one at most
    std::deque<Entry> behind_;         ///< a mark, and what has to follow it
    std::size_t behind_bytes_ = 0;
    wamp::PeerMap<std::size_t> bytes_by_;
};

}  // namespace sallyport::backend_link
