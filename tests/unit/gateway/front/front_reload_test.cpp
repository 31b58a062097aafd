// What a reload does to the sessions, subscriptions, registrations and calls of a front.
#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view revocable_hello =
    R"([1,"lab",{"roles":{"caller":{},"publisher":{},"callee":{"features":{"registration_revocation":true}},)"
    R"("subscriber":{"features":{"subscription_revocation":true}}}}])";

std::string replaced(std::string_view from, std::string_view to) {
    std::string text(front_policy);
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// Nothing but what is below "lab.public." is allowed any more.
const std::string narrow = replaced("match = \"prefix\"\nuri = \"lab.\"\n[[forbid]]",
                                    "match = \"prefix\"\nuri = \"lab.public.\"\n[[forbid]]");
/// All leads to the plc.
const std::string elsewhere =
    replaced("uri = \"lab.\"\nto = \"inside\"", "uri = \"lab.\"\nto = \"plc\"");

class FrontReload : public testing::Test {
protected:
    FrontReload() {
        world_.take();
        world_.link_up(9);
    }
    void join(std::uint64_t id) {
        world_.front.on_open(peer(id), world_.wires.open(id), world_.now, world_.wires.out);
        world_.send(id, revocable_hello);
        EXPECT_EQ(world_.take().size(), 1U);
    }
    Front::Reloaded reload(std::string_view text) {
        const auto expected = world_.front.would_reload({policy::door_realm(text)});
        EXPECT_EQ(world_.take(), Lines{}) << "a dry run does nothing";
        const auto done =
            world_.front.reload({policy::door_realm(text)}, world_.now, world_.wires.out);
        EXPECT_EQ(done.sessions_ended, expected.sessions_ended);
        EXPECT_EQ(done.subscriptions_revoked, expected.subscriptions_revoked);
        EXPECT_EQ(done.registrations_revoked, expected.registrations_revoked);
        EXPECT_EQ(done.moved, expected.moved);
        return done;
    }
    /// The id that the session was told.
    std::string subscribe(std::uint64_t id, std::string_view topic, int back) {
        world_.send(id, "[32,1,{},\"" + std::string(topic) + "\"]");
        world_.take();
        return told(world_.after(
            9, "[33," + std::to_string(back) + "," + std::to_string(500 + back) + "]"));
    }
    static std::string told(const Lines& lines) {
        if (lines.size() != 1U) return "nothing";
        const auto comma = lines[0].rfind(',');
        return lines[0].substr(comma + 1, lines[0].size() - comma - 2);
    }

    FrontWorld world_;
};

TEST_F(FrontReload, AChangedLinkTakesOverWhatWasBoundToIt) {
    join(1);
    const std::string kept = subscribe(1, "lab.events", 1);
    world_.send(1, R"([64,2,{},"lab.mine"])");
    world_.take();
    told(world_.after(9, "[65,2,600]"));
    world_.send(1, R"([48,3,{},"lab.slow"])");
    world_.take();
    const auto again = [] {
        LinkChange change;
        change.added.push_back(
            backend("inside", true, backend_link::BackendKind::generic, {3s, 9s, 9s}));
        change.removed = {0};
        return change;
    };
    EXPECT_EQ(world_.front.would_reload({policy::door_realm(front_policy)}, again()).moved, 2U);
    const auto done = world_.front.reload({policy::door_realm(front_policy)}, world_.now,
                                          world_.wires.out, again());
    EXPECT_EQ(done.moved, 2U);
    EXPECT_EQ(done.subscriptions_revoked + done.registrations_revoked, 0U);
    Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_TRUE(lines[0].starts_with("9 [34,")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("9 [66,")) << lines[1];
    EXPECT_EQ(lines[2], R"(9 [6,{},"wamp.close.system_shutdown"])");
    EXPECT_EQ(lines[3], R"(1 [8,48,3,{},"wamp.error.network_failure"])");
    EXPECT_EQ(lines[4], "dial 2");
    EXPECT_EQ(world_.after(9, R"([6,{},"wamp.close.goodbye_and_out"])"), Lines{"9 closed"});
    ASSERT_EQ(world_.front.links().size(), 2U) << "the removed one is not shown";
    EXPECT_EQ(world_.front.links()[1].name, "inside");
    EXPECT_FALSE(world_.front.links()[1].up);
    EXPECT_EQ(world_.after(1, R"([48,4,{},"lab.add"])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.unavailable"])"});

    world_.link_open(10, Serializer::json, 16U << 20, 2);
    world_.take();
    lines = world_.after(10, welcome);
    ASSERT_EQ(lines.size(), 2U) << "both are restored";
    EXPECT_TRUE(lines[0].starts_with("10 [64,1,")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("10 [32,2,")) << lines[1];
    world_.send(10, "[33,2,700]");
    world_.take();
    EXPECT_EQ(world_.after(10, "[36,700,7,{}]"), Lines{"1 [36," + kept + ",7,{}]"});
    world_.link_open(11, Serializer::json, 16U << 20, 0);
    EXPECT_EQ(world_.take(), Lines{"11 closed"}) << "the old one was still being dialled";
}

TEST_F(FrontReload, ALinkThatDidNotChangeIsNotDisturbed) {
    join(1);
    world_.send(1, R"([48,1,{},"lab.slow"])");
    world_.take();
    LinkChange change;
    change.added.push_back(
        backend("spare", true, backend_link::BackendKind::generic, {3s, 9s, 9s}));
    change.removed = {1};
    world_.front.reload({policy::door_realm(replaced("to = \"plc\"", "to = \"spare\""))},
                        world_.now, world_.wires.out, std::move(change));
    EXPECT_EQ(world_.take(), Lines{"dial 2"});
    EXPECT_EQ(world_.after(9, "[50,1,{}]"), Lines{"1 [50,1,{}]"});
}

TEST_F(FrontReload, RevokesWhatIsNoLongerPermittedAndNotifies) {
    join(1);
    join(2);
    const std::string lost = subscribe(1, "lab.events", 1);
    const std::string kept = subscribe(2, "lab.public.events", 2);
    world_.send(1, R"([64,2,{},"lab.mine"])");
    world_.take();
    const std::string registration = told(world_.after(9, "[65,3,600]"));

    const auto done = reload(narrow);
    EXPECT_EQ(done.subscriptions_revoked, 1U);
    EXPECT_EQ(done.registrations_revoked, 1U);
    EXPECT_EQ(done.sessions_ended, 0U);
    const Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_TRUE(lines[0].starts_with("9 [34,")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("9 [66,")) << lines[1];
    EXPECT_EQ(lines[2],
              "1 [35,0,{\"subscription\":" + lost + ",\"reason\":\"wamp.error.not_authorized\"}]");
    EXPECT_EQ(lines[3], "1 [67,0,{\"registration\":" + registration +
                            ",\"reason\":\"wamp.error.not_authorized\"}]");

    EXPECT_EQ(world_.after(9, "[36,501,7,{}]"), Lines{});  // was on its way
    EXPECT_EQ(world_.after(9, "[36,502,8,{}]"), Lines{"2 [36," + kept + ",8,{}]"});
    EXPECT_EQ(world_.after(1, R"([48,3,{},"lab.add"])"),
              Lines{R"(1 [8,48,3,{},"wamp.error.not_authorized"])"});
}

TEST_F(FrontReload, LetsCallsInFlightFinish) {
    join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.add",[1]])").size(), 1U);
    reload(narrow);
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(world_.after(9, "[50,1,{},[2]]"), Lines{"1 [50,1,{},[2]]"});
    EXPECT_EQ(world_.front.links()[0].counts.calls, 0U);
}

