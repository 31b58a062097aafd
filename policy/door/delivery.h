#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/door/auth_calls.h"
#include "policy/door/door_state.h"
#include "wamp/base/instant.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/message.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Sends messages to sessions: encoded once per serializer, transcoded if necessary. A message that
/// a receiver cannot accept is replaced by the required error (W-RAW-11, W-SER-09); for an event
/// there is none, so it is counted.
class Delivery {
public:
    Delivery(DoorState& state, AuthCalls& auth_calls) : state_(state), auth_calls_(auth_calls) {}

    /// An INVOCATION that could not be sent to its callee: the owner treats it as the callee's
    /// ERROR with that URI.
    struct Undelivered {
        wamp::SessionId callee;
        wamp::RequestId invocation;
        std::string_view error;
    };
    void deliver(const wamp::Deliveries& deliveries, std::vector<Undelivered>& undelivered,
                 wamp::Instant now, wamp::Outbox& out);
    /// Sends a message that is encoded, or a part of one.
    void send(Peer& peer, wamp::Frame frame, wamp::Outbox& out);
    /// A subscription, or a call with progressive results, that outruns its session: the message
    /// was not sent, and the owner ends the subscription or call with `too_slow`.
    struct Overrun {
        wamp::SessionId session;
        wamp::Id id;  ///< of the subscription, or the request of the call
        bool call;
        bool operator==(const Overrun&) const noexcept = default;
    };
    /// Removes and returns those since the last time, each once.
    std::vector<Overrun> take_overruns() noexcept {
        return overruns_.empty() ? std::vector<Overrun>() : std::exchange(overruns_, {});
    }
    /// Removes and returns the sessions whose transport has become full (DoorLimits::window_bytes)
    /// since the last time. Some may have room again: Peer::full says so.
    std::vector<wamp::SessionId> take_full() noexcept {
        return newly_full_.empty() ? std::vector<wamp::SessionId>()
                                   : std::exchange(newly_full_, {});
    }
    /// The transport of the peer has written all but so many bytes: sends events that waited for
    /// it. Whether it was full and is not any more.
    bool on_written(Peer& peer, std::size_t unsent, wamp::Instant now, wamp::Outbox& out);

    /// Sends events whose rate allows it now.
    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept { return state_.judge.latest().deadline(); }
    /// Another version of the policy has permitted, or denied, a subscription of the session, or
    /// its SUBSCRIBE with the id `waiting` if that is not answered yet (0: it is).
    void redeliver(const Session& session, wamp::SubscriptionId subscription,
                   wamp::RequestId waiting, std::string_view topic, const Decision& decision,
                   wamp::Outbox& out);

    /// Answers a request with an error without details. `cause` is told to a client in the
    /// arguments, to a gateway in the details, as it has a policy of its own for it.
    void refuse(const Session& session, wamp::MessageType type, wamp::RequestId request,
                std::string_view uri, wamp::Outbox& out, Cause cause = Cause::none);

    /// Events, progressive results and notifications that a receiver could not accept.
    std::uint64_t undeliverable_events() const noexcept { return undeliverable_events_; }
    /// Events that were given to the transports of their receivers.
    std::uint64_t events_sent() const noexcept { return events_sent_; }
    /// Subscriptions and calls that were ended with `too_slow`.
    std::uint64_t overrun() const noexcept { return overrun_; }
    /// Whether note_undeliverable() has nothing to note.
    bool is_quiet() const noexcept { return undeliverable_events_ == noted_; }
    /// Logs their number since the last time, at most once a minute.
    void note_undeliverable(wamp::Instant now, wamp::Outbox& out);

private:
    struct Encoded;
    /// Whether the message outruns its receiver, which is then in overruns_.
    bool outruns(const Peer& peer, const wamp::Message& message);
    void deliver_to(wamp::SessionId to, const wamp::Message& message, Encoded& encoded,
                    std::vector<Undelivered>& undelivered, wamp::Instant now, wamp::Outbox& out);
    bool has_room_for_latest(const Peer& peer) const noexcept {
        return peer.unsent < state_.limits.latest_window_bytes;
    }
    /// Whether the message is to be sent now, and not an event that waits.
    bool passes_latest(Peer& peer, const wamp::Message& message, Encoded& encoded,
                       wamp::Instant now, wamp::Outbox& out);
    void keep_buffer_small(Peer& peer, wamp::Outbox& out);
    /// Sends events that have waited, as far as there is room.
    void send_latest(Peer& peer, wamp::Instant now, wamp::Outbox& out);
    void send_waited(Peer& peer, const LatestEvents::Due& due, wamp::Outbox& out);
    /// `further`: the callee has had an INVOCATION with that id, and is told if it gets no more.
    void invoke(Peer& peer, bool further, const wamp::Message& message, Encoded& encoded,
                std::vector<Undelivered>& undelivered, wamp::Outbox& out);
    void deliver_instead(const Peer& receiver, const wamp::Message& message, std::string_view error,
                         wamp::Outbox& out);

    DoorState& state_;
    AuthCalls& auth_calls_;
    std::vector<wamp::SessionId> newly_full_;
    std::vector<Overrun> overruns_;
    std::uint64_t overrun_ = 0;
    std::uint64_t undeliverable_events_ = 0;
    std::uint64_t events_sent_ = 0;
    std::uint64_t noted_ = 0;  ///< of these
    wamp::Instant next_note_{};
};

}  // namespace sallyport::policy
