#include "backend-link/bridge/bridge_publications.h"

#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict acknowledged{{"acknowledge", true}};

std::string text(wamp::Id id) {
    return std::to_string(id);
}

// W-GWY-06
TEST(BridgePublications, AskForAnAcknowledgementWhateverThePublisherWants) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    world.publish(publisher, 5, "lab.t", {}, json("[1]", R"({"a":2})"));
    world.publish(publisher, 6, "lab.t", acknowledged);
    EXPECT_EQ(world.take(), (Lines{R"(link [16,1,{"acknowledge":true},"lab.t",[1],{"a":2}])",
                                   R"(link [16,2,{"acknowledge":true},"lab.t"])"}));
    world.link(wamp::Published{1, 900});
    EXPECT_EQ(world.take(), Lines{});  // W-PUB-04
    world.link(wamp::Published{2, 901});
    EXPECT_EQ(world.take(), (Lines{"101 [17,6,901]"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgePublications, ReachFrontSubscribersWhenTheBackendTookThemUnderItsPublicationId) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const auto id = world.subscribed(world.join(), 1, "lab.t", 77);
    {
        const std::string args = R"(["gone by then"])";
        world.publish(publisher, 1, "lab.t", {}, json(args, R"({"a":2})"));
        EXPECT_EQ(world.take().size(), 1u);
        EXPECT_EQ(world.bridge.counts().publication_bytes, 28u);  // topic and payload
    }
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(),
              (Lines{"102 [36," + text(id) + R"(,900,{},["gone by then"],{"a":2}])"}));
    EXPECT_EQ(world.bridge.counts().publications, 0u);
    EXPECT_EQ(world.bridge.counts().publication_bytes, 0u);
}

// W-PUB-08, W-PEX-01, W-PEX-02
TEST(BridgePublications, ReachTheirPublisherOnlyWhenItSaysSoAndAfterItsAcknowledgement) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const auto id = world.subscribed(publisher, 1, "lab.t", 77);
    world.publish(publisher, 2, "lab.t", acknowledged);
    world.publish(publisher, 3, "lab.t", {{"acknowledge", true}, {"exclude_me", false}});
    EXPECT_EQ(world.take(), (Lines{R"(link [16,2,{"acknowledge":true},"lab.t"])",
                                   R"(link [16,3,{"acknowledge":true},"lab.t"])"}));
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), (Lines{"101 [17,2,900]"}));
    world.link(wamp::Published{3, 901});
    EXPECT_EQ(world.take(), (Lines{"101 [17,3,901]", "101 [36," + text(id) + ",901,{}]"}));
}

// W-SUB-08
TEST(BridgePublications, ReachASubscriberOncePerSubscriptionThatMatches) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const auto exact = world.subscribed(publisher, 1, "lab.t.x", 1);
    const auto prefix = world.subscribed(publisher, 2, "lab.", 2, {{"match", "prefix"}});
    const auto wildcard = world.subscribed(publisher, 3, "lab..x", 3, {{"match", "wildcard"}});
    world.publish(publisher, 4, "lab.t.x");
    world.publish(publisher, 5, "lab.t.x", {{"exclude_me", false}});
    world.take();
    world.link(wamp::Published{4, 900});
    EXPECT_EQ(world.take(), Lines{});
    world.link(wamp::Published{5, 901});
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(exact) + ",901,{}]",
                                   "101 [36," + text(prefix) + R"(,901,{"topic":"lab.t.x"}])",
                                   "101 [36," + text(wildcard) + R"(,901,{"topic":"lab.t.x"}])"}));
}

// W-SEC-07
TEST(BridgePublications, AreCheckedAgainstThePolicyOfEachReceiver) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId guest = world.join(full_client, "guest");
    const SessionId user = world.join(full_client, "user");
    const auto id = world.subscribed(guest, 1, "lab.", 77, {{"match", "prefix"}});
    world.subscribed(user, 1, "lab.", 0, {{"match", "prefix"}});
    world.publish(publisher, 1, "lab.secret.key");
    world.take();
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), (Lines{"103 [36," + text(id) + R"(,900,{"topic":"lab.secret.key"}])"}));
}

