#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backend-link/inside/inside.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::backend_link {

using policy::hello;
using policy::Lines;
using policy::peer;
using policy::violated;
using policy::Wires;
using policy::with_names;
using wamp::Serializer;
using namespace std::chrono_literals;

inline constexpr std::string_view inside_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "guests"
roles = ["guest"]
actions = ["call", "publish"]
match = "prefix"
uri = ["lab.open.", "lab.topic."]
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["call", "publish"]
uri = ["lab.open.secret", "lab.topic.secret"]
[[allow]]
id = "sealed"
roles = ["service", "gateway", "guest"]
actions = ["call", "publish"]
uri = ["lab.shell", "lab.topic.sealed"]
payload = "opaque"
)";

class InsideWorld {
public:
    explicit InsideWorld(std::string_view text = inside_policy, Pulse::Limits pulse = {3s, 9s, 9s},
                         bool embedded = false)
        : inside({{policy::door_realm(text, true)},
                  {{"gateway", pulse}},
                  {},
                  std::size_t{1} << 20,
                  std::size_t{16} << 20,
                  embedded},
                 {7}) {
        inside.start(now, wires.out);
    }
    void join(std::uint64_t id, Serializer serializer = Serializer::json,
              std::size_t peer_receives_max = 16u << 20, std::string_view greeting = hello) {
        inside.on_open(peer(id), wires.open(id, serializer, peer_receives_max), now, wires.out);
        send(id, greeting);
        EXPECT_EQ(take().size(), 1u);
    }
    void link_open(std::uint64_t id = 9) {
        inside.on_link_open(0, peer(id), wires.open(id), now, wires.out);
    }
    void link_up(std::uint64_t id = 9, std::string_view greeting = hello) {
        link_open(id);
        send(id, greeting);
        EXPECT_EQ(take(), Lines{std::to_string(id) + " WELCOME gateway link lab"});
    }
    void send(std::uint64_t id, std::string_view json) {
        send_bytes(id, policy::in(wires.serializer(id), json));
    }
    void send_bytes(std::uint64_t id, const std::string& bytes) {
        inside.on_message(peer(id), bytes, now, wires.out);
    }
    void lose(std::uint64_t id) { inside.on_closed(peer(id), "reset", now, wires.out); }
    void advance(wamp::Duration duration) {
        now += duration;
        inside.on_deadline(now, wires.out);
    }
    Lines take() { return wires.take(); }
    Lines after(std::uint64_t id, std::string_view json) {
        send(id, json);
        return take();
    }

    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Inside inside;
};

inline constexpr std::string_view guest =
    R"("forward_for":[{"session":5,"authid":"g","authrole":"guest"}])";

class InsideTest : public testing::Test {
protected:
    InsideTest() { EXPECT_EQ(world_.take(), Lines{"dial 0"}); }

    /// What comes of a call that the gateway conveys for a guest.
    Lines guest_asks(std::string_view text) {
        return world_.after(9, with_names(std::string(text), {{"GUEST", std::string(guest)}}));
    }

    InsideWorld world_;
};

}  // namespace sallyport::backend_link
