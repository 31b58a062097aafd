#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy/crypto/ticket_hash.h"
#include "policy/door/door.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "tests/door_authenticator.h"
#include "wamp/base/random.h"
#include "wamp/codec/codec.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

inline wamp::PeerId peer(std::uint64_t number) {
    return wamp::PeerId{number};
}

/// JSON text as a message in that serializer. JSON stays as it was written.
inline std::string in(wamp::Serializer serializer, std::string_view json) {
    if (serializer == wamp::Serializer::json) return std::string(json);
    const auto value = wamp::decode_value(wamp::Serializer::json, json, {});
    EXPECT_TRUE(value.has_value()) << json;
    return value.has_value() ? wamp::encode_value(serializer, *value) : std::string();
}

/// The text with each number that `replaced` holds given by its letter.
inline std::string with_names(std::string text,
                              const std::map<std::string, std::string>& replaced) {
    for (const auto& [number, name] : replaced) {
        for (auto at = text.find(number); at != std::string::npos; at = text.find(number, at)) {
            text.replace(at, number.size(), name);
        }
    }
    return text;
}

/// What the transports of a core carry, read as lines such as `1 [50,1,{},[2]]`, `1 closed`, `7
/// ping`, `dial 0`; WELCOME as `1 WELCOME authrole authmethod realm`. Fails the test when a peer is
/// sent more than it receives, or anything after its Close.
class Wires {
public:
    Transport open(std::uint64_t id, wamp::Serializer serializer = wamp::Serializer::json,
                   std::size_t peer_receives_max = 16u << 20) {
        const Transport transport{serializer, peer_receives_max, true, 0};
        transports_[id] = transport;
        closed_.erase(id);
        return transport;
    }
    /// Whether its last effect::Joined said so.
    bool joined(std::uint64_t id) const { return joined_.contains(id); }
    wamp::Serializer serializer(std::uint64_t id) { return transports_[id].serializer; }

    Lines take() {
        Lines lines;
        for (const auto& effect : out) {
            std::visit([&](const auto& e) { read(e, lines); }, effect);
        }
        out.clear();
        return lines;
    }

    /// As take(), with the session ids of the peers as S1, S2 …
    Lines take_named() {
        Lines lines = take();
        std::map<std::string, std::string> names;
        for (const auto& [id, welcome] : welcomes_) {
            names[std::to_string(welcome.session)] = "S" + std::to_string(id);
        }
        for (auto& line : lines) line = with_names(std::move(line), names);
        return lines;
    }

    const wamp::Welcome& welcome(std::uint64_t id) { return welcomes_[id]; }
    wamp::SessionId session(std::uint64_t id) { return welcomes_[id].session; }
    /// All bytes that the peer was ever sent.
    const std::string& raw(std::uint64_t id) { return raw_[id]; }
    const std::string& notes() const { return notes_; }

    wamp::Outbox out;

private:
    void read(const wamp::effect::Send& send, Lines& lines) {
        const auto id = static_cast<std::uint64_t>(send.to);
        const std::string_view bytes = send.frame.message();
        EXPECT_TRUE(transports_.contains(id)) << "sent to nobody: " << id;
        EXPECT_FALSE(closed_.contains(id)) << "sent after Close: " << bytes;
        EXPECT_LE(bytes.size(), transports_[id].peer_receives_max);
        raw_[id] += bytes;
        const auto part = wamp::decode_value(serializer(id), bytes, {});
        const auto* const list = part.has_value() ? part->get_if<wamp::List>() : nullptr;
        if (list != nullptr && list->size() == 3 && list->front() == wamp::Value(256)) {
            lines.push_back(std::to_string(id) + " part " +
                            std::to_string(*(*list)[1].get_if<std::uint64_t>()) + " " +
                            std::to_string((*list)[2].get_if<wamp::Bytes>()->data.size()));
            return;
        }
        if (list != nullptr && list->size() == 3 && list->front() == wamp::Value(257)) {
            const bool waits = *(*list)[2].get_if<bool>();
            lines.push_back(std::to_string(id) + " session " +
                            std::to_string(*(*list)[1].get_if<std::uint64_t>()) +
                            (waits ? " waits" : " goes on"));
            return;
        }
        auto message = wamp::decode(serializer(id), bytes, {});
        ASSERT_TRUE(message.has_value()) << bytes;
        const std::string prefix = std::to_string(id) + " ";
        if (auto* welcome = std::get_if<wamp::Welcome>(&*message)) {
            welcomes_[id] = *welcome;
            const wamp::Dict& details = welcome->details;
            lines.push_back(prefix + "WELCOME " + std::string(details.get_string("authrole")) +
                            " " + std::string(details.get_string("authmethod")) + " " +
                            std::string(details.get_string("realm")));
            return;
        }
        const auto value = wamp::decode_value(serializer(id), bytes, {});
        ASSERT_TRUE(value.has_value());
        lines.push_back(prefix + wamp::encode_value(wamp::Serializer::json, *value));
    }
    void read(const wamp::effect::Close& close, Lines& lines) {
        const auto id = static_cast<std::uint64_t>(close.peer);
        EXPECT_TRUE(closed_.insert(id).second) << "closed twice: " << id;
        lines.push_back(std::to_string(id) + " closed");
    }
    void read(const wamp::effect::Ping& ping, Lines& lines) {
        lines.push_back(std::to_string(static_cast<std::uint64_t>(ping.to)) + " ping");
    }
    void read(const wamp::effect::Pause& pause, Lines& lines) {
        lines.push_back(std::to_string(static_cast<std::uint64_t>(pause.peer)) + " paused");
    }
    void read(const wamp::effect::Resume& resume, Lines& lines) {
        lines.push_back(std::to_string(static_cast<std::uint64_t>(resume.peer)) + " resumed");
    }
    void read(const wamp::effect::Joined& joined, Lines&) {
        if (joined.joined) {
            joined_.insert(static_cast<std::uint64_t>(joined.peer));
        } else {
            joined_.erase(static_cast<std::uint64_t>(joined.peer));
        }
    }
    void read(const wamp::effect::SmallBuffer& wanted, Lines& lines) {
        lines.push_back(std::to_string(static_cast<std::uint64_t>(wanted.peer)) + " small buffer");
    }
    void read(const wamp::effect::Dial& dial, Lines& lines) {
        lines.push_back("dial " + std::to_string(dial.link));
    }
    void read(const wamp::effect::Ask&, Lines& lines) { lines.push_back("asked"); }
    void read(const wamp::effect::Note& note, Lines&) { notes_ += note.text + "\n"; }

