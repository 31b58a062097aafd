// Routes with several backends: which one serves a request, and what the others get.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view list_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = "lab."
to = ["inside", "plc"]
[[route]]
id = "hold"
match = "prefix"
uri = "hold."
to = ["inside", "plc"]
rewrite = "lab."
when_down = "wait"
wait = "2s"
[[route]]
id = "patient"
match = "prefix"
uri = "patient."
to = ["plc", "inside"]
rewrite = "lab."
when_down = "wait"
wait = "2s"
[[route]]
id = "again"
match = "prefix"
uri = "again."
to = ["inside", "plc"]
rewrite = "lab."
idempotent = true
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["lab.", "hold.", "patient.", "again."]
)";

constexpr std::string_view revocable_hello =
    R"([1,"lab",{"roles":{"caller":{},"publisher":{},"callee":{"features":{"registration_revocation":true}},)"
    R"("subscriber":{"features":{"subscription_revocation":true}}}}])";

std::string with(std::string_view from, std::string_view to) {
    std::string text(list_policy);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// The first backend, "inside", is at peer 9 and the second, "plc", at peer 10.
class FrontBackends : public testing::Test {
protected:
    explicit FrontBackends(backend_link::BackendKind kind = backend_link::BackendKind::generic)
        : world_(true, kind, list_policy) {
        world_.take();
    }
    void both_up() {
        world_.link_up(9);
        second_up();
    }
    void second_up(std::uint64_t id = 10) {
        world_.link_up(id, Serializer::json, 16U << 20, 1);
        world_.take();
    }
    void join(std::uint64_t id) { world_.join(id, Serializer::json, 16U << 20, revocable_hello); }
    /// The last element of the only line.
    static std::string last(const Lines& lines) {
        if (lines.empty()) return "nothing";
        const auto comma = lines[0].rfind(',');
        return lines[0].substr(comma + 1, lines[0].size() - comma - 2);
    }
    /// Subscribes it to lab.t, as 500 at the first and as 700 at the second; the id in front.
    std::string subscribe(std::uint64_t id) {
        EXPECT_EQ(world_.after(id, R"([32,1,{},"lab.t"])"), Lines{R"(9 [32,1,{},"lab.t"])"});
        const Lines told = world_.after(9, "[33,1,500]");
        EXPECT_EQ(told.size(), 2U);
        EXPECT_EQ(told.back(), R"(10 [32,1,{},"lab.t"])");
        EXPECT_EQ(world_.after(10, "[33,1,700]"), Lines{});
        return last(told);
    }
    /// With the same number on both links.
    std::string enrol(std::uint64_t id, int request = 1) {
        const std::string number = std::to_string(request);
        const std::string wanted = " [64," + number + ",{},\"lab.p\"]";
        EXPECT_EQ(world_.after(id, wanted.substr(1)), Lines{"9" + wanted});
        const Lines told = world_.after(9, "[65," + number + ",600]");
        EXPECT_EQ(told.size(), 2U);
        EXPECT_EQ(told.back(), "10" + wanted);
        EXPECT_EQ(world_.after(10, "[65," + number + ",800]"), Lines{});
        return last(told);
    }
    Front::Reloaded reload(std::string_view text) {
        const auto expected = world_.front.would_reload({policy::door_realm(text)});
        const auto done =
            world_.front.reload({policy::door_realm(text)}, world_.now, world_.wires.out);
        EXPECT_EQ(done.subscriptions_revoked, expected.subscriptions_revoked);
        EXPECT_EQ(done.registrations_revoked, expected.registrations_revoked);
        EXPECT_EQ(done.moved, expected.moved);
        return done;
    }

    FrontWorld world_;
};

TEST_F(FrontBackends, CallTheFirstThatIsUp) {
    both_up();
    join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.a"])"), Lines{R"(9 [48,1,{},"lab.a"])"});
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{R"(1 [8,48,1,{},"wamp.error.network_failure"])"});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.a"])"), Lines{R"(10 [48,1,{},"lab.a"])"});
    EXPECT_EQ(world_.after(10, "[50,1,{},[2]]"), Lines{"1 [50,2,{},[2]]"});
    world_.link_up(11);
    EXPECT_EQ(world_.after(1, R"([48,3,{},"lab.a"])"), Lines{R"(11 [48,1,{},"lab.a"])"});
    world_.lose(10);
    world_.lose(11);
    world_.take();
    EXPECT_EQ(world_.after(1, R"([48,4,{},"lab.a"])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.unavailable"])"});
}

