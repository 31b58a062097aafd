#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/auth/auth_message.h"
#include "policy/door/realms.h"
#include "policy/door/sessions.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/codec/carried_payloads.h"
#include "wamp/codec/codec.h"
#include "wamp/session/outbox.h"
#include "wamp/session/server_session.h"

namespace sallyport::policy {

/// The properties of a transport connection after its handshake that a core needs.
struct Transport {
    wamp::Serializer serializer = wamp::Serializer::msgpack;
    std::size_t peer_receives_max = 16u << 20;  ///< bytes of a message that the peer accepts
    bool pings = false;                         ///< RawSocket: effect::Ping may be used
    std::uint64_t circuit = 0;                  ///< Tor circuit; 0 if there is none
    wamp::Duration handshake{};                 ///< how long it took, from connecting
    std::uint64_t address = 0;                  ///< stands for it; 0: unix, or behind Tor
};

/// Whether a peer is an ordinary client or may convey principals.
enum class Trust : std::uint8_t { client, link };

/// The progress of a peer that has not joined yet.
struct JoinState {
    JoinRequest request;               ///< as it came in HELLO
    AttemptId attempt = 0;             ///< in the authenticator; 0: none
    std::uint64_t question = 0;        ///< whose answer it waits for; 0: none
    std::string ticket;                ///< as it came, for the procedure of [auth.dynamic]
    std::string name;                  ///< for records
    std::string_view method;           ///< "" until it has been challenged
    bool guessable = false;            ///< failures count
    wamp::SessionId session = 0;       ///< the id that WELCOME will contain (W-AUT-W3)
    wamp::RequestId auth_request = 0;  ///< the call of [auth.dynamic] that it waits for; 0: none
};

/// A connection of a door.
struct Peer {
    wamp::PeerId id = wamp::no_peer;
    Transport transport;
    Trust trust = Trust::client;
    wamp::ServerSession machine;
    Session* session = nullptr;       ///< null if it has none
    wamp::Instant due = wamp::never;  ///< when it must have joined or disconnected: Peers::set_due
    std::size_t unsent = 0;           ///< bytes that its transport has not written, approximately
    bool full = false;                ///< it has less than DoorLimits::window_bytes of room
    bool slow = false;                ///< it has not caught up for DoorLimits::slow_after
    bool latest = false;              ///< its session may have subscriptions in LatestEvents
    bool small_buffer = false;        ///< the transport keeps little for it: effect::SmallBuffer
    wamp::Instant behind_since = wamp::never;  ///< since then bytes have been unsent
    wamp::Instant denials_until{};             ///< of DenialPace
    wamp::Instant join_at{};                   ///< of JoinPace
    std::shared_ptr<OpenRealm> realm;
    std::unique_ptr<wamp::CarriedPayloads> carried;  ///< of a link that sends them; else null
    JoinState join;

    bool is_leaving() const noexcept {
        return machine.state() == wamp::ServerSession::State::shutting_down;
    }
};

/// The connections of a door, with the deadline by which each must have joined or disconnected. A
/// pointer is valid until the peer is removed. A session refers to its peer (Session::connection)
/// as long as both exist and the session has not left.
class Peers {
public:
    Peer* find(wamp::PeerId id) noexcept {
        const auto found = peers_.find(id);
        return found == peers_.end() ? nullptr : found->second.get();
    }
    const Peer* find(wamp::PeerId id) const noexcept {
        const auto found = peers_.find(id);
        return found == peers_.end() ? nullptr : found->second.get();
    }
    bool has(wamp::PeerId id) const noexcept { return peers_.contains(id); }
    std::size_t size() const noexcept { return peers_.size(); }
    Peer& add(wamp::PeerId id);
    void remove(Peer& peer) noexcept;
    /// Closes the connection after sending the queued messages.
    void close(Peer& peer, wamp::Outbox& out);

    /// Assigns the session to the peer.
    void bind(Peer& peer, Session& session) noexcept;
    /// The session has ended. Null if the peer had none.
    static Session* unbind(Peer& peer) noexcept;

    template <class Message>
    static void send(const Peer& peer, const Message& message, wamp::Outbox& out) {
        out.push_back(
            wamp::effect::Send{peer.id, wamp::encode(peer.transport.serializer, message)});
    }

    /// The peer must have joined, or disconnected if it is leaving, by then; `never` for no
    /// deadline.
    void set_due(Peer& peer, wamp::Instant due) noexcept;
    /// A peer whose deadline has passed, and removes its deadline; null if there is none.
    Peer* next_due(wamp::Instant now) noexcept;
    wamp::Instant deadline() const noexcept {
        return due_.empty() ? wamp::never : due_.begin()->first;
    }

    /// The peers without a session that are not leaving, by id.
    std::vector<Peer*> without_session() const;
    /// The ids of the sessions of all peers, sorted.
    std::vector<wamp::SessionId> sessions() const;
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [id, peer] : peers_) visit(*peer);
    }

private:
    wamp::PeerMap<std::unique_ptr<Peer>> peers_;
    std::set<std::pair<wamp::Instant, wamp::PeerId>> due_;
};

}  // namespace sallyport::policy