    std::map<std::uint64_t, Transport> transports_;
    std::map<std::uint64_t, wamp::Welcome> welcomes_;
    std::map<std::uint64_t, std::string> raw_;
    std::set<std::uint64_t> closed_;
    std::set<std::uint64_t> joined_;
    std::string notes_;
};

inline constexpr std::string_view alices_ticket = "a ticket that is right";

/// A realm of that policy text, with alice (operator) and her ticket where `tickets`.
inline TestRealm door_realm(std::string_view text, bool tickets = false) {
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy(text, "door.toml", diagnostics);
    auto compiled = Compiler::compile(file, {false, {}, true}, "version");
    EXPECT_TRUE(diagnostics.empty() && compiled.has_value());
    wamp::Random random({3});
    Principals principals;
    if (tickets) {
        Credentials alice;
        alice.authid = "alice";
        alice.role = "operator";
        alice.ticket = crypto::hash_ticket(alices_ticket, 0, random);
        principals.list.push_back(std::move(alice));
    }
    return {{*compiled, JoinTerms::make(file.auth, Roster::of(principals, "principals"))},
            Authenticator::make(file.auth, principals)};
}

/// Guests may do all below `lab.` but for what is limited or forbidden; nobody has a right
/// elsewhere.
inline constexpr std::string_view door_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["guest", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "small"
roles = ["guest"]
actions = ["call", "publish"]
uri = "lab.small"
limits = { payload = 10 }
[[allow]]
id = "slow"
roles = ["guest"]
actions = ["call", "publish"]
uri = "lab.slow"
limits = { rate = "2/s" }
[[allow]]
id = "operators"
roles = ["operator"]
actions = ["call", "publish"]
match = "prefix"
uri = "plant."
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab.secret."
)";

inline constexpr std::string_view closed_policy = R"(
realm = "closed"
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "operators"
roles = ["operator"]
actions = ["call"]
match = "prefix"
uri = "plant."
)";

inline constexpr std::string_view hello =
    R"([1,"lab",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}])";
/// The same of a client with payload passthru mode.
inline constexpr std::string_view sealing_hello =
    R"([1,"lab",{"roles":{"caller":{"features":{"payload_passthru_mode":true}},)"
    R"("callee":{"features":{"payload_passthru_mode":true}},"publisher":{"features":{"payload_passthru_mode":true}},)"
    R"("subscriber":{"features":{"payload_passthru_mode":true}}}}])";
inline constexpr std::string_view violated = R"([3,{},"wamp.error.protocol_violation"])";

/// A door with the realms "lab" (guests and alice) and "closed" (alice alone), in virtual time.
class DoorWorld {
public:
    explicit DoorWorld(DoorLimits limits = {})
        : door({door_realm(door_policy, true), door_realm(closed_policy, true)}, limits,
               wamp::Random({7})),
          authenticator(
              {door_realm(door_policy, true).secret(), door_realm(closed_policy, true).secret()}) {}
    explicit DoorWorld(std::string_view policy, DoorLimits limits = {})
        : door({door_realm(policy)}, limits, wamp::Random({7})),
          authenticator({door_realm(policy).secret()}) {}

    void open(std::uint64_t id, wamp::Serializer serializer = wamp::Serializer::json,
              Door::Trust trust = Door::Trust::client, std::size_t peer_receives_max = 16u << 20) {
        door.on_open(peer(id), wires.open(id, serializer, peer_receives_max), trust, now,
                     wires.out);
    }
    /// What the door made of it. A session that left is forgotten.
    Door::Event send(std::uint64_t id, std::string_view json) {
        kept_.push_back(in(wires.serializer(id), json));
        Door::Event event = door.on_message(peer(id), kept_.back(), now, wires.out);
        Door::Event answered = authenticator.answer(door, now, wires.out);
        if (!std::holds_alternative<std::monostate>(answered)) event = std::move(answered);
        if (const auto* left = std::get_if<Door::Left>(&event)) door.forget(left->session);
        return event;
    }
    void join(std::uint64_t id, wamp::Serializer serializer = wamp::Serializer::json,
              Door::Trust trust = Door::Trust::client, std::size_t peer_receives_max = 16u << 20,
              std::string_view greeting = hello) {
        open(id, serializer, trust, peer_receives_max);
        EXPECT_TRUE(std::holds_alternative<Door::Joined>(send(id, greeting)));
        EXPECT_TRUE(take().back().starts_with(std::to_string(id) + " WELCOME "));
    }
    void advance(wamp::Duration duration) {
        now += duration;
        door.on_deadline(now, wires.out);
    }
    Lines take() { return wires.take(); }

    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Door door;
    DoorAuthenticator authenticator;

private:
    std::deque<std::string> kept_;  ///< events borrow from them
};

}  // namespace sallyport::policy