TEST_F(FrontBackends, SubscribeAtAllAndDeliverEachEventOnce) {
    both_up();
    join(1);
    const std::string id = subscribe(1);
    EXPECT_EQ(world_.after(9, "[36,500,7,{},[1]]"), Lines{"1 [36," + id + ",7,{},[1]]"});
    EXPECT_EQ(world_.after(10, "[36,700,8,{},[2]]"), Lines{"1 [36," + id + ",8,{},[2]]"});
    join(2);
    EXPECT_EQ(world_.after(2, R"([32,1,{},"lab.t"])"), Lines{"2 [33,1," + id + "]"});
    EXPECT_EQ(world_.after(1, "[34,2," + id + "]"), Lines{"1 [35,2]"});
    EXPECT_EQ(world_.after(10, "[36,700,9,{},[3]]"), Lines{"2 [36," + id + ",9,{},[3]]"});
    EXPECT_EQ(world_.after(2, "[34,2," + id + "]"),
              (Lines{"9 [34,2,500]", "2 [35,2]", "10 [34,2,700]"}));
    EXPECT_EQ(world_.after(10, "[36,700,10,{},[4]]"), Lines{});
}

TEST_F(FrontBackends, GiveTheSameIdWhicheverIsUp) {
    both_up();
    join(1);
    const std::string id = subscribe(1);
    world_.lose(9);
    world_.take();
    join(2);
    EXPECT_EQ(world_.after(2, R"([32,1,{},"lab.t"])"), Lines{"2 [33,1," + id + "]"});
    world_.link_open(11);
    world_.take();
    EXPECT_EQ(world_.after(11, welcome), Lines{R"(11 [32,1,{},"lab.t"])"});
    EXPECT_EQ(world_.after(11, "[33,1,501]"), Lines{});
    const Lines both = world_.after(11, "[36,501,7,{},[1]]");
    EXPECT_EQ(both, (Lines{"1 [36," + id + ",7,{},[1]]", "2 [36," + id + ",7,{},[1]]"}));
}

TEST_F(FrontBackends, LetABackendThatWaitsForASubscriptionAnswerTheNextOne) {
    second_up();
    join(1);
    join(2);
    EXPECT_EQ(world_.after(1, R"([32,1,{},"lab.t"])"), Lines{R"(10 [32,1,{},"lab.t"])"});
    world_.link_up(9);
    EXPECT_EQ(world_.after(2, R"([32,1,{},"lab.t"])"), Lines{});
    const Lines told = world_.after(10, "[33,1,700]");
    ASSERT_EQ(told.size(), 3U);
    EXPECT_TRUE(told[0].starts_with("1 [33,1,")) << told[0];
    EXPECT_EQ(told[1], "2" + told[0].substr(1));
    EXPECT_EQ(told[2], R"(9 [32,1,{},"lab.t"])");
}

TEST_F(FrontBackends, TellOfARevocationOnlyWhenNoneHasTheSubscription) {
    both_up();
    join(1);
    const std::string id = subscribe(1);
    EXPECT_EQ(world_.after(9, R"([35,0,{"subscription":500}])"), Lines{});
    EXPECT_EQ(world_.after(10, "[36,700,8,{},[2]]"), Lines{"1 [36," + id + ",8,{},[2]]"});
    EXPECT_EQ(world_.after(10, R"([35,0,{"subscription":700}])"),
              Lines{"1 [35,0,{\"subscription\":" + id + "}]"});
}

TEST_F(FrontBackends, RestoreWhatOneLacksWhenItIsBack) {
    both_up();
    join(1);
    subscribe(1);
    enrol(1, 2);
    world_.send(9, R"([35,0,{"subscription":500}])");
    world_.send(9, R"([67,0,{"registration":600}])");
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{});
    world_.link_open(11);
    world_.take();
    EXPECT_EQ(world_.after(11, welcome),
              (Lines{R"(11 [32,1,{},"lab.t"])", R"(11 [64,2,{},"lab.p"])"}));
}

