#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/door/door_event.h"
#include "policy/door/door_state.h"
#include "wamp/base/instant.h"
#include "wamp/message/message.h"
#include "wamp/message/payload.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// The calls of a door to the procedures of [auth.dynamic]. Made by one internal session per realm,
/// which is a caller like any other: subject to the policy's rules for its role, and recorded.
class AuthCalls {
public:
    /// Maximum number of open calls, in total and per circuit; further peers are denied.
    static constexpr std::size_t calls_max = 256;
    static constexpr std::size_t calls_of_circuit_max = 8;

    explicit AuthCalls(DoorState& state) : state_(state) {}

    /// Starts a call for a peer that wants to join; its realm exists, with such a procedure. With
    /// `hide_ticket` it is called with another ticket.
    void call(Peer& peer, bool hide_ticket, wamp::Instant now, wamp::Outbox& out);
    /// A message to one of the internal sessions. Messages that answer no call are dropped.
    void on_message(const Session& session, const wamp::Message& message);

    /// Internal sessions that have joined, and calls that are permitted.
    std::optional<DoorEvent> next_event();
    /// A call that has ended. The peer may have left, or started another attempt.
    struct Answer {
        wamp::PeerId peer = wamp::no_peer;
        wamp::RequestId request = 0;
        std::optional<wamp::Value> result;  ///< nothing: an error
    };
    std::optional<Answer> next_answer();
    /// Whether there is neither.
    bool is_quiet() const noexcept { return events_.empty() && ended_.empty() && lost_.empty(); }

    /// Internal sessions in realms that `realms` does not contain.
    std::vector<wamp::SessionId> sessions_ended_by(std::span<const DoorRealm> realms) const;
    /// The realms have changed: calls in removed realms end without a result. The owner has ended
    /// the internal sessions there.
    void reload();

    std::size_t sessions() const noexcept { return callers_.size(); }
    /// Calls that have not ended.
    std::size_t open() const noexcept;

private:
    /// A peer that waits for an answer.
    struct Waiting {
        wamp::PeerId peer = wamp::no_peer;
        std::uint64_t circuit = 0;
        wamp::OwnedPayload payload;  ///< of the call
    };
    /// The internal session of a realm.
    struct Caller {
        wamp::SessionId session = 0;
        wamp::RequestId last = 0;
        std::map<wamp::RequestId, Waiting> waiting;
    };
    struct Ended {
        std::string realm;
        wamp::RequestId request = 0;
        std::optional<wamp::Value> result;
    };

    Caller& caller_in(std::string_view realm);
    bool has_room(const Peer& peer) const;
    wamp::List arguments_for(const Peer& peer, bool hide_ticket) const;
    void use_current_policy(Session& session) const;

    DoorState& state_;
    std::map<std::string, Caller, std::less<>> callers_;  ///< by realm
    std::deque<DoorEvent> events_;
    std::deque<Ended> ended_;
    std::vector<Answer> lost_;  ///< of removed realms
};

}  // namespace sallyport::policy
