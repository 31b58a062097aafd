#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "tests/door_authenticator.h"
#include "tests/sim/network.h"
#include "tests/sim/turn.h"
#include "wamp/framing/rawsocket.h"
#include "wamp/session/outbox.h"

namespace sallyport::sim {

/// What a shell needs to know of a core; gateway::Front and backend_link::Inside have it in common.
template <class Core>
concept IsCore = requires(Core core, wamp::PeerId peer, const policy::Transport& transport,
                          Instant now, wamp::Outbox& out) {
    core.on_open(peer, transport, now, out);
    core.on_link_open(0u, peer, transport, now, out);
    core.on_message(peer, std::string_view{}, now, out);
    core.on_alive(peer, now);
    core.on_closed(peer, std::string_view{}, now, out);
    core.on_deadline(now, out);
    core.reload(std::vector<policy::DoorRealm>{}, now, out);
    core.audit();
    core.door().undeliverable_events();
};

/// The shell of a core in virtual time: the transports' RawSocket framing, effects, deadlines. Each
/// input and all that comes of it is one Turn, which is shown to `watch`.
template <IsCore Core>
class Host {
public:
    enum class Role : std::uint8_t { client, link };

    /// `secret` is what the authenticator of the core has of its realm. It answers in the same
    /// turn.
    Host(Schedule& schedule, std::unique_ptr<Core> core, policy::AuthService::Realm secret)
        : schedule_(schedule), core_(std::move(core)), authenticator_({std::move(secret)}) {}
    ~Host() { crash(); }

    void start() {
        turn({}, [&](wamp::Outbox& out) { core_->start(schedule_.now(), out); });
    }

    /// Takes one end of a wire; `accepts`: the other end speaks RawSocket first. `link`: the number
    /// of the link, where it is one.
    /// `circuit`: of a client, 0 for none.
    wamp::PeerId attach(std::shared_ptr<Wire> wire, int side, bool accepts, Role role,
                        WireEnd*& end, std::uint32_t link = 0, std::uint64_t circuit = 0) {
        const wamp::PeerId id{++last_peer_};
        auto peer = std::make_unique<Peer>(
            *this, id, std::move(wire), side, role, link,
            accepts ? wamp::RawSocket::server(message_max, 0b1110)
                    : wamp::RawSocket::client(message_max, wamp::Serializer::msgpack));
        peer->circuit = circuit;
        peer->dialled = accepts;  // a link turns round: whoever dialled is spoken to
        end = peer.get();
        peers_.emplace(id, std::move(peer));
        schedule_.after(std::chrono::seconds(10),
                        [this, id, alive = std::weak_ptr<int>(alive_)] {  // of the handshake
                            if (alive.expired()) return;
                            const auto found = peers_.find(id);
                            if (found != peers_.end() && !found->second->opened)
                                lose(id, "handshake timed out");
                        });
        return id;
    }
    /// The bytes that a connecting end says first.
    void speak_first(WireEnd* end) { static_cast<Peer*>(end)->flush_machine(); }

    /// The process dies: all transports are cut.
    void crash() {
        for (auto& [id, peer] : peers_) peer->wire->cut(peer->side);
        peers_.clear();
        core_.reset();
    }

    void link_failed(std::uint32_t link) {
        turn({}, [&](wamp::Outbox& out) {
            core_->on_link_failed(link, "refused", schedule_.now(), out);
        });
    }
    /// Another version of the policy. Planted bug: `forgets_reloads`.
    void reload(const policy::TestRealm& realm) {
        Turn seen;
        seen.cause = Turn::Cause::reload;
        turn(std::move(seen), [&](wamp::Outbox& out) {
            if (forgets_reloads) return;
            authenticator_.service.reload({realm.secret()});
            core_->reload({realm}, schedule_.now(), out);
        });
    }