TEST_F(FrontBackends, RegisterAtAll) {
    both_up();
    join(1);
    const std::string id = enrol(1);
    EXPECT_EQ(world_.after(9, "[68,5,600,{},[1]]"), Lines{"1 [68,1," + id + ",{},[1]]"});
    EXPECT_EQ(world_.after(10, "[68,5,800,{},[2]]"), Lines{"1 [68,2," + id + ",{},[2]]"});
    EXPECT_EQ(world_.after(1, "[70,2,{},[4]]"), Lines{"10 [70,5,{},[4]]"});
    EXPECT_EQ(world_.after(1, "[70,1,{},[3]]"), Lines{"9 [70,5,{},[3]]"});
    EXPECT_EQ(world_.after(1, "[66,2," + id + "]"),
              (Lines{"9 [66,2,600]", "1 [67,2]", "10 [66,2,800]"}));
}

TEST_F(FrontBackends, KeepARegistrationThatOneRefuses) {
    both_up();
    join(1);
    EXPECT_EQ(world_.after(1, R"([64,1,{},"lab.p"])"), Lines{R"(9 [64,1,{},"lab.p"])"});
    const std::string id = last(world_.after(9, "[65,1,600]"));
    EXPECT_EQ(world_.after(10, R"([8,64,1,{},"wamp.error.procedure_already_exists"])"), Lines{});
    EXPECT_EQ(world_.after(9, "[68,5,600,{},[1]]"), Lines{"1 [68,1," + id + ",{},[1]]"});
    EXPECT_EQ(world_.after(9, R"([67,0,{"registration":600}])"),
              Lines{"1 [67,0,{\"registration\":" + id + "}]"});
}

TEST_F(FrontBackends, PublishToAllAndAcknowledgeOnce) {
    both_up();
    join(1);
    join(2);
    const std::string id = subscribe(2);
    EXPECT_EQ(
        world_.after(1, R"([16,1,{"acknowledge":true},"lab.t",["x"]])"),
        (Lines{R"(9 [16,2,{"acknowledge":true},"lab.t",["x"]])", R"(10 [16,2,{},"lab.t",["x"]])"}));
    EXPECT_EQ(world_.after(9, "[17,2,900]"),
              (Lines{"1 [17,1,900]", "2 [36," + id + ",900,{},[\"x\"]]"}));
    world_.lose(9);
    world_.take();
    EXPECT_EQ(world_.after(1, R"([16,2,{"acknowledge":true},"lab.t",["y"]])"),
              Lines{R"(10 [16,3,{"acknowledge":true},"lab.t",["y"]])"});
    EXPECT_EQ(world_.after(10, "[17,3,901]"),
              (Lines{"1 [17,2,901]", "2 [36," + id + ",901,{},[\"y\"]]"}));
}

TEST_F(FrontBackends, HoldAPublicationUntilEachLinkHasRoom) {
    both_up();
    join(1);
    world_.links_write = false;
    const std::string big = "[16,1,{},\"lab.t\",[\"" + std::string(70000, 'x') + "\"]]";
    world_.send(1, big);  // fills the window of both
    world_.take();
    world_.front.on_written(peer(9), 0, world_.now, world_.wires.out);
    EXPECT_EQ(world_.after(1, R"([16,2,{"acknowledge":true},"lab.t",[1]])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([48,3,{},"lab.a"])"), Lines{R"(9 [48,2,{},"lab.a"])"})
        << "a client that is read in spite of that is served by the link that has room";
    world_.front.on_written(peer(10), 0, world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), (Lines{"1 resumed", R"(9 [16,3,{"acknowledge":true},"lab.t",[1]])",
                                    R"(10 [16,2,{},"lab.t",[1]])"}));
}

