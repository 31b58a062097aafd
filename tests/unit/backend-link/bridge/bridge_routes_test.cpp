// Routes that call things otherwise on the other side, through all parts of a bridge.
#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict prefix{{"match", "prefix"}};
const Dict wildcard{{"match", "wildcard"}};

/// A world whose links convey nobody, to keep the lines short.
struct Routed : BridgeWorld {
    Routed() : BridgeWorld(profile_of(BackendKind::generic), full_router, routes_policy) {}
};

std::string event(SessionId to, wamp::SubscriptionId id, std::string_view rest) {
    return std::to_string(to) + " [36," + std::to_string(id) + "," + std::string(rest);
}

TEST(BridgeRoutes, CallWhatTheRouteSays) {
    Routed world;
    const SessionId session = world.join();
    world.call(session, 1, "out.dome.open", {}, json("[1]"));
    world.call(session, 2, "deep.x");
    world.call(session, 3, "lab.x");
    EXPECT_EQ(world.take(),
              (Lines{R"(link [48,1,{},"lab.dome.open",[1]])",
                     R"(link [48,2,{},"very.deep.inside.x"])", R"(link [48,3,{},"lab.x"])"}));
}

// W-MSG-11
TEST(BridgeRoutes, RefuseWhatWouldBeTooLongBehind) {
    Routed world;
    const SessionId session = world.join();
    const std::string longest = "deep." + std::string(wamp::uri_bytes_max - 17, 'x');
    world.call(session, 1, longest);
    EXPECT_EQ(world.take().size(), 1u);
    EXPECT_EQ(world.bridge.counts().calls, 1u);
    const std::string too_long = longest + "x";
    world.call(session, 2, too_long);
    world.publish(session, 3, too_long, {{"acknowledge", true}});
    world.publish(session, 4, too_long);
    world.subscribe(session, 5, too_long);
    world.enrol(session, 6, too_long);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,2,{},"wamp.error.invalid_uri"])",
                                   R"(101 [8,16,3,{},"wamp.error.invalid_uri"])",
                                   R"(101 [8,32,5,{},"wamp.error.invalid_uri"])",
                                   R"(101 [8,64,6,{},"wamp.error.invalid_uri"])"}));
}

// W-GWY-04
TEST(BridgeRoutes, ShareOneSubscriptionBehindUnderAllItsNames) {
    Routed world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const SessionId third = world.join();
    world.subscribe(first, 1, "out.t");
    world.subscribe(second, 1, "hold.t");
    world.subscribe(third, 1, "lab.t");
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{},"lab.t"])"}));
    world.link(wamp::Subscribed{1, 77});
    std::vector<wamp::SubscriptionId> ids;
    for (const auto& entry : world.out.to_sessions.entries()) {
        ids.push_back(std::get<wamp::Subscribed>(entry.message).subscription);
    }
    world.take();
    ASSERT_EQ(ids.size(), 3u);
    EXPECT_NE(ids[0], ids[1]);
    world.link_event(77, 900, {}, json("[1]"));
    EXPECT_EQ(world.take(),
              (Lines{event(first, ids[0], "900,{},[1]]"), event(second, ids[1], "900,{},[1]]"),
                     event(third, ids[2], "900,{},[1]]")}));
    EXPECT_TRUE(world.unsubscribe(first, 2, ids[0]));
    world.leave(third);
    EXPECT_EQ(world.take(), (Lines{"101 [35,2]"}));
    EXPECT_TRUE(world.unsubscribe(second, 2, ids[1]));
    EXPECT_EQ(world.take(), (Lines{"102 [35,2]", "link [34,2,77]"}));
    world.link(wamp::Unsubscribed{2, {}});
    EXPECT_TRUE(world.empty());
}

// W-PBS-02
TEST(BridgeRoutes, NameTheTopicOfAnEventAsItIsCalledInFront) {
    Routed world;
    const SessionId session = world.join();
    const auto by_prefix = world.subscribed(session, 1, "out.dome", 77, prefix);
    const auto by_wildcard = world.subscribed(session, 2, "out..open", 78, wildcard);
    const auto deep = world.subscribed(session, 3, "deep.", 79, prefix);
    world.link_event(77, 900, {{"topic", "lab.dome2.open"}});
    world.link_event(78, 900, {{"topic", "lab.dome2.open"}});
    world.link_event(79, 901, {{"topic", "very.deep.inside.x"}});
    EXPECT_EQ(world.take(),
              (Lines{event(session, by_prefix, R"(900,{"topic":"out.dome2.open"}])"),
                     event(session, by_wildcard, R"(900,{"topic":"out.dome2.open"}])"),
                     event(session, deep, R"(901,{"topic":"deep.x"}])")}));
    world.link_event(79, 902, {{"topic", "very.deep.other"}});  // not below what was subscribed
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeRoutes, SubscribeThePatternBehind) {
    Routed world;
    const SessionId session = world.join();
    world.subscribe(session, 1, "out.do", prefix);
    world.subscribe(session, 2, "deep..x", wildcard);
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{"match":"prefix"},"lab.do"])",
                                   R"(link [32,2,{"match":"wildcard"},"very.deep.inside..x"])"}));
}