    Core& core() { return *core_; }
    /// Peers that are not read.
    std::size_t paused() const { return paused_since(schedule_.now()); }
    /// Those that have not been read from then on.
    std::size_t paused_since(Instant then) const {
        return static_cast<std::size_t>(
            std::count_if(peers_.begin(), peers_.end(), [then](const auto& each) {
                return each.second->paused && each.second->paused_at <= then;
            }));
    }
    std::function<void(std::uint32_t)> dial = [](std::uint32_t) {};
    std::function<void(std::string_view)> log = [](std::string_view) {};
    /// What a core sends is shown here first, and may be replaced: where planted bugs sit.
    std::function<void(Role, wamp::PeerId, wamp::Serializer, std::string&)> tap =
        [](Role, wamp::PeerId, wamp::Serializer, std::string&) {};
    /// As `tap`, of what a core records.
    std::function<void(std::string&)> tap_records = [](std::string&) {};
    /// Where checkers listen.
    std::function<void(const Turn&)> watch = [](const Turn&) {};
    /// Planted bug: the core is not told of connections that are gone.
    bool deaf_to_losses = false;
    bool forgets_reloads = false;
    bool hides_undeliverable = false;  ///< planted bug: they are not counted
    bool forgets_to_resume = false;    ///< planted bug
    bool replaces_links = false;       ///< planted bug: the newest transport of a link is the link
    /// Planted bug: the core is given another message than the one that the peer has sent.
    std::function<void(Role, wamp::Serializer, std::string&)> spoil_input;

private:
    static constexpr std::size_t message_max = 1 << 20;
    /// A client for which bytes wait and that has read none for so long is disconnected.
    static constexpr Duration stall_timeout = std::chrono::seconds(30);

    struct Peer final : WireEnd {
        Peer(Host& owner, wamp::PeerId peer_id, std::shared_ptr<Wire> the_wire, int the_side,
             Role the_role, std::uint32_t the_link, wamp::RawSocket rawsocket)
            : host(owner),
              id(peer_id),
              wire(std::move(the_wire)),
              side(the_side),
              role(the_role),
              link(the_link),
              machine(std::move(rawsocket)) {}

        void on_bytes(std::string_view bytes) override {
            machine.feed(bytes);
            read_on();
        }
        void read_on() {
            Host& owner = host;  // `this` may go while events are handed over
            const wamp::PeerId self = id;
            for (;;) {
                if (!owner.peers_.contains(self)) return;
                if (paused) {
                    parked = machine.take_rest();
                    break;
                }
                const auto event = machine.next();
                if (event.kind == wamp::RawSocket::Kind::none) break;
                if (event.kind == wamp::RawSocket::Kind::failed) {
                    flush_machine();
                    owner.lose(self, event.bytes);
                    return;
                }
                on_event(event);
            }
            flush_machine();
        }
        void on_event(const wamp::RawSocket::Event& event) {
            const Instant now = host.schedule_.now();
            if (event.kind == wamp::RawSocket::Kind::opened && host.replaces_links)
                host.lose_others(*this);
            Turn seen;
            seen.peer = id;
            seen.from_link = role == Role::link;
            seen.link = link;
            if (event.kind == wamp::RawSocket::Kind::opened) {
                opened = true;
                serializer = event.serializer;
                seen.cause = Turn::Cause::opened;
                seen.opened = {serializer, event.peer_receives_max, circuit};
            } else if (event.kind == wamp::RawSocket::Kind::message) {
                seen.cause = Turn::Cause::message;
                if (auto message = read_message(serializer, event.bytes); message.has_value())
                    seen.in = std::move(*message);
            }
            host.turn(std::move(seen), [&](wamp::Outbox& out) {
                switch (event.kind) {
                    case wamp::RawSocket::Kind::opened: {
                        const policy::Transport transport{event.serializer, event.peer_receives_max,
                                                          true, circuit};
                        if (role == Role::link) {
                            host.core_->on_link_open(link, id, transport, now, out);
                        } else if (host.core_->on_open(id, transport, now, out) ==
                                   wamp::Reading::pause) {
                            host.pause_reading(*this);
                        }
                        break;
                    }
                    case wamp::RawSocket::Kind::message:
                        spoilt = event.bytes;
                        if (host.spoil_input) host.spoil_input(role, serializer, spoilt);
                        if (host.core_->on_message(id, spoilt, now, out) == wamp::Reading::pause)
                            host.pause_reading(*this);
                        break;
                    case wamp::RawSocket::Kind::ping:
                    case wamp::RawSocket::Kind::pong:
                        host.core_->on_alive(id, now);
                        break;
                    case wamp::RawSocket::Kind::none:
                    case wamp::RawSocket::Kind::failed:
                        break;
                }
            });
        }
        void resume() {
            if (!std::exchange(paused, false)) return;
            wire->refuse_to_read(side, false);
            input = std::exchange(parked, {});
            machine.feed(input);
            Host& owner = host;
            const wamp::PeerId self = id;
            read_on();
            if (owner.peers_.contains(self) && cut && !paused) owner.lose(self, "connection reset");
        }
        /// What the peer has sent before is read first.
        void on_cut() override {
            if (paused) {
                cut = true;
            } else {
                host.lose(id, "connection reset");
            }
        }
        void on_read(std::size_t unread) override {
            read_at = host.schedule_.now();
            if (!opened) return;
            Turn seen;
            seen.cause = Turn::Cause::written;
            seen.peer = id;
            seen.from_link = role == Role::link;
            seen.link = link;
            seen.unread = unread;
            host.turn(std::move(seen), [&](wamp::Outbox& out) {
                host.core_->on_written(id, unread, host.schedule_.now(), out);
            });
        }
        void flush_machine() {
            wire->write(side, machine.to_send());
            machine.to_send().clear();
        }

