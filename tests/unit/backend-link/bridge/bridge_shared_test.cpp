// Registrations that several front callees share (requirements: Shared registration).
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict roundrobin{{"invoke", "roundrobin"}};

wamp::Features sharing_router() {
    wamp::Features features = full_router;
    features.add(Feature::dealer_shared_registration);
    return features;
}

struct SharedWorld : BridgeWorld {
    SharedWorld()
        : BridgeWorld(profile_of(BackendKind::sallyport), sharing_router(), routes_policy) {}

    std::string registration(wamp::RequestId request, SessionId of) const {
        return "link [64," + std::to_string(request) + R"(,{"invoke":"roundrobin","_callee":)" +
               std::to_string(of) + R"(},"lab.p"])";
    }
    /// Registers it, as the inside confirms; the id.
    wamp::RegistrationId shares(SessionId callee, wamp::RequestId back_request,
                                wamp::RegistrationId back = 77) {
        enrol(callee, 1, "lab.p", roundrobin);
        EXPECT_EQ(take(), (Lines{registration(back_request, callee)}));
        link(wamp::Registered{back_request, back});
        return take_only<wamp::Registered>().registration;
    }
    Lines invoked(SessionId chosen, wamp::RequestId request = 40) {
        link_invocation(request, 77, {{"_callee", chosen}});
        return take();
    }
};

// W-SHR-01, W-SHR-02
TEST(BridgeShared, EachCalleeRegistersAndAllHaveOneId) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.shares(first, 1);
    EXPECT_EQ(world.shares(second, 2), id);
    EXPECT_EQ(world.bridge.counts().registrations, 2u);
    const std::string rest = " [68,1," + std::to_string(id) + ",{}]";
    EXPECT_EQ(world.invoked(second), (Lines{"102" + rest}));
    EXPECT_EQ(world.invoked(first, 41), (Lines{"101" + rest}));
}

TEST(BridgeShared, OneLeavesTheOthers) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const SessionId third = world.join();
    const auto id = world.shares(first, 1);
    world.shares(second, 2);
    world.shares(third, 3);
    EXPECT_TRUE(world.unregister(first, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]", R"(link [66,4,77,{"_callee":101}])"}));
    EXPECT_FALSE(world.unregister(first, 3, id));
    world.leave(second);
    EXPECT_EQ(world.take(), (Lines{R"(link [66,5,77,{"_callee":102}])"}));
    EXPECT_EQ(world.invoked(first), (Lines{R"(link [8,68,40,{},"wamp.error.no_such_procedure"])"}));
    EXPECT_EQ(world.invoked(third, 41), (Lines{"103 [68,1," + std::to_string(id) + ",{}]"}));
    world.leave(third);
    world.take();
    for (const wamp::RequestId request : {4U, 5U, 6U}) world.link(wamp::Unregistered{request, {}});
    EXPECT_TRUE(world.empty());
}

// W-SHR-01
TEST(BridgeShared, AnotherPolicyAndASecondTimeAreRefused) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.shares(first, 1);
    for (const char* invoke : {"single", "random", "first", "last"}) {
        world.enrol(second, 2, "lab.p", {{"invoke", invoke}});
        EXPECT_EQ(world.take(),
                  (Lines{R"(102 [8,64,2,{},"wamp.error.procedure_already_exists"])"}));
    }
    world.enrol(first, 3, "lab.p", roundrobin);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,3,{},"wamp.error.procedure_already_exists"])"}));
    world.enrol(second, 3, "lab.q");
    world.take();
    world.enrol(first, 4, "lab.q", roundrobin);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,4,{},"wamp.error.procedure_already_exists"])"}));
}

TEST(BridgeShared, TheInsideMayRefuseOneOfThem) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.shares(first, 1);
    world.enrol(second, 1, "lab.p", roundrobin);
    world.take();
    world.link_error(MessageType::register_, 2, uris::procedure_already_exists);
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,64,1,{},"wamp.error.procedure_already_exists"])"}));
    EXPECT_EQ(world.bridge.counts().registrations, 1u);
    EXPECT_EQ(world.invoked(first).size(), 1u);
}

// W-SHR-02, W-GWY-08
TEST(BridgeShared, AreRestoredInTheirOrder) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.shares(first, 1);
    world.shares(second, 2);
    world.link_lost();
    world.take();
    world.link_up(sharing_router());
    EXPECT_EQ(world.take(), (Lines{world.registration(1, first), world.registration(2, second)}));
    world.link(wamp::Registered{1, 88});
    world.link(wamp::Registered{2, 88});
    world.link_invocation(5, 88, {{"_callee", second}});
    EXPECT_EQ(world.take(), (Lines{"102 [68,1," + std::to_string(id) + ",{}]"}));
}

