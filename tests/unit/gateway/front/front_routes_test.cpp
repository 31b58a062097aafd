// Routes that rewrite, wait and try again, through the whole front.
#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view routed_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "hold"
match = "prefix"
uri = "hold."
to = "inside"
rewrite = "lab."
when_down = "wait"
wait = "2s"
[[route]]
id = "again"
match = "prefix"
uri = "again."
to = "inside"
rewrite = "lab."
idempotent = true
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["hold.", "again."]
)";

class FrontRoutes : public testing::Test {
protected:
    FrontRoutes() { world_.take(); }

    FrontWorld world_{true, backend_link::BackendKind::generic, routed_policy};
};

TEST_F(FrontRoutes, LetRequestsWaitForTheFirstConnectionAndSayThemAsItSpeaks) {
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"hold.a",[1]])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([16,2,{},"hold.t",["x"]])"), Lines{});
    world_.link_open();
    world_.take();
    EXPECT_EQ(world_.after(9, welcome), (Lines{R"(9 [48,1,{},"lab.a",[1]])",
                                               R"(9 [16,2,{"acknowledge":true},"lab.t",["x"]])"}));
    EXPECT_EQ(world_.after(9, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
}

TEST_F(FrontRoutes, EndAWaitInTime) {
    world_.join(1);
    world_.send(1, R"([48,1,{},"hold.a"])");
    EXPECT_EQ(world_.front.deadline() <= world_.now + 2s, true);
    world_.advance(2s);
    EXPECT_EQ(world_.take(), Lines{R"(1 [8,48,1,{},"wamp.error.unavailable"])"});
}

TEST_F(FrontRoutes, MakeACallAgainOnTheNextConnection) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"again.a",[1]])"), Lines{R"(9 [48,1,{},"lab.a",[1]])"});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"hold.b"])"), Lines{R"(9 [48,2,{},"lab.b"])"});
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{R"(1 [8,48,2,{},"wamp.error.network_failure"])"});
    world_.link_open(10, Serializer::msgpack);
    world_.take();
    EXPECT_EQ(world_.after(10, welcome), Lines{R"(10 [48,1,{},"lab.a",[1]])"});
    EXPECT_EQ(world_.after(10, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
}

TEST_F(FrontRoutes, GiveAPatternSubscriberTheTopicAsItIsNamedOutside) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([32,1,{"match":"prefix"},"hold.sky."])"),
              Lines{R"(9 [32,1,{"match":"prefix"},"lab.sky."])"});
    world_.send(9, "[33,1,500]");
    world_.take();
    const Lines lines = world_.after(9, R"([36,500,7,{"topic":"lab.sky.rain"},[1]])");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].ends_with(R"(,7,{"topic":"hold.sky.rain"},[1]])")) << lines[0];
}

}  // namespace
}  // namespace sallyport::gateway
