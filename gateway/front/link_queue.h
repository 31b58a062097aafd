#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "policy/door/door_event.h"
#include "policy/door/sessions.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/flow/circuit_bytes.h"
#include "wamp/flow/divided_queue.h"
#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::gateway {

/// The messages of sessions that cannot cross a link yet, because its transport is full or because
/// too many publications of the session are not acknowledged. While one of its messages is here,
/// the session is not read, so it has at most one, apart from requests that waited for the link to
/// come up. Only a small window of bytes is given to the transport; what waits is sent in a fair
/// order, and the payloads of large messages in parts, if the inside understands that
/// (wamp::flow::DividedQueue).
class LinkQueue {
public:
    /// A request of the session that the bridge keeps (Bridge::forward_waiting).
    struct WaitedForLink {};
    struct Held {
        policy::Session* session;
        std::shared_ptr<const policy::RealmPolicy> policy;  ///< that issued the permit
        wamp::Instant since;                                ///< its arrival
        std::variant<WaitedForLink, policy::door_event::Request, policy::door_event::Followup> what;
        wamp::OwnedPayload payload{};  ///< of the message, which borrows it
        wamp::flow::CircuitBytes::Charge charge{};
        /// Of a publication that goes to several links: how many of them have had room for it
        /// (Front::next_in_the_way); and whether it is here for a copy, which crosses whole.
        std::size_t passed = 0;
        bool whole = false;

        /// Null if the bridge keeps it.
        wamp::Message* message() noexcept;
    };
    using Turn = wamp::flow::DividedQueue<std::unique_ptr<Held>>::Turn;

    /// How long a publication waits for a backend that acknowledges none.
    static constexpr wamp::Duration hold_back_max = std::chrono::seconds(30);

    /// `window_bytes`: what is given to the transport before it has written it, except that one
    /// more message may exceed it.
    explicit LinkQueue(std::size_t window_bytes) noexcept : window_(window_bytes) {}

    /// Whether a message may cross now, before any other one.
    bool is_open() const noexcept { return unsent_ < window_ && queue_.empty(); }
    /// Whether next() is to be called, as long as the link is up.
    bool is_due() const noexcept { return unsent_ < window_ && queue_.is_ready(); }
    /// Whether the message has to be held even if the queue is open, as it is sent in parts.
    bool is_divided(const wamp::Message& message) const noexcept;

    /// The link is up; whether the other end takes payloads in parts.
    void on_up(bool divides) noexcept { divides_ = divides; }

    /// A message was given to the transport.
    void sent(std::size_t bytes) noexcept { unsent_ += bytes; }
    /// The transport has written all but these bytes.
    void on_written(std::size_t unsent) noexcept { unsent_ = unsent; }

    /// Keeps the message, with a copy of its payload, until it is its turn.
    void hold(Held&& held);
    /// Keeps the session's publication until relieve(), which is due after hold_back_max.
    void hold_back(Held&& held);
    /// A session whose publication has been held back for hold_back_max; nothing if there is none.
    std::optional<wamp::SessionId> late(wamp::Instant now) const noexcept;
    /// When late() is to be called; `never` if nothing is held back.
    wamp::Instant deadline() const noexcept;
    /// The session may publish again: what was held back waits for its turn now.
    void relieve(wamp::SessionId session);
    /// The session has a request that waited for the link.
    void await_turn(policy::Session& session, std::size_t bytes);

    /// The message whose turn it is, or whose part's; there is one (DividedQueue::next).
    Turn next() { return queue_.next(); }
    void again(Turn&& turn) { queue_.again(std::move(turn)); }
    void done(const Turn& turn) { queue_.done(turn); }
    bool empty() const noexcept { return queue_.empty(); }
    bool holds(const policy::Session& session) const noexcept {
        return queue_.has(sender_of(session)) || held_back_.contains(session.id);
    }
    struct Removed {
        bool any = false;               ///< the session had a message here, which is removed
        std::vector<wamp::Id> streams;  ///< of parts that may have been sent
    };
    Removed remove(const policy::Session& session);

    std::size_t size() const noexcept { return queue_.size() + held_back_.size(); }
    std::size_t bytes() const noexcept { return queue_.bytes() + held_back_bytes_; }
    /// Of one session.
    std::size_t bytes_of(const policy::Session& session) const;

private:
    void push(std::unique_ptr<Held> held);
    /// What the session has in held_back_, which is removed; null if there is nothing.
    std::unique_ptr<Held> take_held_back(wamp::SessionId session);
    static wamp::flow::Sender sender_of(const policy::Session& session) noexcept {
        return {session.circuit, session.id};
    }

    std::size_t window_;
    std::size_t unsent_ = 0;
    bool divides_ = false;
    wamp::flow::DividedQueue<std::unique_ptr<Held>> queue_;
    wamp::IdMap<std::unique_ptr<Held>> held_back_;
    std::set<std::pair<wamp::Instant, wamp::SessionId>> held_back_since_;
    std::size_t held_back_bytes_ = 0;
};

}  // namespace sallyport::gateway
