#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "tests/sim/network.h"
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
};

/// The shell of a core in virtual time: the transports' RawSocket framing, effects, deadlines.
template <IsCore Core>
class Host {
public:
    enum class Role : std::uint8_t { client, link };

    Host(Schedule& schedule, std::unique_ptr<Core> core)
        : schedule_(schedule), core_(std::move(core)) {}
    ~Host() { crash(); }

    void start() {
        turn([&](wamp::Outbox& out) { core_->start(schedule_.now(), out); });
    }

    /// Takes one end of a wire; `accepts`: the other end speaks RawSocket first.
    void attach(std::shared_ptr<Wire> wire, int side, bool accepts, Role role, WireEnd*& end) {
        const wamp::PeerId id{++last_peer_};
        auto peer = std::make_unique<Peer>(
            *this, id, std::move(wire), side, role,
            accepts ? wamp::RawSocket::server(message_max, 0b110)
                    : wamp::RawSocket::client(message_max, wamp::Serializer::msgpack));
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
        turn([&](wamp::Outbox& out) {
            core_->on_link_failed(link, "refused", schedule_.now(), out);
        });
    }

    Core& core() { return *core_; }
    std::function<void(std::uint32_t)> dial = [](std::uint32_t) {};
    std::function<void(std::string_view)> log = [](std::string_view) {};
    /// What a core sends is shown here first, and may be replaced: where checkers listen and
    /// planted bugs sit.
    std::function<void(Role, wamp::PeerId, std::string&)> tap = [](Role, wamp::PeerId,
                                                                   std::string&) {};
    /// Planted bug: the core is not told of connections that are gone.
    bool deaf_to_losses = false;
    std::size_t queue_bytes_max = 256 * 1024;

private:
    static constexpr std::size_t message_max = 1 << 20;

    struct Peer final : WireEnd {
        Peer(Host& owner, wamp::PeerId peer_id, std::shared_ptr<Wire> the_wire, int the_side,
             Role the_role, wamp::RawSocket rawsocket)
            : host(owner),
              id(peer_id),
              wire(std::move(the_wire)),
              side(the_side),
              role(the_role),
              machine(std::move(rawsocket)) {}

        void on_bytes(std::string_view bytes) override {
            machine.feed(bytes);
            Host& owner = host;  // `this` may go while events are handed over
            const wamp::PeerId self = id;
            for (;;) {
                if (!owner.peers_.contains(self)) return;
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
            host.turn([&](wamp::Outbox& out) {
                switch (event.kind) {
                    case wamp::RawSocket::Kind::opened: {
                        opened = true;
                        const policy::Transport transport{event.serializer, event.peer_receives_max,
                                                          true, 0};
                        if (role == Role::link) {
                            host.core_->on_link_open(0, id, transport, now, out);
                        } else {
                            host.core_->on_open(id, transport, now, out);
                        }
                        break;
                    }
                    case wamp::RawSocket::Kind::message:
                        host.core_->on_message(id, event.bytes, now, out);
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
        void on_cut() override { host.lose(id, "connection reset"); }
        void flush_machine() {
            wire->write(side, machine.to_send());
            machine.to_send().clear();
        }

        Host& host;
        wamp::PeerId id;
        std::shared_ptr<Wire> wire;
        int side;
        Role role;
        wamp::RawSocket machine;
        bool opened = false;
        bool dialled = false;  ///< by us: only then its failure is an answer to effect::Dial
    };

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
            if (lost.role == Role::link && lost.dialled) link_failed(0);
            return;
        }
        turn([&](wamp::Outbox& out) { core_->on_closed(id, reason, schedule_.now(), out); });
    }

    template <class Feed>
    void turn(Feed feed) {
        wamp::Outbox out;
        feed(out);
        for (const auto& effect : out) carry_out(effect);
        await_deadline();
    }

    void carry_out(const wamp::Effect& effect) {
        if (const auto* send = std::get_if<wamp::effect::Send>(&effect)) {
            const auto found = peers_.find(send->to);
            if (found == peers_.end()) return;
            Peer& peer = *found->second;
            peer.flush_machine();
            std::string bytes(send->frame.rawsocket());
            tap(peer.role, peer.id, bytes);
            peer.wire->write(peer.side, bytes);
            if (peer.wire->unread(peer.side) > queue_bytes_max && peer.role == Role::client) {
                schedule_.after({}, [this, id = peer.id] { lose(id, "does not read"); });
            }
        } else if (const auto* close = std::get_if<wamp::effect::Close>(&effect)) {
            const auto found = peers_.find(close->peer);
            if (found == peers_.end()) return;
            found->second->wire->finish(found->second->side);
            graveyard_.push_back(std::move(found->second));
            peers_.erase(found);
        } else if (const auto* ping = std::get_if<wamp::effect::Ping>(&effect)) {
            const auto found = peers_.find(ping->to);
            if (found != peers_.end())
                found->second->wire->write(found->second->side, wamp::RawSocket::ping("x"));
        } else if (const auto* dialled = std::get_if<wamp::effect::Dial>(&effect)) {
            dial(dialled->link);
        } else if (const auto* work = std::get_if<wamp::effect::Work>(&effect)) {
            schedule_.after(
                {}, [this, id = work->id, run = work->run, alive = std::weak_ptr<int>(alive_)] {
                    if (alive.expired() || core_ == nullptr) return;
                    const bool result = run();
                    turn([&](wamp::Outbox& out) {
                        core_->on_work_done(id, result, schedule_.now(), out);
                    });
                });
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
            turn([&](wamp::Outbox& out) { core_->on_deadline(schedule_.now(), out); });
        });
    }

    Schedule& schedule_;
    std::unique_ptr<Core> core_;
    std::map<wamp::PeerId, std::unique_ptr<Peer>> peers_;
    std::vector<std::unique_ptr<Peer>>
        graveyard_;  ///< may still be on the call stack; wires never call them again
    std::uint64_t last_peer_ = 0;
    Instant awaited_ = wamp::never;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sallyport::sim