// W-PUB-04
TEST(BridgePublications, ThatTheBackendRefusesReachNobody) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.publish(publisher, 1, "lab.t");
    world.publish(publisher, 2, "lab.t", acknowledged);
    world.take();
    world.link_error(MessageType::publish, 2, uris::not_authorized, json(R"(["who"])"));
    EXPECT_EQ(world.take(), Lines{});
    world.link_error(MessageType::publish, 3, uris::not_authorized, json(R"(["who"])"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,2,{},"wamp.error.not_authorized"])"}));
    EXPECT_EQ(world.bridge.counts().publications, 0u);
}

// W-GWY-02, W-SEC-02, W-SEC-03, W-SEC-15
TEST(BridgePublications, SendNoOptionThatIsNotOnTheAllowList) {
    BridgeWorld world;
    world.publish(world.join(), 1, "lab.t",
                  {{"retain", true},
                   {"disclose_me", true},
                   {"forward_for", List{}},
                   {"publisher", 1},
                   {"exclude_me", false},
                   {"exclude_role", List{"x"}},
                   {"x_mine", 1}});
    EXPECT_EQ(world.take(), (Lines{R"(link [16,1,{"acknowledge":true},"lab.t"])"}));
}

TEST(BridgePublications, ConveyIdentityAndListsOfItToARouterThatTrustsUs) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    world.publish(world.join(), 1, "lab.t",
                  {{"eligible_authrole", List{"user"}}, {"exclude_authid", List{"bob"}}});
    EXPECT_EQ(world.take(),
              (Lines{R"(link [16,1,{"acknowledge":true,"eligible_authrole":["user"],)"
                     R"("exclude_authid":["bob"],"forward_for":[{"session":101,)"
                     R"("authid":"alice","authrole":"user"}],"x_request":1},"lab.t"])"}));
}

// W-PID-01, W-CID-05
TEST(BridgePublications, RefuseToDiscloseWhenAcknowledgedAndGoOutUndisclosedOtherwise) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    world.publish(publisher, 1, "lab.t", {{"acknowledge", true}, {"disclose_me", true}});
    EXPECT_EQ(world.take(),
              (Lines{R"(101 [8,16,1,{},"wamp.error.option_disallowed.disclose_me"])"}));
    world.publish(publisher, 2, "lab.t", {{"disclose_me", true}});
    world.publish(publisher, 3, "lab.t", {{"acknowledge", true}, {"disclose_me", false}});
    EXPECT_EQ(world.take().size(), 2u);
}

// W-BWL-01, W-BWL-06
TEST(BridgePublications, ApplyTheListsAmongFrontSessions) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    const SessionId publisher = world.join();
    const SessionId bob = world.join(full_client, "user", "bob");
    const SessionId zoe = world.join(full_client, "user", "zoe");
    const auto id = world.subscribed(bob, 1, "lab.t", 77);
    world.subscribed(zoe, 1, "lab.t", 0);
    world.publish(publisher, 1, "lab.t", {{"exclude", List{bob}}});
    world.publish(publisher, 2, "lab.t", {{"exclude_authid", List{"zoe"}}});
    world.take();
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), (Lines{"103 [36," + text(id) + ",900,{}]"}));
    world.link(wamp::Published{3, 901});
    EXPECT_EQ(world.take(), (Lines{"102 [36," + text(id) + ",901,{}]"}));
}

// W-BWL-03
TEST(BridgePublications, CrossToOurInsideWithTheirLists) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    const SessionId publisher = world.join();
    const SessionId bob = world.join();
    const auto id = world.subscribed(bob, 1, "lab.t", 77);
    world.subscribed(world.join(), 1, "lab.t", 0);
    world.publish(publisher, 1, "lab.t", {{"eligible", List{bob}}, {"eligible_authrole", List{}}});
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with(
        R"(link [16,2,{"acknowledge":true,"eligible":[102],"eligible_authrole":[],)"))
        << lines[0];
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), Lines{}) << "nobody has no role";
    world.publish(publisher, 2, "lab.t", {{"eligible", List{bob}}});
    world.take();
    world.link(wamp::Published{3, 901});
    EXPECT_EQ(world.take(), (Lines{"102 [36," + text(id) + ",901,{}]"}));
}

