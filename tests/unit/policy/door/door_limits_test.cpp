// Rates per session, authid and circuit, and that they outlive a reload.
#include "policy/door/door.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view limited_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "per-authid"
roles = ["*"]
actions = ["call"]
uri = "lab.authid"
limits = { authid = { rate = "2/s" } }
[[allow]]
id = "per-circuit"
roles = ["*"]
actions = ["call"]
uri = "lab.circuit"
limits = { circuit = { rate = "2/s" } }
[[allow]]
id = "per-session"
roles = ["*"]
actions = ["call"]
uri = "lab.session"
limits = { rate = "2/s" }
[[allow]]
id = "flight"
roles = ["*"]
actions = ["call"]
uri = "lab.flight"
limits = { authid = { in_flight = 1 } }
)";

class DoorLimitsTest : public testing::Test {
protected:
    DoorLimitsTest()
        : door_({door_realm(limited_policy, true)}, {}, wamp::Random({7})),
          authenticator_({door_realm(limited_policy, true).secret()}) {}

    void join(std::uint64_t id, std::uint64_t circuit, bool alice = false) {
        Transport transport = wires_.open(id);
        transport.circuit = circuit;
        door_.on_open(peer(id), transport, Door::Trust::client, now_, wires_.out);
        if (alice) {
            send(id,
                 R"([1,"lab",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"alice"}])");
            send(id, R"([5,"a ticket that is right",{}])");
        } else {
            send(id, hello);
        }
        wires_.take();
    }
    Door::Event send(std::uint64_t id, std::string_view json) {
        kept_.emplace_back(json);
        Door::Event event = door_.on_message(peer(id), kept_.back(), now_, wires_.out);
        authenticator_.answer(door_, now_, wires_.out);
        return event;
    }
    Door::Event call(std::uint64_t id, std::string_view uri) {
        return send(id,
                    "[48," + std::to_string(++requests_[id]) + ",{},\"" + std::string(uri) + "\"]");
    }
    bool passes(std::uint64_t id, std::string_view uri) {
        return std::holds_alternative<Door::Request>(call(id, uri));
    }

    Wires wires_;
    wamp::Instant now_{std::chrono::hours(1)};
    Door door_;
    DoorAuthenticator authenticator_;
    std::deque<std::string> kept_;
    std::map<std::uint64_t, int> requests_;
};

TEST_F(DoorLimitsTest, AnAuthidHasOneRateOverAllItsSessions) {
    join(1, 11, true);
    join(2, 12, true);
    join(3, 13);
    EXPECT_TRUE(passes(1, "lab.authid"));
    EXPECT_TRUE(passes(2, "lab.authid"));
    EXPECT_FALSE(passes(1, "lab.authid"));
    EXPECT_FALSE(passes(2, "lab.authid"));
    EXPECT_TRUE(passes(3, "lab.authid"));  // somebody else
    now_ += 1s;
    EXPECT_TRUE(passes(2, "lab.authid"));
}

TEST_F(DoorLimitsTest, AnAuthidDoesNotShedItsRateByJoiningAgain) {
    join(1, 11, true);
    EXPECT_TRUE(passes(1, "lab.authid"));
    EXPECT_TRUE(passes(1, "lab.authid"));
    door_.on_closed(peer(1), "gone");
    join(2, 12, true);
    EXPECT_FALSE(passes(2, "lab.authid"));
}

TEST_F(DoorLimitsTest, ACircuitHasOneRateOverAllItsConnections) {
    join(1, 11, true);
    join(2, 11);
    join(3, 12);
    EXPECT_TRUE(passes(1, "lab.circuit"));
    EXPECT_TRUE(passes(2, "lab.circuit"));
    EXPECT_FALSE(passes(1, "lab.circuit"));
    EXPECT_TRUE(passes(3, "lab.circuit"));
}

TEST_F(DoorLimitsTest, WithoutTorEachConnectionIsACircuit) {
    join(1, 0);
    join(2, 0);
    EXPECT_TRUE(passes(1, "lab.circuit"));
    EXPECT_TRUE(passes(1, "lab.circuit"));
    EXPECT_FALSE(passes(1, "lab.circuit"));
    EXPECT_TRUE(passes(2, "lab.circuit"));
}

TEST_F(DoorLimitsTest, RatesOutliveAReload) {
    join(1, 11, true);
    for (const auto* uri : {"lab.authid", "lab.circuit", "lab.session"}) {
        EXPECT_TRUE(passes(1, uri));
        EXPECT_TRUE(passes(1, uri));
    }
    // With a rule before all others, which are numbered anew by that.
    door_.reload(
        {door_realm(
            std::string(limited_policy) +
                "[[allow]]\nid = \"a\"\nroles = [\"*\"]\nactions = [\"call\"]\nuri = \"lab.a\"\n",
            true)},
        wires_.out);
    for (const auto* uri : {"lab.authid", "lab.circuit", "lab.session"})
        EXPECT_FALSE(passes(1, uri)) << uri;
}

TEST_F(DoorLimitsTest, CallsInFlightOfAnAuthidAreCountedOverItsSessions) {
    join(1, 11, true);
    join(2, 12, true);
    {
        const auto first = std::get<Door::Request>(call(1, "lab.flight"));
        EXPECT_FALSE(passes(2, "lab.flight"));
        EXPECT_EQ(wires_.take(), Lines{R"(2 [8,48,1,{},"wamp.error.unavailable"])"});
        EXPECT_EQ(door_.audit().counts().limited, 1U);
        EXPECT_EQ(door_.judge().in_flight_counts(), 1U);
    }
    EXPECT_TRUE(passes(2, "lab.flight"));
    EXPECT_EQ(door_.judge().in_flight_counts(), 0U);
}

TEST_F(DoorLimitsTest, ARejoinOnTheSameConnectionMakesNothingFresh) {
    join(1, 0);
    EXPECT_TRUE(passes(1, "lab.circuit"));
    EXPECT_TRUE(passes(1, "lab.circuit"));
    send(1, R"([6,{},"wamp.close.close_realm"])");
    send(1, hello);
    EXPECT_FALSE(passes(1, "lab.circuit"));
}

}  // namespace
}  // namespace sallyport::policy