TEST_F(FrontReload, AcknowledgesAPublicationUnderWay) {
    join(1);
    world_.send(1, R"([16,1,{"acknowledge":true},"lab.topic"])");
    world_.take();
    reload(narrow);
    EXPECT_EQ(world_.after(9, "[17,1,4711]"), Lines{"1 [17,1,4711]"});
}

TEST_F(FrontReload, EndsSessionsThatItNoLongerAdmits) {
    join(1);
    subscribe(1, "lab.events", 1);
    world_.send(1, R"([48,2,{},"lab.add"])");
    world_.take();
    const auto done =
        reload(replaced(R"(anonymous = { role = "guest" })", R"(anonymous = { role = "other" })"));
    EXPECT_EQ(done.sessions_ended, 1U);
    EXPECT_EQ(done.subscriptions_revoked, 0U);  // its end says all
    const Lines lines = world_.take();
    EXPECT_EQ(lines.back(), R"(1 [6,{},"wamp.close.killed"])");
    EXPECT_EQ(world_.front.sessions(), 0U);
    EXPECT_EQ(world_.front.links()[0].counts.calls, 0U);
}

TEST_F(FrontReload, BringsWhatIsHeldToTheLinkThatItsRouteNamesNow) {
    world_.link_up(8, Serializer::json, 1 << 20, 1);
    join(1);
    const std::string id = subscribe(1, "lab.events", 1);
    const auto done = reload(elsewhere);
    EXPECT_EQ(done.moved, 1U);
    EXPECT_EQ(world_.take(), (Lines{"9 [34,2,501]", R"(8 [32,1,{},"lab.events"])"}));
    EXPECT_EQ(world_.after(8, "[33,1,900]"), Lines{});
    EXPECT_EQ(world_.after(8, "[36,900,5,{}]"), Lines{"1 [36," + id + ",5,{}]"});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.add"])"), Lines{R"(8 [48,2,{},"lab.add"])"});
    EXPECT_EQ(world_.after(1, "[34,3," + id + "]").back(), "1 [35,3]");
}

