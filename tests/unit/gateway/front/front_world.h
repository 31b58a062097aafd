#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/front/front.h"
#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::gateway {

using policy::hello;
using policy::Lines;
using policy::peer;
using policy::Wires;
using policy::with_names;
using wamp::Serializer;
using namespace std::chrono_literals;

inline constexpr std::string_view front_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = "lab."
to = "inside"
[[route]]
id = "plc"
match = "prefix"
uri = "lab.plc."
to = "plc"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[forbid]]
id = "secret"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab.secret."
)";

inline constexpr std::string_view welcome =
    R"([2,77,{"roles":{"broker":{},"dealer":{"features":{"call_canceling":true,"progressive_call_results":true}}}}])";

inline BackendConfig backend(std::string name, bool dials, backend_link::BackendKind kind,
                             backend_link::Pulse::Limits pulse) {
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(kind);
    link.dials = dials;
    link.join_timeout = 5s;
    link.pulse = pulse;
    return {std::move(name), std::move(link)};
}

/// A front whose first backend is at peer 9, and whose second, "plc", is never there unless a test
/// brings it up.
class FrontWorld {
public:
    explicit FrontWorld(bool dials = true,
                        backend_link::BackendKind kind = backend_link::BackendKind::generic,
                        std::string_view policy = front_policy,
                        std::size_t link_window_bytes = 64U << 10,
                        std::size_t circuit_bytes = SIZE_MAX,
                        backend_link::Pulse::Limits pulse = {3s, 9s, 9s})
        : front({{policy::door_realm(policy)},
                 {backend("inside", dials, kind, pulse), backend("plc", dials, kind, pulse)},
                 audited(),
                 link_window_bytes,
                 circuit_bytes},
                {7}),
          authenticator({policy::door_realm(policy).secret()}) {
        front.start(now, wires.out);
    }

    static policy::DoorLimits audited() {
        policy::DoorLimits limits;
        limits.audit = policy::AuditTrail::Level::all;
        return limits;
    }
    /// "deny call lab.a (forbidden)": what was recorded since the last time.
    Lines recorded() { return policy::brief_records(front.audit()); }

    void link_open(std::uint64_t id = 9, Serializer serializer = Serializer::json,
                   std::size_t peer_receives_max = 16u << 20, std::uint32_t link = 0) {
        front.on_link_open(link, peer(id), wires.open(id, serializer, peer_receives_max), now,
                           wires.out);
        links.insert(id);
    }
    void link_up(std::uint64_t id = 9, Serializer serializer = Serializer::json,
                 std::size_t peer_receives_max = 16u << 20, std::uint32_t link = 0) {
        link_open(id, serializer, peer_receives_max, link);
        wires.take();
        send(id, welcome);
        EXPECT_TRUE(front.links()[link].up);
    }
    void join(std::uint64_t id, Serializer serializer = Serializer::json,
              std::size_t peer_receives_max = 16u << 20, std::string_view greeting = hello) {
        front.on_open(peer(id), wires.open(id, serializer, peer_receives_max), now, wires.out);
        send(id, greeting);
        EXPECT_EQ(take().size(), 1u);
    }
    void join_on(std::uint64_t circuit, std::uint64_t id) {
        policy::Transport transport = wires.open(id);
        transport.circuit = circuit;
        front.on_open(peer(id), transport, now, wires.out);
        send(id, hello);
        EXPECT_EQ(take().size(), 1u);
    }
    void send(std::uint64_t id, std::string_view json) {
        send_bytes(id, policy::in(wires.serializer(id), json));
    }
    wamp::Reading send_bytes(std::uint64_t id, const std::string& bytes) {
        const wamp::Reading reading = front.on_message(peer(id), bytes, now, wires.out);
        authenticator.answer(front, now, wires.out);
        if (links_write) written(0);
        return reading;
    }
    /// The transports of the links have written all but so much.
    void written(std::size_t unsent) {
        for (const std::uint64_t id : links) front.on_written(peer(id), unsent, now, wires.out);
    }
    void lose(std::uint64_t id) { front.on_closed(peer(id), "reset", now, wires.out); }
    void advance(wamp::Duration duration) {
        now += duration;
        front.on_deadline(now, wires.out);
    }
    /// But for the second link, which is dialled all the time.
    Lines take() {
        authenticator.answer(front, now, wires.out);
        Lines lines = wires.take();
        std::erase(lines, "dial 1");
        return lines;
    }
    Lines after(std::uint64_t id, std::string_view json) {
        send(id, json);
        return take();
    }

    std::set<std::uint64_t> links;
    bool links_write = true;  ///< whatever they are given, at once
    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Front front;
    policy::DoorAuthenticator authenticator;
};

}  // namespace sallyport::gateway
