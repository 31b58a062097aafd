// Subscriptions with deliver = "latest", through a door.
#include <string>
#include <vector>

#include "policy/door/delivery.h"
#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using wamp::Serializer;

constexpr std::string_view policy_text = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[allow]]
id = "all"
roles = ["*"]
actions = ["subscribe", "call"]
match = "prefix"
uri = "lab."
[[allow]]
id = "latest"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.latest."
deliver = "latest"
key = { arg = 0 }
[[allow]]
id = "seldom"
roles = ["*"]
actions = ["subscribe"]
uri = "lab.seldom"
deliver = "latest"
rate = "2/s"
)";

std::string with(std::string_view text, std::string_view more) {
    return std::string(text) + std::string(more);
}

class DeliverLatest : public testing::Test {
protected:
    /// Joins as number `id` and subscribes to `topic` with the id `id`.
    wamp::SessionId subscribed(std::uint64_t id, std::string_view topic,
                               Serializer serializer = Serializer::json,
                               std::size_t receives_max = 16u << 20,
                               Door::Trust trust = Door::Trust::client) {
        world_.join(id, serializer, trust, receives_max);
        const wamp::SessionId session = world_.wires.session(id);
        const std::string prefix = topic.ends_with('.') ? R"({"match":"prefix"})" : "{}";
        EXPECT_TRUE(std::holds_alternative<Door::Request>(
            world_.send(id, "[32,1," + prefix + ",\"" + std::string(topic) + "\"]")));
        deliver({session}, wamp::Subscribed{1, id});
        return session;
    }
    Lines deliver(const std::vector<wamp::SessionId>& to, wamp::Message message) {
        wamp::Deliveries deliveries;
        deliveries.add(to, std::move(message));
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(deliveries, undelivered, world_.now, world_.wires.out);
        EXPECT_TRUE(undelivered.empty());
        return world_.take();
    }
    Lines event(const std::vector<wamp::SessionId>& to, std::uint64_t subscription, int number,
                std::string_view key, wamp::Dict details = {}) {
        const std::string args = "[\"" + std::string(key) + "\"," + std::to_string(number) + "]";
        return deliver(to, wamp::Event{subscription,
                                       static_cast<wamp::PublicationId>(number),
                                       std::move(details),
                                       {Serializer::json, args, {}}});
    }
    /// The transport of the peer holds so many bytes; what is sent then.
    Lines written(std::uint64_t id, std::size_t unsent) {
        world_.door.on_written(peer(id), unsent, world_.now, world_.wires.out);
        return world_.take();
    }
    void fill(std::uint64_t id) { EXPECT_EQ(written(id, 4u << 10), Lines{}); }
    std::uint64_t skipped() { return world_.door.judge().latest().skipped(); }
    Lines reload(std::string_view policy, std::uint64_t id, std::string_view topic) {
        world_.door.reload({door_realm(policy)}, world_.wires.out);
        const Session& session = *world_.door.sessions().find(world_.wires.session(id));
        const auto decision =
            world_.door.judge().judge_holding(session, {Action::subscribe, topic});
        world_.door.redeliver(session, id, 0, topic, decision, world_.wires.out);
        return world_.take();
    }

    DoorWorld world_{policy_text};
};

TEST_F(DeliverLatest, ASlowReaderGetsTheNewestAndIsToldOfTheOthers) {
    const auto one = subscribed(1, "lab.latest.a");
    EXPECT_EQ(event({one}, 1, 1, "k"), Lines{R"(1 [36,1,1,{},["k",1]])"});
    fill(1);
    for (int i = 2; i < 6; ++i) EXPECT_EQ(event({one}, 1, i, "k"), Lines{});
    EXPECT_EQ(event({one}, 1, 6, "other"), Lines{});
    EXPECT_EQ(written(1, 4u << 10), Lines{}) << "no room yet";
    EXPECT_EQ(written(1, (4u << 10) - 1), Lines{R"(1 [36,1,5,{"_skipped":3},["k",5]])"})
        << "and then there is none left";
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,6,{},["other",6]])"});
    EXPECT_EQ(skipped(), 3u);
    EXPECT_EQ(event({one}, 1, 7, "k"), Lines{R"(1 [36,1,7,{},["k",7]])"});
}