TEST_F(FrontReload, ChangesNothingWhenNothingChanged) {
    join(1);
    const std::string id = subscribe(1, "lab.events", 1);
    for (int i = 0; i < 100; ++i) {
        const auto done = reload(front_policy);
        EXPECT_EQ(done.moved + done.sessions_ended + done.subscriptions_revoked, 0U);
    }
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(world_.after(9, "[36,501,7,{}]"), Lines{"1 [36," + id + ",7,{}]"});
}

/// The same policy where requests wait for the inside.
std::string waiting(std::string text) {
    const std::string route = "uri = \"lab.\"\nto = \"inside\"\n";
    const auto at = text.find(route);
    EXPECT_NE(at, std::string::npos);
    return text.insert(at + route.size(), "when_down = \"wait\"\nwait = \"10s\"\n");
}

TEST(FrontWaiting, RecordsTheDenialOfACallThatWaitedWhenAReloadForbidsIt) {
    FrontWorld world(true, backend_link::BackendKind::generic, waiting(std::string(front_policy)));
    world.take();
    world.join(1);
    EXPECT_EQ(world.after(1, R"([48,1,{},"lab.add"])"), Lines{});
    EXPECT_EQ(world.after(1, R"([48,2,{},"lab.public.add"])"), Lines{});
    world.recorded();
    world.front.reload({policy::door_realm(waiting(narrow))}, world.now, world.wires.out);
    EXPECT_EQ(world.recorded(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])",
                                   R"(9 [48,1,{},"lab.public.add"])"}));
    EXPECT_EQ(world.recorded(), Lines{"deny call lab.add (no rule allows it)"});
}

TEST(FrontWaiting, RecordsACallThatWaitedForALinkThatItsRouteLeavesNow) {
    FrontWorld world(true, backend_link::BackendKind::generic, waiting(std::string(front_policy)));
    world.take();
    world.join(1);
    EXPECT_EQ(world.after(1, R"([48,1,{},"lab.add"])"), Lines{});
    world.recorded();
    world.front.reload({policy::door_realm(elsewhere)}, world.now, world.wires.out);
    world.link_up();
    EXPECT_EQ(world.take(), Lines{R"(1 [8,48,1,{},"wamp.error.unavailable"])"});
    EXPECT_EQ(world.recorded(), Lines{"deny call lab.add (its route has changed)"});
}

TEST_F(FrontReload, RecordsEachRevocationOnce) {
    join(1);
    join(2);
    subscribe(1, "lab.events", 1);
    subscribe(2, "lab.public.events", 2);
    world_.recorded();
    reload(narrow);
    EXPECT_EQ(world_.recorded(), Lines{"revoke subscribe lab.events (no rule allows it)"});
}

TEST(FrontReloadOfRealms, RefusesAtOnceALoginThatWaitsForAProcedureInARemovedRealm) {
    std::string asking(front_policy);
    asking.replace(asking.find("anonymous = "), asking.find('}') + 1 - asking.find("anonymous = "),
                   "[auth.dynamic]\nprocedure = \"lab.admit\"\nmethods = [\"anonymous\"]");
    asking.replace(asking.find("roles = [\"guest\"]"), 17, "roles = [\"gateway\"]");
    FrontWorld world(true, backend_link::BackendKind::generic, asking);
    world.link_up();
    world.front.on_open(peer(1), world.wires.open(1), world.now, world.wires.out);
    EXPECT_EQ(world.after(1, hello).size(), 1U) << "the call goes to the link";
    const std::string other = replaced("realm = \"lab\"", "realm = \"other\"");
    world.front.reload({policy::door_realm(other)}, world.now, world.wires.out);
    const Lines lines = world.take();
    EXPECT_NE(
        std::find(lines.begin(), lines.end(), R"(1 [3,{},"wamp.error.authentication_denied"])"),
        lines.end())
        << testing::PrintToString(lines);
}

TEST_F(FrontReload, AnswersARequestOnItsWayThatLostItsPermit) {
    join(1);
    world_.send(1, R"([32,1,{},"lab.events"])");
    world_.take();
    EXPECT_EQ(reload(narrow).subscriptions_revoked, 1U);
    EXPECT_EQ(world_.take(), Lines{R"(1 [8,32,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(9, "[33,1,501]"), Lines{"9 [34,2,501]"});
}

}  // namespace
}  // namespace sallyport::gateway
