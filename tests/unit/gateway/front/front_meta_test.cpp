// What the front itself answers: the meta API of its own sessions, and nothing else below "wamp.".
#include <algorithm>

#include "tests/unit/gateway/front/front_world.h"
#include "wamp/message/uris.h"

namespace sallyport::gateway {
namespace {

namespace uris = wamp::uris;

constexpr std::string_view meta_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta", "testaments", "history"]
[[allow]]
id = "kill"
roles = ["guest"]
actions = ["call"]
uri = ["wamp.session.kill", "wamp.session.kill_all"]
grants = ["meta"]
)";

class FrontMeta : public testing::Test {
protected:
    FrontMeta() {
        world_.take();
        world_.link_up();
        for (const std::uint64_t id : {1u, 2u}) world_.join(id);
    }
    std::string session(std::uint64_t id) {
        return std::to_string(world_.wires.welcome(id).session);
    }
    bool announces(FrontWorld& world, std::uint64_t id, std::string_view role,
                   std::string_view feature) {
        const wamp::Dict& details = world.wires.welcome(id).details;
        return details.get_dict("roles")
            ->get_dict(role)
            ->get_dict("features")
            ->get_bool(feature, false);
    }

    /// The testament of these tests on the link.
    static std::string expected(int request) {
        return "9 [16," + std::to_string(request) + R"(,{"acknowledge":true},"lab.off",[7]])";
    }