TEST_F(FrontBackends, HandOverWhatWaits) {
    join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"hold.a"])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([16,2,{},"hold.t"])"), Lines{});
    world_.link_open(10, Serializer::json, 16U << 20, 1);
    world_.take();
    EXPECT_EQ(world_.after(10, welcome),
              (Lines{R"(10 [48,1,{},"lab.a"])", R"(10 [16,2,{"acknowledge":true},"lab.t"])"}));
    EXPECT_EQ(world_.after(10, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
}

/// list_policy with one backend for each route.
std::string single_policy(std::string_view backend) {
    std::string text(list_policy);
    for (const std::string_view list : {R"(["inside", "plc"])", R"(["plc", "inside"])"}) {
        for (auto at = text.find(list); at != std::string::npos; at = text.find(list))
            text.replace(at, list.size(), '"' + std::string(backend) + '"');
    }
    return text;
}

TEST(FrontBackend, WaitsForTheLinkThatReplacesAnother) {
    const std::string policy = single_policy("inside");
    FrontWorld world(true, backend_link::BackendKind::generic, policy);
    world.take();
    world.join(1, Serializer::json, 16U << 20, revocable_hello);
    EXPECT_EQ(world.after(1, R"([48,1,{},"hold.a"])"), Lines{});
    LinkChange change;
    change.added.push_back(
        backend("inside", true, backend_link::BackendKind::generic, {3s, 9s, 9s}));
    change.removed = {0};
    world.front.reload({policy::door_realm(policy)}, world.now, world.wires.out, std::move(change));
    world.take();
    world.link_open(11, Serializer::json, 16U << 20, 2);
    world.take();
    EXPECT_EQ(world.after(11, welcome), Lines{R"(11 [48,1,{},"lab.a"])"});
    EXPECT_EQ(world.after(11, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
}

TEST_F(FrontBackends, EndAtOnceWhatWaitsForALinkThatNothingReplaces) {
    join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"hold.a"])"), Lines{});
    std::string text = single_policy("plc");
    constexpr std::string_view allowed = R"("hold.", )";
    text.erase(text.find(allowed), allowed.size());
    LinkChange change;
    change.removed = {0};
    world_.front.reload({policy::door_realm(text)}, world_.now, world_.wires.out,
                        std::move(change));
    const Lines told = world_.take();
    EXPECT_EQ(std::count(told.begin(), told.end(), R"(1 [8,48,1,{},"wamp.error.unavailable"])"), 1);
}

// W-ORD-07
TEST_F(FrontBackends, AnswerAnUnsubscribeAfterTheSubscribeThatWaits) {
    both_up();
    join(1);
    world_.send(1, R"([32,1,{},"patient.t"])");
    world_.take();
    const std::string id = last(world_.after(10, "[33,1,700]"));
    world_.send(9, "[33,1,500]");
    world_.lose(9);
    world_.lose(10);
    world_.take();
    EXPECT_EQ(world_.after(1, R"([32,2,{},"patient.t"])"), Lines{});
    EXPECT_EQ(world_.after(1, "[34,3," + id + "]"), Lines{});
    world_.link_open(11, Serializer::json, 16U << 20, 1);
    world_.take();
    world_.send(11, welcome);
    world_.take();
    const Lines told = world_.after(11, "[33,1,701]");
    EXPECT_EQ(told, (Lines{"11 [34,2,701]", "1 [33,2," + id + "]", "1 [35,3]"}));
}

TEST_F(FrontBackends, RepeatAnIdempotentCallAtTheOtherOneAtOnce) {
    both_up();
    join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"again.a"])"), Lines{R"(9 [48,1,{},"lab.a"])"});
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{R"(10 [48,1,{},"lab.a"])"});
    EXPECT_EQ(world_.after(10, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
}

TEST_F(FrontBackends, ServeNoNewRequestsWhileDrainedIfAnotherIsUp) {
    both_up();
    join(1);
    world_.send(1, R"([48,1,{},"lab.a"])");
    world_.take();
    EXPECT_FALSE(world_.front.drain("nobody", true));
    EXPECT_TRUE(world_.front.drain("inside", true));
    EXPECT_TRUE(world_.front.links()[0].drained);
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.a"])"), Lines{R"(10 [48,1,{},"lab.a"])"});
    EXPECT_EQ(world_.after(9, "[50,1,{},[1]]"), Lines{"1 [50,1,{},[1]]"}) << "in flight";
    EXPECT_EQ(world_.after(1, R"([32,3,{},"lab.t"])"), Lines{R"(10 [32,2,{},"lab.t"])"});
    EXPECT_EQ(world_.after(10, "[33,2,700]").back(), R"(9 [32,2,{},"lab.t"])");
    world_.lose(10);
    world_.take();
    EXPECT_EQ(world_.after(1, R"([48,4,{},"lab.a"])"), Lines{R"(9 [48,3,{},"lab.a"])"})
        << "rather than none";
    second_up(11);
    EXPECT_TRUE(world_.front.drain("inside", false));
    EXPECT_EQ(world_.after(1, R"([48,5,{},"lab.a"])"), Lines{R"(9 [48,4,{},"lab.a"])"});
}

TEST_F(FrontBackends, TellWhichRoutesHaveNoOther) {
    using Ids = std::vector<std::string_view>;
    EXPECT_EQ(world_.front.only_served_by("inside"), Ids{});
    reload(with("id = \"hold\"\nmatch = \"prefix\"\nuri = \"hold.\"\nto = [\"inside\", \"plc\"]",
                "id = \"hold\"\nmatch = \"prefix\"\nuri = \"hold.\"\nto = \"plc\""));
    EXPECT_EQ(world_.front.only_served_by("plc"), Ids{"hold"});
    EXPECT_EQ(world_.front.only_served_by("inside"), Ids{});
}