// W-BWL-03: not leaked, and no success.
TEST(BridgePublications, WithListsAreRefusedForRoutersThatMayNotKeepThem) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId bob = world.join();
    world.subscribed(bob, 1, "lab.t", 77);
    wamp::RequestId request = 0;
    for (const char* key : {"eligible", "exclude", "eligible_authid", "exclude_authid",
                            "eligible_authrole", "exclude_authrole"}) {
        ++request;
        world.publish(publisher, request, "lab.t", {{"acknowledge", true}, {key, List{}}});
        EXPECT_EQ(world.take(), (Lines{"101 [8,16," + std::to_string(request) +
                                       R"(,{},"wamp.error.option_not_allowed"])"}))
            << key;
        world.publish(publisher, ++request, "lab.t", {{key, List{}}});
        EXPECT_EQ(world.take(), Lines{}) << key;
    }
    EXPECT_EQ(world.bridge.counts().publications, 0u);
}

TEST(BridgePublications, AreRefusedWhileTheLinkIsDown) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId bob = world.join();
    world.subscribed(bob, 1, "lab.t", 77);
    world.link_lost();
    world.publish(publisher, 1, "lab.t");
    world.publish(publisher, 2, "lab.t", {{"eligible", List{bob}}});
    EXPECT_EQ(world.take(), Lines{});
    world.publish(publisher, 3, "lab.t", acknowledged);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,3,{},"wamp.error.unavailable"])"}));
    EXPECT_EQ(world.bridge.counts().publications, 0u);
}

TEST(BridgePublications, EndOnceInTheirOrderWhenTheLinkIsLost) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.publish(publisher, 1, "lab.t", acknowledged);
    world.publish(publisher, 2, "lab.t");
    world.publish(publisher, 3, "lab.t", acknowledged);
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,1,{},"wamp.error.network_failure"])",
                                   R"(101 [8,16,3,{},"wamp.error.network_failure"])"}));
    EXPECT_EQ(world.bridge.counts().publications, 0u);
    world.link_up();
    world.take();
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgePublications, OfASessionThatLeftStillReachTheOthers) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    const SessionId publisher = world.join();
    const SessionId bob = world.join();
    const auto id = world.subscribed(bob, 1, "lab.t", 77);
    world.publish(publisher, 1, "lab.t", acknowledged, json("[1]"));
    world.publish(publisher, 2, "lab.t", {{"acknowledge", true}, {"eligible", List{bob}}},
                  json("[2]"));
    world.publish(publisher, 3, "lab.t", acknowledged, json("[3]"));
    world.leave(publisher);
    world.take();
    world.link(wamp::Published{2, 900});
    const Lines lines = world.take();
    EXPECT_EQ(lines, (Lines{"102 [36," + text(id) + ",900,{},[1]]"}));
    world.link(wamp::Published{3, 901});
    EXPECT_EQ(world.take(), (Lines{"102 [36," + text(id) + ",901,{},[2]]"}));
    world.link_error(MessageType::publish, 4, uris::not_authorized);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().publications, 0u);
}

TEST(BridgePublications, DropASecondAnswer) {
    BridgeWorld world;
    world.publish(world.join(), 1, "lab.t", acknowledged);
    world.link(wamp::Published{1, 900});
    world.take();
    world.link(wamp::Published{1, 900});
    world.link_error(MessageType::publish, 1, uris::not_authorized);
    EXPECT_EQ(world.take(), Lines{});
}

std::vector<SessionId> relieved(BridgeWorld& world) {
    return std::exchange(world.out.relieved, {});
}

// W-GWY-10
TEST(BridgePublications, HaveNoRoomForAPublisherWithTooManyUnderWay) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId other = world.join();
    constexpr std::size_t most = Publications::publications_per_session_max;
    for (std::size_t i = 1; i <= most; ++i) {
        EXPECT_TRUE(world.bridge.has_room_to_publish(publisher)) << i;
        world.publish(publisher, i, "lab.t");
    }
    EXPECT_FALSE(world.bridge.has_room_to_publish(publisher));
    EXPECT_TRUE(world.bridge.has_room_to_publish(other));
    EXPECT_EQ(world.out.to_link.size(), most);
    for (std::size_t i = 1; i <= most; ++i) {
        world.link(wamp::Published{i, 900 + i});
        // Once, when half of it is acknowledged.
        EXPECT_EQ(relieved(world),
                  i == most / 2 ? std::vector{publisher} : std::vector<SessionId>{});
    }
    EXPECT_TRUE(world.bridge.has_room_to_publish(publisher));
}