    FrontWorld world_{true, backend_link::BackendKind::generic, meta_policy};
};

// W-SSM-01, W-FEA-01
TEST_F(FrontMeta, AnnouncesWhatWorksThroughAllBackends) {
    FrontWorld trusted(true, backend_link::BackendKind::sallyport, meta_policy);
    trusted.take();
    trusted.join(1);
    for (FrontWorld* world : {&world_, &trusted}) {
        EXPECT_TRUE(announces(*world, 1, "broker", "session_meta_api"));
        EXPECT_TRUE(announces(*world, 1, "dealer", "session_meta_api"));
        EXPECT_TRUE(announces(*world, 1, "dealer", "testament_meta_api"));
        EXPECT_TRUE(announces(*world, 1, "dealer", "registration_meta_api"));
        EXPECT_TRUE(announces(*world, 1, "broker", "subscription_meta_api"));
        EXPECT_TRUE(announces(*world, 1, "dealer", "progressive_call_invocations"));
        const bool names = world == &trusted;
        EXPECT_EQ(announces(*world, 1, "dealer", "caller_identification"), names);
        EXPECT_EQ(announces(*world, 1, "dealer", "shared_registration"), names);
        EXPECT_EQ(announces(*world, 1, "broker", "publisher_identification"), names);
        EXPECT_EQ(announces(*world, 1, "broker", "event_retention"), names);
        EXPECT_EQ(announces(*world, 1, "broker", "subscriber_blackwhite_listing"), names);
    }
}

TEST_F(FrontMeta, AnswersForItsOwnSessionsWithoutTheLink) {
    EXPECT_EQ(world_.after(1, R"([48,1,{},"wamp.session.count"])"), Lines{"1 [50,1,{},[2]]"});
    world_.lose(9);
    world_.take();
    EXPECT_EQ(world_.after(1, R"([48,2,{},"wamp.session.count"])"), Lines{"1 [50,2,{},[2]]"});
}

TEST_F(FrontMeta, LetsNothingBelowWampCrossTheLink) {
    EXPECT_TRUE(world_.after(1, R"([48,1,{},"wamp.session.add_testament",["lab.t",[],{}]])")
                    .at(0)
                    .starts_with("1 [50,"));
    EXPECT_GT(world_.front.testament_bytes(), 0U);
    EXPECT_EQ(world_.after(1, R"([48,2,{},"wamp.subscription.get_events",[5]])"),
              Lines{R"(1 [8,48,2,{},"wamp.error.no_such_subscription"])"});
    EXPECT_EQ(world_.after(1, R"([48,3,{},"wamp.registration.list"])"),
              Lines{R"(1 [50,3,{},[{"exact":[],"prefix":[],"wildcard":[]}]])"});
    EXPECT_EQ(world_.after(1, R"([32,4,{},"wamp.registration.on_change"])"),
              Lines{R"(1 [8,32,4,{},"wamp.error.feature_not_supported"])"});
}

/// An event without its envelope, with the sessions by their names.
Lines brief(Lines lines, FrontWorld& world) {
    for (std::string& line : lines) {
        if (line.find(" [36,") != std::string::npos)
            line = line.substr(0, 2) + line.substr(line.find('{'));
        const auto created = line.find(R"("created":")");
        if (created != std::string::npos) line.erase(created - 1, 40);
        for (const std::uint64_t id : {1u, 2u})
            line = with_names(
                line, {{std::to_string(world.wires.session(id)), "S" + std::to_string(id)}});
    }
    return lines;
}

// W-RMA-02, W-RMA-05, W-GWY-01: the numbers that clients were told, for any backend.
TEST_F(FrontMeta, AnswersForRegistrationsOfItsSessions) {
    world_.send(1, R"([32,1,{"match":"prefix"},"wamp.registration."])");
    world_.send(2, R"([64,1,{},"lab.p"])");
    world_.take();
    const Lines lines = brief(world_.after(9, "[65,1,600]"), world_);
    ASSERT_EQ(lines.size(), 3U);
    const std::string id = lines[0].substr(8, lines[0].size() - 9);
    EXPECT_NE(id, "600");
    EXPECT_EQ(lines[1], R"(1 {"topic":"wamp.registration.on_create"},[S2,{"id":)" + id +
                            R"(,"uri":"lab.p","match":"exact","invoke":"single"}]])");
    EXPECT_EQ(lines[2], R"(1 {"topic":"wamp.registration.on_register"},[S2,)" + id + "]]");
    EXPECT_EQ(world_.after(1, R"([48,2,{},"wamp.registration.lookup",["lab.p"]])"),
              Lines{"1 [50,2,{},[" + id + "]]"});
    EXPECT_EQ(
        brief(world_.after(1, "[48,3,{},\"wamp.registration.list_callees\",[" + id + "]]"), world_),
        Lines{"1 [50,3,{},[[S2]]]"});
    EXPECT_EQ(world_.after(1, R"([48,4,{},"wamp.registration.get",[600]])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.no_such_registration"])"});
    // It holds it while the link is down.
    world_.lose(9);
    world_.take();
    EXPECT_EQ(world_.after(1, "[48,5,{},\"wamp.registration.count_callees\",[" + id + "]]"),
              Lines{"1 [50,5,{},[1]]"});
    world_.lose(2);
    EXPECT_EQ(brief(world_.take(), world_),
              (Lines{R"(1 {"topic":"wamp.registration.on_unregister"},[S2,)" + id + "]]",
                     R"(1 {"topic":"wamp.registration.on_delete"},[S2,)" + id + "]]"}));
}

// W-SMA-01, W-SMA-02: one subscription, however many hold it.
TEST_F(FrontMeta, AnswersForSubscriptionsOfItsSessions) {
    world_.join(3);
    world_.send(3, R"([32,1,{"match":"prefix"},"wamp.subscription."])");
    world_.send(1, R"([32,1,{},"lab.t"])");
    world_.take();
    Lines lines = brief(world_.after(9, "[33,1,500]"), world_);
    ASSERT_EQ(lines.size(), 3U);
    const std::string id = lines[0].substr(8, lines[0].size() - 9);
    EXPECT_EQ(lines[1], R"(3 {"topic":"wamp.subscription.on_create"},[S1,{"id":)" + id +
                            R"(,"uri":"lab.t","match":"exact"}]])");
    EXPECT_EQ(lines[2], R"(3 {"topic":"wamp.subscription.on_subscribe"},[S1,)" + id + "]]");
    EXPECT_EQ(brief(world_.after(2, R"([32,1,{},"lab.t"])"), world_),
              (Lines{"2 [33,1," + id + "]",
                     R"(3 {"topic":"wamp.subscription.on_subscribe"},[S2,)" + id + "]]"}));
    EXPECT_EQ(
        brief(world_.after(2, "[48,2,{},\"wamp.subscription.list_subscribers\",[" + id + "]]"),
              world_),
        Lines{"2 [50,2,{},[[S1,S2]]]"});
    EXPECT_EQ(
        brief(world_.after(1, "[34,2," + id + "]"), world_),
        (Lines{"1 [35,2]", R"(3 {"topic":"wamp.subscription.on_unsubscribe"},[S1,)" + id + "]]"}));
    // The backend ends the last one.
    lines = brief(world_.after(9, R"([35,0,{"subscription":500}])"), world_);
    EXPECT_EQ(lines, (Lines{R"(3 {"topic":"wamp.subscription.on_unsubscribe"},[S2,)" + id + "]]",
                            R"(3 {"topic":"wamp.subscription.on_delete"},[S2,)" + id + "]]"}));
    EXPECT_EQ(world_.after(2, "[48,3,{},\"wamp.subscription.get\",[" + id + "]]"),
              Lines{R"(2 [8,48,3,{},"wamp.error.no_such_subscription"])"});
}

TEST_F(FrontMeta, SaysNothingOfHoldingsThatTheBackendRefused) {
    world_.send(1, R"([32,1,{"match":"prefix"},"wamp.registration."])");
    world_.send(2, R"([64,1,{},"lab.p"])");
    world_.take();
    EXPECT_EQ(world_.after(9, R"([8,64,1,{},"wamp.error.procedure_already_exists"])"),
              Lines{R"(2 [8,64,1,{},"wamp.error.procedure_already_exists"])"});
    world_.lose(2);
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(FrontMeta, SaysNothingOfHoldingsThatMoveToAnotherBackend) {
    world_.send(1, R"([32,1,{"match":"prefix"},"wamp.subscription."])");
    world_.send(2, R"([32,1,{},"lab.t"])");
    world_.send(9, "[33,1,500]");
    world_.take();
    std::string moved(meta_policy);
    moved.replace(moved.find(R"(to = "inside")"), 13, R"(to = "plc")");
    EXPECT_EQ(world_.front.reload({policy::door_realm(moved)}, world_.now, world_.wires.out).moved,
              1U);
    EXPECT_EQ(world_.take(), Lines{"9 [34,2,500]"});
    // But of those that the policy ends.
    std::string narrow(moved);
    narrow.replace(narrow.find(R"(["call", "register", "subscribe", "publish"])"), 44,
                   R"(["call", "publish"])");
    EXPECT_EQ(world_.front.reload({policy::door_realm(narrow)}, world_.now, world_.wires.out)
                  .subscriptions_revoked,
              1U);
    EXPECT_EQ(world_.take().size(), 2U);
}

// W-SSM-05
TEST_F(FrontMeta, ReportsJoinsAndLeavesUntilItIsUnsubscribed) {
    const std::string subscribed =
        world_.after(1, R"([32,1,{"match":"prefix"},"wamp.session."])").at(0);
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    world_.front.on_open(peer(3), world_.wires.open(3), world_.now, world_.wires.out);
    world_.send(3, hello);
    Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 2u);  // WELCOME first
    EXPECT_TRUE(lines[1].starts_with("1 [36," + id)) << lines[1];
    EXPECT_NE(lines[1].find(R"({"session":)" + session(3)), std::string::npos) << lines[1];
    world_.lose(3);
    lines = world_.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("wamp.session.on_leave"), std::string::npos);
    EXPECT_EQ(world_.after(1, "[34,2," + id + "]"), Lines{"1 [35,2]"});
    EXPECT_EQ(world_.after(1, "[34,3," + id + "]"),
              Lines{R"(1 [8,34,3,{},"wamp.error.no_such_subscription"])"});
    world_.lose(2);
    EXPECT_EQ(world_.take(), Lines{});
}