// W-RRV-01
TEST(BridgeShared, ARevocationIsOfAllThatWereThere) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.shares(first, 1);
    world.shares(second, 2);
    const SessionId third = world.join();
    world.enrol(third, 1, "lab.p", roundrobin);
    world.take();
    world.link(wamp::Unregistered{0, {{"registration", 77}}});
    const std::string lost = R"( [67,0,{"registration":)" + std::to_string(id) + "}]";
    EXPECT_EQ(world.take(), (Lines{"101" + lost, "102" + lost}));
    world.link(wamp::Registered{3, 78});
    EXPECT_EQ(world.take_only<wamp::Registered>().registration, id);
    EXPECT_EQ(world.bridge.counts().registrations, 1u);
}

// W-RPC-14
TEST(BridgeShared, AreTakenOverAllTogether) {
    SharedWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.enrol(first, 1, "open.p", roundrobin);
    world.enrol(second, 1, "open.p", roundrobin);
    world.link(wamp::Registered{1, 77});
    world.link(wamp::Registered{2, 77});
    world.take();
    const SessionId third = world.join();
    world.enrol(third, 1, "open.p", {{"force_reregister", true}});
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(lines[2], R"(link [66,3,77,{"_callee":101}])");
    EXPECT_EQ(lines[3], R"(link [66,4,77,{"_callee":102}])");
    EXPECT_EQ(lines[4], R"(link [64,5,{"force_reregister":true},"open.p"])");
}

// One whose callee has left before the inside answered has nobody to be taken from.
TEST(BridgeShared, CanBeTakenOverWhileNobodyHasThem) {
    SharedWorld world;
    const SessionId first = world.join();
    world.enrol(first, 1, "open.p", roundrobin);
    world.leave(first);
    world.take();
    const SessionId second = world.join();
    world.enrol(second, 1, "open.p", {{"invoke", "roundrobin"}, {"force_reregister", true}});
    EXPECT_EQ(world.take().size(), 1u);
    world.link(wamp::Registered{1, 77});
    EXPECT_EQ(world.take(), (Lines{R"(link [66,3,77,{"_callee":101}])"}));
    world.link(wamp::Registered{2, 78});
    world.take_only<wamp::Registered>();
}

TEST(BridgeShared, AreRefusedWhereTheRouterDoesNotNameItsChoice) {
    for (const bool ours : {false, true}) {
        BridgeWorld world(profile_of(ours ? BackendKind::sallyport : BackendKind::nexus),
                          ours ? full_router : sharing_router());
        world.enrol(world.join(), 1, "lab.p", roundrobin);
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,1,{},"wamp.error.option_not_allowed"])"}));
    }
}

// A callee that leaves before the inside has confirmed it is unregistered as soon as it has.
TEST(BridgeShared, ACalleeThatLeavesEarlyIsUnregisteredAlone) {
    SharedWorld world;
    const SessionId first = world.join();
    world.shares(first, 1);
    const SessionId second = world.join();
    world.enrol(second, 1, "lab.p", roundrobin);
    world.leave(second);
    world.take();
    world.link(wamp::Registered{2, 77});
    EXPECT_EQ(world.take(), (Lines{R"(link [66,3,77,{"_callee":102}])"}));
    EXPECT_EQ(world.invoked(first).size(), 1u);
}

// W-TMO-03
TEST(BridgeShared, TheTimeoutReachesACalleeThatAskedForIt) {
    SharedWorld world;
    const SessionId callee = world.join();
    world.enrol(callee, 1, "lab.p", {{"forward_timeout", true}});
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{"forward_timeout":true},"lab.p"])"}));
    world.link(wamp::Registered{1, 77});
    const auto id = std::to_string(world.take_only<wamp::Registered>().registration);
    world.link_invocation(40, 77, {{"timeout", 1500}, {"transaction_hash", "h"}});
    EXPECT_EQ(world.take(),
              (Lines{"101 [68,1," + id + R"(,{"timeout":1500,"transaction_hash":"h"}])"}));
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.p", {{"timeout", 1500}, {"transaction_hash", "h"}});
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find(R"("transaction_hash":"h","timeout":1500)"), std::string::npos)
        << lines[0];
}

}  // namespace
}  // namespace sallyport::backend_link