// W-GWY-10
TEST(BridgePublications, HaveNoRoomForAPublisherWithTooMuchThatIsKept) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const std::string args = "[\"" + std::string(std::size_t{400} << 10, 'x') + "\"]";
    for (wamp::RequestId i = 1; i <= 8; ++i) world.publish(publisher, i, "lab.u", {}, json(args));
    EXPECT_TRUE(world.bridge.has_room_to_publish(publisher))
        << "nobody subscribed: nothing is kept";
    for (wamp::RequestId i = 1; i <= 8; ++i) world.link(wamp::Published{i, 900});
    world.subscribed(world.join(), 1, "lab.t", 77);
    wamp::RequestId request = 10;
    while (world.bridge.has_room_to_publish(publisher))
        world.publish(publisher, ++request, "lab.t", acknowledged, json(args));
    EXPECT_EQ(request, 13u);
    relieved(world);
    world.link(wamp::Published{10, 900});  // the ids of the link: 9 was the SUBSCRIBE
    EXPECT_EQ(relieved(world), std::vector<SessionId>{}) << "more than half is under way";
    world.link_error(MessageType::publish, 11, uris::not_authorized);
    EXPECT_EQ(relieved(world), std::vector<SessionId>{publisher});
}

TEST(BridgePublications, HaveNoRoomForAnybodyWhileAllTogetherHaveTooMuchUnderWay) {
    BridgeWorld world;
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.out.clear();
    const std::string args = "[\"" + std::string(std::size_t{16} << 20, 'x') + "\"]";
    std::vector<SessionId> publishers;
    for (int i = 0; i < 8; ++i) {
        publishers.push_back(world.join());
        EXPECT_TRUE(world.bridge.has_room_to_publish(publishers.back()));
        world.publish(publishers.back(), 1, "lab.t", {}, json(args));
    }
    const SessionId idle = world.join();
    EXPECT_FALSE(world.bridge.has_room_to_publish(idle));
    const SessionId gone = world.join();
    EXPECT_FALSE(world.bridge.has_room_to_publish(gone));
    world.leave(gone);
    relieved(world);
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(relieved(world), std::vector<SessionId>{idle});
    EXPECT_TRUE(world.bridge.has_room_to_publish(idle));
}

TEST(BridgePublications, HaveRoomForAllOnceTheLinkIsLost) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    for (std::size_t i = 1; i <= Publications::publications_per_session_max; ++i)
        world.publish(publisher, i, "lab.t");
    EXPECT_FALSE(world.bridge.has_room_to_publish(publisher));
    relieved(world);
    world.link_lost();
    EXPECT_EQ(relieved(world), std::vector<SessionId>{publisher});
    EXPECT_TRUE(world.bridge.has_room_to_publish(publisher));
}

TEST(BridgePublications, EndWithATimeoutIfTheBackendNeverAcknowledges) {
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId other = world.join();
    world.publish(other, 1, "lab.t", acknowledged);
    for (std::size_t i = 1; i <= Publications::publications_per_session_max; ++i)
        world.publish(publisher, i, "lab.t", i % 1000 == 0 ? acknowledged : Dict());
    world.take();
    EXPECT_FALSE(world.bridge.has_room_to_publish(publisher));
    world.bridge.give_up_publications(publisher, world.out);
    EXPECT_EQ(relieved(world), std::vector<SessionId>{publisher});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,1000,{},"wamp.error.timeout"])"}));
    EXPECT_TRUE(world.bridge.has_room_to_publish(publisher));
    EXPECT_EQ(world.bridge.counts().publications, 1u) << "those of others wait on";
    world.link(wamp::Published{1001, 900});
    EXPECT_EQ(world.take(), Lines{}) << "too late";
}

// W-BWL-06
TEST(BridgePublications, WithListsThatAreTooLongAreRefused) {
    BridgeWorld world;
    const List list(Audience::list_entries_max + 1, 5);
    world.publish(world.join(), 1, "lab.t", {{"acknowledge", true}, {"exclude", list}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,1,{},"wamp.error.invalid_argument"])"}));
}

}  // namespace
}  // namespace sallyport::backend_link