// W-SSM-03
TEST_F(FrontMeta, EndsASessionWithAllThatItHas) {
    world_.send(2, R"([32,1,{},"lab.t"])");
    world_.send(9, "[33,1,500]");
    world_.send(2, R"([48,2,{},"lab.a"])");
    world_.send(1, R"([32,1,{},"wamp.session.on_leave"])");
    world_.take();
    const Lines lines = world_.after(1, R"([48,2,{},"wamp.session.kill",[)" + session(2) + "]]");
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(lines[0], "1 [50,2,{},[null]]");
    EXPECT_EQ(lines[1], R"(9 [49,2,{"mode":"killnowait"}])");
    EXPECT_EQ(lines[2], "9 [34,3,500]");
    EXPECT_EQ(lines[3], R"(2 [6,{},"wamp.close.killed"])");
    EXPECT_TRUE(lines[4].starts_with("1 [36,")) << lines[4];
    EXPECT_EQ(world_.front.sessions(), 1u);
    EXPECT_EQ(world_.after(1, R"([48,3,{},"wamp.session.kill",[)" + session(2) + "]]"),
              Lines{R"(1 [8,48,3,{},"wamp.error.no_such_session"])"});
}

// W-SSM-04
TEST_F(FrontMeta, EndsAllOtherSessionsWithoutAWordToSubscribers) {
    world_.join(3);
    world_.send(1, R"([32,1,{},"wamp.session.on_leave"])");
    world_.take();
    EXPECT_EQ(world_.after(1, R"([48,2,{},"wamp.session.kill_all"])").size(), 3u);
    EXPECT_EQ(world_.front.sessions(), 1u);
}