        Host& host;
        wamp::PeerId id;
        std::shared_ptr<Wire> wire;
        int side;
        Role role;
        std::uint32_t link;  ///< its number, of Role::link only
        std::uint64_t circuit = 0;
        wamp::RawSocket machine;
        wamp::Serializer serializer = wamp::Serializer::msgpack;  ///< once opened
        bool opened = false;
        bool paused = false;
        Instant paused_at{};
        Instant read_at{};            ///< when the other end last read something
        bool awaits_reading = false;  ///< expect_reading() is scheduled
        bool cut = false;             ///< by the other end, while paused
        std::string parked;           ///< received while paused
        std::string spoilt;           ///< the message that is being processed
        std::string input;            ///< parked before, now read
        bool dialled = false;         ///< by us: only then its failure is an answer to effect::Dial
    };

    void lose_others(const Peer& newest) {
        std::vector<wamp::PeerId> others;
        for (const auto& [id, peer] : peers_) {
            if (id != newest.id && peer->role == Role::link && peer->opened &&
                peer->link == newest.link)
                others.push_back(id);
        }
        if (newest.role != Role::link) return;
        for (const wamp::PeerId id : others) lose(id, "replaced");
    }

    void pause_reading(Peer& peer) {
        peer.paused = true;
        peer.paused_at = schedule_.now();
        peer.wire->refuse_to_read(peer.side, true);
    }

    void lose(wamp::PeerId id, std::string_view why) {
        const auto found = peers_.find(id);
        if (found == peers_.end()) return;
        const std::string reason(why);
        found->second->wire->cut(found->second->side);
        graveyard_.push_back(std::move(found->second));
        peers_.erase(found);
        if (deaf_to_losses) return;
        const Peer& lost = *graveyard_.back();
        if (!lost.opened) {
            if (lost.role == Role::link && lost.dialled) link_failed(lost.link);
            return;
        }
        Turn seen;
        seen.cause = Turn::Cause::closed;
        seen.peer = id;
        seen.from_link = lost.role == Role::link;
        seen.link = lost.link;
        turn(std::move(seen),
             [&](wamp::Outbox& out) { core_->on_closed(id, reason, schedule_.now(), out); });
    }