TEST_F(DeliverLatest, TheTransportKeepsLittle) {
    world_.join(1);
    world_.send(1, R"([32,1,{},"lab.latest.a"])");
    const std::vector<wamp::SessionId> to{world_.wires.session(1)};
    EXPECT_EQ(deliver(to, wamp::Subscribed{1, 7}), (Lines{"1 small buffer", "1 [33,1,7]"}));
    world_.send(1, R"([32,2,{},"lab.latest.b"])");
    EXPECT_EQ(deliver(to, wamp::Subscribed{2, 8}), Lines{"1 [33,2,8]"}) << "once";
    world_.join(2);
    world_.send(2, R"([32,1,{},"lab.all"])");
    EXPECT_EQ(deliver({world_.wires.session(2)}, wamp::Subscribed{1, 9}), Lines{"2 [33,1,9]"});
}

TEST_F(DeliverLatest, OtherSubscriptionsAndMessagesPass) {
    const auto one = subscribed(1, "lab.latest.a");
    world_.send(1, R"([32,2,{},"lab.all"])");
    deliver({one}, wamp::Subscribed{2, 9});
    fill(1);
    EXPECT_EQ(event({one}, 9, 1, "k"), Lines{R"(1 [36,9,1,{},["k",1]])"});
    EXPECT_EQ(deliver({one}, wamp::CallResult{4, {}, {}}), Lines{"1 [50,4,{}]"});
    const auto two = subscribed(2, "lab.all");
    fill(2);
    EXPECT_EQ(event({one, two}, 2, 2, "k"),
              (Lines{R"(1 [36,2,2,{},["k",2]])", R"(2 [36,2,2,{},["k",2]])"}));
}

TEST_F(DeliverLatest, KeepsWhatBelongsToTheNewestEvent) {
    const auto one = subscribed(1, "lab.latest.");
    fill(1);
    event({one}, 1, 1, "k", {{"topic", "lab.latest.x"}, {"publisher", 5}});
    event({one}, 1, 2, "k", {{"topic", "lab.latest.x"}, {"retained", true}});
    event({one}, 1, 3, "k", {{"topic", "lab.latest.y"}});
    EXPECT_EQ(written(1, 0),
              (Lines{R"(1 [36,1,2,{"topic":"lab.latest.x","retained":true,"_skipped":1},["k",2]])",
                     R"(1 [36,1,3,{"topic":"lab.latest.y"},["k",3]])"}));
}

TEST_F(DeliverLatest, SendsInTheSerializerOfTheReceiver) {
    const auto json = subscribed(1, "lab.latest.a");
    const auto msgpack = subscribed(2, "lab.latest.a", Serializer::msgpack);
    fill(1);
    fill(2);
    wamp::Event event{1, 5, {}, {Serializer::msgpack, std::string_view("\x91\xa1k", 3), {}}};
    deliver({json}, event);
    event.subscription = 2;
    deliver({msgpack}, event);
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,5,{},["k"]])"});
    EXPECT_EQ(written(2, 0), Lines{R"(2 [36,2,5,{},["k"]])"});
}

TEST_F(DeliverLatest, WhatTheReceiverCannotAcceptIsToldAsSkipped) {
    const auto small = subscribed(1, "lab.latest.a", Serializer::json, 1024);
    const std::string large(1100, 'x');
    EXPECT_EQ(event({small}, 1, 1, large), Lines{}) << "at once";
    EXPECT_EQ(event({small}, 1, 2, "k"), Lines{R"(1 [36,1,2,{"_skipped":1},["k",2]])"});
    fill(1);
    event({small}, 1, 3, large);
    event({small}, 1, 4, large);
    event({small}, 1, 5, "k");
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,5,{"_skipped":2},["k",5]])"}) << "after waiting";
    EXPECT_EQ(world_.door.undeliverable_events(), 2u);
}

