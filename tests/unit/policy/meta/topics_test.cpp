#include "policy/meta/topics.h"

#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 2> known{"wamp.a.on_one", "wamp.a.on_two"};

constexpr std::string_view topics_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["subscribe"]
match = "prefix"
uri = "wamp.a."
grants = ["meta"]
)";

class TopicsTest : public testing::Test {
protected:
    TopicsTest() {
        for (const std::uint64_t id : {1u, 2u}) world_.join(id);
    }
    const Session& session(std::uint64_t id) {
        return *world_.door.sessions().find(world_.wires.session(id));
    }
    /// As caused by the second session.
    void publish(std::string_view topic) {
        const wamp::SessionId by = session(2).id;
        topics_.publish(
            "lab", topic, {7}, [by](const Session& receiver) { return receiver.id != by; }, out_);
    }
    Lines sent() {
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(out_, undelivered, world_.now, world_.wires.out);
        out_.clear();
        topics_.forget_spent();
        return world_.take();
    }

    DoorWorld world_{topics_policy};
    MetaTopics topics_{world_.door, wamp::Random({5})};
    wamp::Deliveries out_;
};

TEST_F(TopicsTest, TellTheOthersOfTheRealm) {
    topics_.subscribe(session(1), {1, {}, "wamp.a.on_one"}, known, out_);
    topics_.subscribe(session(2), {1, {{"match", "prefix"}}, "wamp.a."}, known, out_);
    EXPECT_EQ(sent().size(), 2U);
    EXPECT_EQ(topics_.subscriptions(), 2U);
    publish("wamp.a.on_one");
    const Lines lines = sent();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with("1 [36,") && lines[0].ends_with(",{},[7]]")) << lines[0];
}

TEST_F(TopicsTest, AreRefusedWhereNobodyPublishes) {
    topics_.subscribe(session(1), {1, {}, "wamp.a.on_three"}, known, out_);
    EXPECT_EQ(sent(), Lines{R"(1 [8,32,1,{},"wamp.error.feature_not_supported"])"});
    EXPECT_EQ(topics_.subscriptions(), 0U);
}

TEST_F(TopicsTest, AreForgottenWithTheirLastSubscriber) {
    topics_.subscribe(session(1), {1, {}, "wamp.a.on_one"}, known, out_);
    sent();
    EXPECT_FALSE(topics_.unsubscribe(session(1).id, {2, 99, {}}, out_));
    topics_.leave(session(1).id);
    EXPECT_EQ(topics_.subscriptions(), 0U);
    publish("wamp.a.on_one");
    EXPECT_EQ(sent(), Lines{});
}

TEST_F(TopicsTest, AreNotDeliveredToWhoMayNotReceiveThem) {
    topics_.subscribe(session(1), {1, {}, "wamp.a.on_one"}, known, out_);
    sent();
    world_.door.reload({door_realm(door_policy)}, world_.wires.out);
    publish("wamp.a.on_one");
    EXPECT_EQ(sent(), Lines{});
    EXPECT_EQ(world_.door.judge().withheld(), 1U);
    topics_.judge_again(out_, world_.wires.out);
    EXPECT_EQ(topics_.subscriptions(), 0U);
}

}  // namespace
}  // namespace sallyport::policy
