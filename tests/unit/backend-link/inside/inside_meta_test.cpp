// What an inside says of the subscriptions and registrations of its sessions.
#include "tests/unit/backend-link/inside/inside_world.h"

namespace sallyport::backend_link {
namespace {

constexpr std::string_view meta_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["force_reregister"]
[[allow]]
id = "meta"
roles = ["service"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta"]
)";

class InsideMeta : public testing::Test {
protected:
    InsideMeta() {
        world_.take();
        world_.inside.set_civil_time({wamp::Timestamp(1'000'000), world_.now});
        for (const std::uint64_t id : {1u, 2u}) world_.join(id);
        world_.send(1, R"([32,1,{"match":"prefix"},"wamp.registration."])");
        world_.send(1, R"([32,2,{"match":"prefix"},"wamp.subscription."])");
        world_.take();
    }
    /// Events without their envelopes.
    Lines after(std::uint64_t id, std::string_view json) {
        world_.send(id, json);
        return told();
    }
    Lines told() {
        Lines lines = world_.wires.take_named();
        for (std::string& line : lines) {
            if (line.find(" [36,") != std::string::npos)
                line = line.substr(0, 2) + line.substr(line.find('{') + 15);
        }
        return lines;
    }

    InsideWorld world_{meta_policy};
};

// W-RMA-01, W-RMA-02, W-FEA-01
TEST_F(InsideMeta, TellsOfARegistrationFromBeginningToEnd) {
    EXPECT_EQ(
        after(2, R"([64,1,{"invoke":"roundrobin"},"lab.p"])"),
        (Lines{
            "2 [65,1,1]",
            R"(1 registration.on_create"},[S2,{"id":1,"created":"1970-01-01T00:00:01.000000Z","uri":"lab.p","match":"exact","invoke":"roundrobin"}]])",
            R"(1 registration.on_register"},[S2,1]])"}));
    EXPECT_EQ(after(1, R"([64,3,{"invoke":"roundrobin"},"lab.p"])"), Lines{"1 [65,3,1]"});
    EXPECT_EQ(after(2, R"([48,2,{},"wamp.registration.list_callees",[1]])"),
              Lines{"2 [50,2,{},[[S2,S1]]]"});
    EXPECT_EQ(after(1, "[66,4,1]"), Lines{"1 [67,4]"});
    world_.lose(2);
    EXPECT_EQ(told(), (Lines{R"(1 registration.on_unregister"},[S2,1]])",
                             R"(1 registration.on_delete"},[S2,1]])"}));
    const wamp::Dict& roles = *world_.wires.welcome(1).details.get_dict("roles");
    EXPECT_TRUE(
        roles.get_dict("dealer")->get_dict("features")->get_bool("registration_meta_api", false));
    EXPECT_TRUE(
        roles.get_dict("broker")->get_dict("features")->get_bool("subscription_meta_api", false));
}

TEST_F(InsideMeta, TellsWhoseRegistrationIsTakenOver) {
    after(2, R"([64,1,{},"lab.p"])");
    world_.join(3);
    EXPECT_EQ(
        after(3, R"([64,1,{"force_reregister":true},"lab.p"])"),
        (Lines{
            "3 [65,1,2]", R"(1 registration.on_unregister"},[S2,1]])",
            R"(1 registration.on_delete"},[S2,1]])",
            R"(1 registration.on_create"},[S3,{"id":2,"created":"1970-01-01T00:00:01.000000Z","uri":"lab.p","match":"exact","invoke":"single"}]])",
            R"(1 registration.on_register"},[S3,2]])"}));
}

// W-SMA-01, W-SUB-09: also when the link goes down. The gateway is one subscriber.
TEST_F(InsideMeta, TellsOfSubscriptionsOfTheGateway) {
    world_.link_up();
    after(2, R"([32,1,{},"lab.t"])");
    EXPECT_EQ(after(9, R"([32,1,{},"lab.t"])"),
              (Lines{"9 [33,1,1]", R"(1 subscription.on_subscribe"},[S9,1]])"}));
    after(9, R"([64,2,{},"lab.out"])");
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.subscription.list_subscribers",[1]])"),
              Lines{"1 [50,3,{},[[S2,S9]]]"});
    // The number works elsewhere.
    const std::string gateway = std::to_string(world_.wires.session(9));
    EXPECT_EQ(world_.after(1, R"([48,4,{},"wamp.session.get",[)" + gateway + "]]").size(), 1U);
    EXPECT_EQ(world_.after(1, R"([16,5,{"exclude":[)" + gateway + R"(]},"lab.t"])").size(), 1U);
    world_.lose(9);
    EXPECT_EQ(told(), (Lines{R"(1 subscription.on_unsubscribe"},[S9,1]])",
                             R"(1 registration.on_unregister"},[S9,1]])",
                             R"(1 registration.on_delete"},[S9,1]])"}));
    EXPECT_EQ(after(2, "[34,2,1]"), (Lines{"2 [35,2]", R"(1 subscription.on_unsubscribe"},[S2,1]])",
                                           R"(1 subscription.on_delete"},[S2,1]])"}));
}

TEST_F(InsideMeta, TellsWhatAReloadRevokes) {
    after(2, R"([32,1,{},"lab.t"])");
    after(2, R"([64,2,{},"lab.p"])");
    std::string narrow(meta_policy);
    narrow.replace(narrow.find(R"(["call", "register", "subscribe", "publish"])"), 44,
                   R"(["call", "publish"])");
    const auto done =
        world_.inside.reload({policy::door_realm(narrow, true)}, world_.now, world_.wires.out);
    EXPECT_EQ(done.subscriptions_revoked + done.registrations_revoked, 2U);
    EXPECT_EQ(told(), (Lines{R"(1 subscription.on_unsubscribe"},[S2,1]])",
                             R"(1 subscription.on_delete"},[S2,1]])",
                             R"(1 registration.on_unregister"},[S2,1]])",
                             R"(1 registration.on_delete"},[S2,1]])"}));
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.subscription.list"])"),
              Lines{R"(1 [50,3,{},[{"exact":[],"prefix":[],"wildcard":[]}]])"});
}

// W-RMA-05: a guest whom the gateway conveys has the rights of his role, here none.
TEST_F(InsideMeta, AnswersNobodyWithoutTheGrant) {
    world_.link_up();
    EXPECT_EQ(world_.after(9, R"([48,1,{)" + std::string(guest) + R"(},"wamp.registration.list"])"),
              Lines{R"(9 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(9, R"([48,2,{},"wamp.registration.list"])"),
              Lines{R"(9 [8,48,2,{},"wamp.error.not_authorized"])"});
}

}  // namespace
}  // namespace sallyport::backend_link