TEST_F(DeliverLatest, ARateIsKeptByTheDeadline) {
    const auto one = subscribed(1, "lab.seldom");
    EXPECT_EQ(event({one}, 1, 1, "k").size(), 1u);
    EXPECT_EQ(event({one}, 1, 2, "k"), Lines{});
    EXPECT_EQ(event({one}, 1, 3, "k"), Lines{});
    EXPECT_EQ(world_.door.deadline(), world_.now + 500ms);
    world_.advance(499ms);
    EXPECT_EQ(world_.take(), Lines{});
    world_.advance(1ms);
    EXPECT_EQ(world_.take(), Lines{R"(1 [36,1,3,{"_skipped":1},["k",3]])"});
    event({one}, 1, 4, "k");
    fill(1);
    world_.advance(500ms);
    EXPECT_EQ(world_.take(), Lines{}) << "no room";
    EXPECT_EQ(world_.door.deadline(), wamp::never);
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,4,{},["k",4]])"});
}

TEST_F(DeliverLatest, IsNeverTooSlow) {
    const auto one = subscribed(1, "lab.latest.a");
    written(1, 5u << 20);
    world_.advance(3s);
    written(1, 5u << 20);
    EXPECT_EQ(event({one}, 1, 1, "k"), Lines{});
    EXPECT_TRUE(world_.door.take_overruns().empty());
    EXPECT_EQ(written(1, 0).size(), 1u);
}

TEST_F(DeliverLatest, NothingFollowsUnsubscribed) {  // W-ORD-05
    const auto one = subscribed(1, "lab.latest.a");
    fill(1);
    event({one}, 1, 1, "k");
    EXPECT_TRUE(std::holds_alternative<Door::Followup>(world_.send(1, "[34,2,1]")));
    EXPECT_EQ(deliver({one}, wamp::Unsubscribed{2, {}}), Lines{"1 [35,2]"});
    EXPECT_EQ(written(1, 0), Lines{});
    EXPECT_EQ(world_.door.judge().latest().bytes(), 0u);
}

TEST_F(DeliverLatest, ARefusedSubscribeLeavesNothing) {
    world_.join(1);
    world_.send(1, R"([32,1,{},"lab.latest.a"])");
    const wamp::SessionId one = world_.wires.session(1);
    world_.door.refuse(*world_.door.sessions().find(one), wamp::MessageType::subscribe, 1,
                       wamp::uris::unavailable, world_.wires.out);
    world_.take();
    EXPECT_EQ(deliver({one}, wamp::Subscribed{1, 1}), Lines{"1 [33,1,1]"}) << "no small buffer";
}

TEST_F(DeliverLatest, NothingIsLeftOfASessionThatHasEnded) {
    const auto one = subscribed(1, "lab.latest.a");
    fill(1);
    event({one}, 1, 1, "k");
    EXPECT_GT(world_.door.judge().latest().bytes(), 0u);
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    world_.take();
    EXPECT_EQ(world_.door.judge().latest().bytes(), 0u);
    EXPECT_EQ(written(1, 0), Lines{});
    world_.send(1, hello);
    world_.take();
    EXPECT_EQ(event({world_.wires.session(1)}, 1, 2, "k").size(), 1u);
}

TEST_F(DeliverLatest, ALinkGetsEveryEvent) {
    const auto link = subscribed(1, "lab.latest.a", Serializer::json, 16u << 20, Door::Trust::link);
    written(1, 1u << 20);
    EXPECT_EQ(event({link}, 1, 1, "k").size(), 1u);
    EXPECT_EQ(event({link}, 1, 2, "k").size(), 1u);
}

// Another version of the policy
// ---------------------------------------------------------------------------------------------------