TEST_F(FrontBackends, FollowAReloadThatTakesOneOutOfTheList) {
    both_up();
    join(1);
    const std::string topic = subscribe(1);
    const std::string procedure = enrol(1, 2);
    const auto less = reload(with(R"(["inside", "plc"])", R"("plc")"));
    EXPECT_EQ(less.moved, 2U);
    EXPECT_EQ(less.subscriptions_revoked + less.registrations_revoked, 0U);
    EXPECT_EQ(world_.take(), (Lines{"9 [34,3,500]", "9 [66,4,600]"}));
    EXPECT_EQ(world_.after(10, "[36,700,8,{},[2]]"), Lines{"1 [36," + topic + ",8,{},[2]]"});
    EXPECT_EQ(world_.after(1, R"([48,3,{},"lab.a"])"), Lines{R"(10 [48,3,{},"lab.a"])"});
    const auto more = reload(list_policy);
    EXPECT_EQ(more.moved, 0U) << "nothing has left where it was";
    EXPECT_EQ(world_.take(), (Lines{R"(9 [32,5,{},"lab.t"])", R"(9 [64,6,{},"lab.p"])"}));
    EXPECT_EQ(world_.after(10, "[68,5,800,{},[1]]"), Lines{"1 [68,1," + procedure + ",{},[1]]"});
}

TEST_F(FrontBackends, SpreadCallsByAnArgument) {
    const std::string spread = with("uri = \"lab.\"", "uri = \"lab.\"\nspread = { arg = 0 }");
    world_.front.reload({policy::door_realm(spread)}, world_.now, world_.wires.out);
    world_.take();
    both_up();
    join(1);
    int request = 0;
    const auto link_of = [&](int key) {
        const Lines sent = world_.after(
            1, "[48," + std::to_string(++request) + ",{},\"lab.a\",[" + std::to_string(key) + "]]");
        return sent.size() == 1U ? sent[0].substr(0, sent[0].find(' ')) : "none";
    };
    std::vector<std::string> before;
    for (int key = 0; key < 40; ++key) before.push_back(link_of(key));
    const auto served_by_9 = std::count(before.begin(), before.end(), "9");
    EXPECT_GT(served_by_9, 10);
    EXPECT_LT(served_by_9, 30);
    for (int key = 0; key < 40; ++key) EXPECT_EQ(link_of(key), before[std::size_t(key)]) << key;
    world_.lose(9);
    world_.take();
    for (int key = 0; key < 40; ++key) EXPECT_EQ(link_of(key), "10") << key;
}

TEST_F(FrontBackends, SpreadCallsWithoutTheArgumentByCaller) {
    const std::string spread = with("uri = \"lab.\"", "uri = \"lab.\"\nspread = { kwarg = \"x\" }");
    world_.front.reload({policy::door_realm(spread)}, world_.now, world_.wires.out);
    world_.take();
    both_up();
    std::set<std::string> served_by;
    for (std::uint64_t peer = 20; peer < 40; ++peer) {
        join(peer);
        std::set<std::string> of_one;
        int request = 0;
        for (const char* const arguments : {"", ",[1]", ",[],{\"y\":1}", ",[],{\"x\":[1]}"}) {
            const Lines sent = world_.after(
                peer, "[48," + std::to_string(++request) + ",{},\"lab.a\"" + arguments + "]");
            ASSERT_EQ(sent.size(), 1U);
            of_one.insert(sent[0].substr(0, sent[0].find(' ')));
        }
        EXPECT_EQ(of_one.size(), 1U) << peer;
        served_by.insert(of_one.begin(), of_one.end());
    }
    EXPECT_EQ(served_by, (std::set<std::string>{"10", "9"}));
}

class FrontInsides : public FrontBackends {
protected:
    FrontInsides() : FrontBackends(backend_link::BackendKind::sallyport) {}
};

TEST_F(FrontInsides, MarkACopyForThem) {
    both_up();
    join(1);
    const Lines sent = world_.after(1, R"([16,1,{},"lab.t"])");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].find("_copy"), std::string::npos) << sent[0];
    EXPECT_TRUE(sent[1].starts_with(R"(10 [16,1,{"_copy":true,)")) << sent[1];
}

}  // namespace
}  // namespace sallyport::gateway