// W-TST-02: however a session ends
TEST_F(FrontMeta, PublishesWhatASessionLeavesBeforeItForgetsIt) {
    const std::string will = R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])";
    world_.join(3);
    world_.join(4);
    world_.join(5);
    for (std::uint64_t id = 1; id <= 5; ++id) EXPECT_EQ(world_.after(id, will).size(), 1u);
    EXPECT_EQ(world_.after(2, R"([6,{},"wamp.close.close_realm"])"),
              (Lines{R"(2 [6,{},"wamp.close.goodbye_and_out"])", expected(1)}));
    world_.send(9, "[17,1,900]");
    world_.lose(3);
    EXPECT_EQ(world_.take(), Lines{expected(2)});
    EXPECT_EQ(world_.after(4, "[4711]").back(), expected(3));  // no message at all
    EXPECT_EQ(world_.after(1, R"([48,2,{},"wamp.session.kill",[)" + session(5) + "]]"),
              (Lines{"1 [50,2,{},[null]]", expected(4), R"(5 [6,{},"wamp.close.killed"])"}));
    world_.front.stop(world_.now, world_.wires.out);
    const Lines lines = world_.take();
    ASSERT_GE(lines.size(), 3u);
    EXPECT_EQ(lines[0], expected(5));
    EXPECT_EQ(lines[1], R"(1 [6,{},"wamp.close.system_shutdown"])");
}

// W-SSM-04, W-TST-03
TEST_F(FrontMeta, PublishesNothingOfThoseWhoAllWereEnded) {
    world_.after(2, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    EXPECT_EQ(world_.after(1, R"([48,1,{},"wamp.session.kill_all"])"),
              (Lines{"1 [50,1,{},[1]]", R"(2 [6,{},"wamp.close.killed"])"}));
    EXPECT_EQ(world_.after(2, R"([6,{},"wamp.close.goodbye_and_out"])"), Lines{"2 closed"});
}

// W-SEC-15: whom the operator puts out does nothing more
TEST_F(FrontMeta, PublishesNothingOfThoseWhomAReloadEnds) {
    world_.after(1, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    std::string text(meta_policy);
    const std::string_view before = R"(anonymous = { role = "guest" })";
    text.replace(text.find(before), before.size(), R"(anonymous = { role = "other" })");
    EXPECT_EQ(world_.front.reload({policy::door_realm(text)}, world_.now, world_.wires.out)
                  .sessions_ended,
              2u);
    Lines lines = world_.take();
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{R"(1 [6,{},"wamp.close.killed"])", R"(2 [6,{},"wamp.close.killed"])"}));
    world_.lose(1);
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(FrontMeta, BringsATestamentToSubscribersOutside) {
    world_.send(1, R"([32,1,{},"lab.off"])");
    world_.take();
    const std::string subscribed = world_.after(9, "[33,1,500]").at(0);
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    world_.after(2, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    world_.lose(2);
    EXPECT_EQ(world_.take(), Lines{expected(2)});
    EXPECT_EQ(world_.after(9, "[17,2,900]"), Lines{"1 [36," + id + ",900,{},[7]]"});
}

TEST_F(FrontMeta, RefusesWhatIsNotGrantedLikeAnythingElse) {
    FrontWorld world;
    world.take();
    world.link_up();
    world.join(1);
    EXPECT_EQ(world.after(1, R"([48,1,{},"wamp.session.count"])"),
              Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world.after(1, R"([32,2,{},"wamp.session.on_join"])"),
              Lines{R"(1 [8,32,2,{},"wamp.error.not_authorized"])"});
}

// What a session leaves behind does not wait for a link that is full, as the session is gone then.
TEST_F(FrontMeta, PublishesTestamentsOnALinkThatIsFull) {
    world_.after(1, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    world_.links_write = false;
    world_.send(2, R"([48,1,{},"lab.a",[")" + std::string(70'000, 'x') + "\"]]");
    EXPECT_EQ(world_.send_bytes(2, R"([48,2,{},"lab.a"])"), wamp::Reading::pause);
    world_.take();
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    const Lines lines = world_.take();
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("9 [16,") && line.find("lab.off") != std::string::npos;
    })) << testing::PrintToString(lines);
}

}  // namespace
}  // namespace sallyport::gateway