TEST_F(DeliverLatest, AReloadKeepsWhatWaits) {
    const auto one = subscribed(1, "lab.latest.a");
    fill(1);
    event({one}, 1, 1, "k");
    EXPECT_EQ(reload(with(policy_text, "# changed\n"), 1, "lab.latest.a"), Lines{});
    event({one}, 1, 2, "k");
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,2,{"_skipped":1},["k",2]])"});
}

TEST_F(DeliverLatest, AReloadWithholdsWhatItNoLongerAllows) {
    const auto one = subscribed(1, "lab.latest.");
    fill(1);
    event({one}, 1, 1, "k", {{"topic", "lab.latest.x"}});
    event({one}, 1, 2, "k", {{"topic", "lab.latest.y"}});
    reload(with(policy_text,
                "[[forbid]]\nid = \"no\"\nroles = [\"*\"]\nactions = [\"subscribe\"]\n"
                "uri = \"lab.latest.x\"\n"),
           1, "lab.latest.y");
    EXPECT_EQ(written(1, 0), Lines{R"(1 [36,1,2,{"topic":"lab.latest.y"},["k",2]])"});
    EXPECT_EQ(world_.door.judge().withheld(), 1u);
}

TEST_F(DeliverLatest, AReloadThatRevokesTheSubscriptionDropsWhatWaits) {
    const auto one = subscribed(1, "lab.latest.a");
    fill(1);
    event({one}, 1, 1, "k");
    reload(with(policy_text,
                "[[forbid]]\nid = \"no\"\nroles = [\"*\"]\nactions = [\"subscribe\"]\n"
                "match = \"prefix\"\nuri = \"lab.latest.\"\n"),
           1, "lab.latest.a");
    EXPECT_EQ(written(1, 0), Lines{});
    EXPECT_EQ(world_.door.judge().latest().bytes(), 0u);
}

TEST_F(DeliverLatest, AReloadChangesHowEventsAreDelivered) {
    const auto one = subscribed(1, "lab.latest.a");
    const auto two = subscribed(2, "lab.all");
    fill(1);
    event({one}, 1, 1, "k");
    std::string all(policy_text);
    all.replace(all.find("deliver = \"latest\"\nkey = { arg = 0 }"), 36, "");
    EXPECT_EQ(reload(all, 1, "lab.latest.a"), Lines{R"(1 [36,1,1,{},["k",1]])"})
        << "what waited comes first";
    EXPECT_EQ(event({one}, 1, 2, "k").size(), 1u);
    EXPECT_EQ(reload(with(policy_text,
                          "[[allow]]\nid = \"now-latest\"\nroles = [\"*\"]\nactions = "
                          "[\"subscribe\"]\nuri = \"lab.all\"\ndeliver = \"latest\"\n"),
                     2, "lab.all"),
              Lines{"2 small buffer"});
    fill(2);
    EXPECT_EQ(event({two}, 2, 1, "k"), Lines{});
}

TEST_F(DeliverLatest, AReloadDecidesForARequestThatIsNotAnswered) {
    world_.join(1);
    world_.send(1, R"([32,1,{},"lab.all"])");
    world_.door.reload({door_realm(with(policy_text,
                                        "[[allow]]\nid = \"now-latest\"\nroles = "
                                        "[\"*\"]\nactions = [\"subscribe\"]\nuri = "
                                        "\"lab.all\"\ndeliver = \"latest\"\n"))},
                       world_.wires.out);
    const Session& session = *world_.door.sessions().find(world_.wires.session(1));
    const auto decision =
        world_.door.judge().judge_holding(session, {Action::subscribe, "lab.all"});
    world_.door.redeliver(session, 7, 1, "lab.all", decision, world_.wires.out);
    world_.take();
    EXPECT_EQ(deliver({session.id}, wamp::Subscribed{1, 7}),
              (Lines{"1 small buffer", "1 [33,1,7]"}));
}

}  // namespace
}  // namespace sallyport::policy