    /// Looks now and then whether the peer reads.
    void expect_reading(Peer& peer) {
        if (peer.role != Role::client || peer.awaits_reading) return;
        peer.awaits_reading = true;
        peer.read_at = schedule_.now();
        look_again(peer.id, peer.read_at + stall_timeout);
    }
    void look_again(wamp::PeerId id, Instant when) {
        schedule_.at(when, [this, id, alive = std::weak_ptr<int>(alive_)] {
            if (alive.expired()) return;
            const auto found = peers_.find(id);
            if (found == peers_.end()) return;
            Peer& peer = *found->second;
            const Instant due = peer.read_at + stall_timeout;
            if (peer.wire->unread(peer.side) == 0) {
                peer.awaits_reading = false;
            } else if (schedule_.now() < due) {
                look_again(id, due);
            } else {
                lose(id, "does not read");
            }
        });
    }

    template <class Feed>
    void turn(Turn seen, Feed feed) {
        wamp::Outbox out;
        feed(out);
        authenticator_.answer(*core_, schedule_.now(), out);
        const auto found = peers_.find(seen.peer);
        seen.paused = found != peers_.end() && found->second->paused;
        for (const auto& effect : out) carry_out(effect, seen);
        await_deadline();
        core_->audit().take(seen.records);
        if (!seen.records.empty()) tap_records(seen.records);
        if (!hides_undeliverable) seen.undeliverable = core_->door().undeliverable_events();
        seen.now = schedule_.now();
        watch(seen);
    }

    void carry_out(const wamp::Effect& effect, Turn& seen) {
        if (const auto* send = std::get_if<wamp::effect::Send>(&effect)) {
            const auto found = peers_.find(send->to);
            if (found == peers_.end()) return;
            Peer& peer = *found->second;
            peer.flush_machine();
            std::string bytes(send->frame.rawsocket());
            tap(peer.role, peer.id, peer.serializer, bytes);
            seen.add_sent(peer.role == Role::link, peer.link, peer.id, peer.serializer, bytes,
                          peer.wire->unread(peer.side));
            peer.wire->write(peer.side, bytes);
            expect_reading(peer);
        } else if (const auto* close = std::get_if<wamp::effect::Close>(&effect)) {
            const auto found = peers_.find(close->peer);
            if (found == peers_.end()) return;
            seen.closed.push_back(close->peer);
            found->second->wire->finish(found->second->side);
            graveyard_.push_back(std::move(found->second));
            peers_.erase(found);
        } else if (const auto* ping = std::get_if<wamp::effect::Ping>(&effect)) {
            const auto found = peers_.find(ping->to);
            if (found != peers_.end())
                found->second->wire->write(found->second->side, wamp::RawSocket::ping("x"));
        } else if (const auto* pause = std::get_if<wamp::effect::Pause>(&effect)) {
            const auto found = peers_.find(pause->peer);
            if (found != peers_.end()) pause_reading(*found->second);
        } else if (const auto* resume = std::get_if<wamp::effect::Resume>(&effect)) {
            seen.resumed.push_back(resume->peer);
            if (forgets_to_resume) return;
            schedule_.after({}, [this, id = resume->peer, alive = std::weak_ptr<int>(alive_)] {
                if (alive.expired()) return;
                const auto found = peers_.find(id);
                if (found != peers_.end()) found->second->resume();
            });
        } else if (const auto* dialled = std::get_if<wamp::effect::Dial>(&effect)) {
            dial(dialled->link);
        } else if (const auto* note = std::get_if<wamp::effect::Note>(&effect)) {
            log(note->text);
        }
    }

    void await_deadline() {
        const Instant due = core_->deadline();
        if (due == wamp::never || due >= awaited_) return;
        awaited_ = due;
        schedule_.at(due, [this, due, alive = std::weak_ptr<int>(alive_)] {
            if (alive.expired() || core_ == nullptr || awaited_ != due) return;
            awaited_ = wamp::never;
            turn({}, [&](wamp::Outbox& out) { core_->on_deadline(schedule_.now(), out); });
        });
    }

    Schedule& schedule_;
    std::unique_ptr<Core> core_;
    policy::DoorAuthenticator authenticator_;
    std::map<wamp::PeerId, std::unique_ptr<Peer>> peers_;
    /// May still be on the call stack; wires never call them again.
    std::vector<std::unique_ptr<Peer>> graveyard_;
    std::uint64_t last_peer_ = 0;
    Instant awaited_ = wamp::never;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sallyport::sim
