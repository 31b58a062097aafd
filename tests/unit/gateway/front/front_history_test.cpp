// How calls of wamp.subscription.get_events find the backend of their subscription.
#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view history_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[route]]
id = "plc"
match = "prefix"
uri = "lab.plc."
to = "plc"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "history"
roles = ["guest"]
actions = ["call"]
uri = "wamp.subscription.get_events"
grants = ["history"]
)";

constexpr std::string_view keeping_welcome =
    R"([2,77,{"roles":{"broker":{"features":{"event_history":true}},"dealer":{}}}])";

class FrontHistory : public testing::Test {
protected:
    FrontHistory() { world_.take(); }
    void link_up(std::uint64_t id, std::uint32_t link, std::string_view greeting) {
        world_.link_open(id, Serializer::json, 16u << 20, link);
        world_.take();
        world_.send(id, greeting);
        world_.take();
    }
    bool announced_to(std::uint64_t id) {
        world_.join(id);
        return world_.wires.welcome(id)
            .details.get_dict("roles")
            ->get_dict("broker")
            ->get_dict("features")
            ->get_bool("event_history", false);
    }

    FrontWorld world_{true, backend_link::BackendKind::sallyport, history_policy};
};

// W-FEA-01
TEST_F(FrontHistory, IsAnnouncedIfEveryBackendKeepsSome) {
    EXPECT_FALSE(announced_to(1));
    link_up(9, 0, keeping_welcome);
    EXPECT_FALSE(announced_to(2));
    link_up(8, 1, keeping_welcome);
    EXPECT_TRUE(announced_to(3));
    world_.lose(9);
    EXPECT_TRUE(announced_to(4));
    link_up(7, 0, welcome);
    EXPECT_FALSE(announced_to(5));
}

TEST_F(FrontHistory, IsAskedForWhereTheSubscriptionIs) {
    link_up(9, 0, keeping_welcome);
    link_up(8, 1, keeping_welcome);
    world_.join(1);
    world_.send(1, R"([32,1,{},"lab.plc.t"])");
    world_.take();
    const std::string subscribed = world_.after(8, "[33,1,500]").at(0);
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    const std::string call = "{},\"wamp.subscription.get_events\",[" + id + "]]";
    const auto asked = world_.after(1, "[48,2," + call);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_TRUE(asked[0].starts_with("8 [48,2,")) << asked[0];
    EXPECT_TRUE(asked[0].ends_with(R"("wamp.subscription.get_events",[500]])")) << asked[0];
    EXPECT_EQ(world_.after(8, "[50,2,{},[[]]]"), Lines{"1 [50,2,{},[[]]]"});
    world_.lose(8);
    world_.take();
    EXPECT_EQ(world_.after(1, "[48,3," + call), Lines{R"(1 [8,48,3,{},"wamp.error.unavailable"])"});
    EXPECT_EQ(world_.after(1, R"([48,4,{},"wamp.subscription.get_events",["x"]])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.no_such_subscription"])"});
}

}  // namespace
}  // namespace sallyport::gateway
