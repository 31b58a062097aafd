#include "policy/meta/link_meta.h"

#include "policy/meta/registry.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view link_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "one-topic"
roles = ["guest"]
actions = ["subscribe"]
uri = "sallyport.link.on_down"
grants = ["diagnose"]
[[allow]]
id = "without-the-grant"
roles = ["guest"]
actions = ["subscribe"]
match = "prefix"
uri = "sallyport."
grants = ["meta"]
)";

TEST(LinkMeta, IsThereForThoseWhoAreGrantedIt) {
    DoorWorld world(link_policy);
    world.join(1);
    const Session& session = *world.door.sessions().find(world.wires.session(1));
    const auto may = [&](std::string_view topic, wamp::MatchPolicy match) {
        return std::holds_alternative<Permit>(
            session.policy->decide(session.subject(), {Action::subscribe, topic, match}));
    };
    EXPECT_TRUE(may(LinkMeta::on_down, wamp::MatchPolicy::exact));
    EXPECT_FALSE(may(LinkMeta::on_up, wamp::MatchPolicy::exact)) << "meta does not grant it";
    EXPECT_FALSE(may("sallyport.link.", wamp::MatchPolicy::prefix));
    EXPECT_TRUE(may("sallyport.other", wamp::MatchPolicy::exact)) << "a topic of the backend";
}

TEST(LinkMeta, IsServedByTheDoorItself) {
    EXPECT_TRUE(MetaRegistry::serves(wamp::Subscribe{1, {}, std::string(LinkMeta::on_up)}));
    EXPECT_FALSE(MetaRegistry::serves(wamp::Subscribe{1, {}, "sallyport.other"}));
    EXPECT_FALSE(MetaRegistry::serves(wamp::Call{1, {}, std::string(LinkMeta::on_up), {}}));
}

TEST(LinkMeta, EventsReachTheSubscribersOfTheRealm) {
    DoorWorld world(link_policy);
    world.join(1);
    MetaTopics topics(world.door, wamp::Random({5}));
    wamp::Deliveries out;
    std::vector<Door::Undelivered> undelivered;
    const Session& session = *world.door.sessions().find(world.wires.session(1));
    LinkMeta meta;
    const auto everybody = [](const Session&) { return true; };
    topics.subscribe(session, {1, {}, std::string(LinkMeta::on_down)}, meta.topics(), out);
    topics.publish("lab", LinkMeta::on_down, {"inside"}, everybody, out);
    topics.publish("lab", LinkMeta::on_up, {"inside"}, everybody, out);
    topics.publish("other", LinkMeta::on_down, {"inside"}, everybody, out);
    world.door.deliver(out, undelivered, world.now, world.wires.out);
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[1].ends_with(R"(,{},["inside"]])")) << lines[1];
}

}  // namespace
}  // namespace sallyport::policy