// The recheck asks about the topic as the subscriber calls it.
TEST(BridgeRoutes, CheckEachEventByItsNameInFront) {
    Routed world;
    const SessionId guest = world.join(full_client, "guest");
    const SessionId user = world.join(full_client, "user");
    const auto id = world.subscribed(guest, 1, "out.", 77, prefix);
    world.subscribed(user, 1, "out.", 0, prefix);
    const auto plain = world.subscribed(guest, 2, "lab.", 0, prefix);
    world.link_event(77, 900, {{"topic", "lab.secret.x"}});
    EXPECT_EQ(world.take(), (Lines{event(user, id, R"(900,{"topic":"out.secret.x"}])"),
                                   event(guest, plain, R"(900,{"topic":"lab.secret.x"}])")}));
}

TEST(BridgeRoutes, BringPublicationsToSubscribersByOtherNames) {
    Routed world;
    const SessionId publisher = world.join();
    const SessionId subscriber = world.join();
    const SessionId other = world.join();
    const auto exact = world.subscribed(subscriber, 1, "hold.t", 77);
    const auto below = world.subscribed(other, 1, "out.", 78, prefix);
    world.publish(publisher, 1, "out.t", {{"acknowledge", true}}, json("[1]"));
    EXPECT_EQ(world.take(), (Lines{R"(link [16,3,{"acknowledge":true},"lab.t",[1]])"}));
    world.link(wamp::Published{3, 900});
    EXPECT_EQ(world.take(), (Lines{"101 [17,1,900]", event(subscriber, exact, "900,{},[1]]"),
                                   event(other, below, R"(900,{"topic":"out.t"},[1]])")}));
}

TEST(BridgeRoutes, RegisterBehindAndNameTheProcedureAsInFront) {
    Routed world;
    const SessionId callee = world.join();
    const auto exact = world.registered(callee, 1, "out.p", 77);
    const auto below = world.registered(callee, 2, "deep.", 78, prefix);
    world.link_invocation(1, 77, {{"procedure", "lab.p"}});
    world.link_invocation(2, 78, {{"procedure", "very.deep.inside.x"}});
    EXPECT_EQ(world.take(),
              (Lines{"101 [68,1," + std::to_string(exact) + ",{}]",
                     "101 [68,2," + std::to_string(below) + R"(,{"procedure":"deep.x"}])"}));
    world.link_invocation(3, 78, {{"procedure", "elsewhere.x"}});
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,3,{},"wamp.error.invalid_uri"])"}));
}

// W-GWY-07
TEST(BridgeRoutes, LetOneSessionRegisterWhatHasTwoNames) {
    Routed world;
    const SessionId callee = world.join();
    world.registered(callee, 1, "out.p", 77);
    world.enrol(world.join(), 1, "hold.p");
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,64,1,{},"wamp.error.procedure_already_exists"])"}));
}

TEST(BridgeRoutes, GiveARegistrationOnItsWayTheNameOfItsNextOwner) {
    Routed world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.enrol(first, 1, "out.", prefix);
    world.leave(first);
    world.enrol(second, 1, "hold.", prefix);
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{"match":"prefix"},"lab."])"}));
    world.link(wamp::Registered{1, 77});
    world.take();
    world.link_invocation(1, 77, {{"procedure", "lab.x"}});
    EXPECT_NE(world.take().at(0).find(R"({"procedure":"hold.x"})"), std::string::npos);
}

TEST(BridgeRoutes, RestoreEachSubscriptionAndRegistrationOnce) {
    Routed world;
    const SessionId session = world.join();
    world.subscribed(session, 1, "out.t", 77);
    world.subscribed(session, 2, "hold.t", 0);
    world.registered(session, 3, "out.p", 78);
    world.link_lost();
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"lab.p"])", R"(link [32,2,{},"lab.t"])"}));
    world.link(wamp::Subscribed{2, 99});
    EXPECT_EQ(world.take(), Lines{});
    world.link_event(99, 900);
    EXPECT_EQ(world.take().size(), 2u);
}

TEST(BridgeRoutes, RevokeASubscriptionUnderAllItsNames) {
    Routed world;
    const SessionId session = world.join();
    const auto one = world.subscribed(session, 1, "out.t", 77);
    const auto two = world.subscribed(session, 2, "hold.t", 0);
    world.link(wamp::Unsubscribed{0, {{"subscription", 77}}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [35,0,{"subscription":)" + std::to_string(one) + "}]",
                                   R"(101 [35,0,{"subscription":)" + std::to_string(two) + "}]"}));
    EXPECT_TRUE(world.empty());
}

}  // namespace
}  // namespace sallyport::backend_link
