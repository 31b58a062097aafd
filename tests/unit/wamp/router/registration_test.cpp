// REGISTER and UNREGISTER, and which callee a call goes to.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using test::World;

const Dict prefix{{"match", "prefix"}};
const Dict wildcard{{"match", "wildcard"}};

Dict shared(const char* policy) {
    return Dict{{"invoke", policy}};
}

class RegistrationTest : public testing::Test {
protected:
    static constexpr SessionId caller = 9;

    RegistrationTest() {
        for (SessionId id = 1; id <= 4; ++id) world_.join(id);
        world_.join(caller);
    }

    std::string refused(SessionId from, std::string procedure, Dict options = {}) {
        world_.enroll(from, std::move(procedure), std::move(options));
        return world_.error(from, Register::type, world_.next_request(from) - 1);
    }

    /// Who gets the call; it is answered at once.
    SessionId called(std::string procedure = "p") {
        world_.forget();
        world_.call(caller, std::move(procedure));
        for (SessionId id = 1; id <= 4; ++id) {
            if (const RequestId invocation = world_.invoked(id)) {
                world_.yield(id, invocation);
                return id;
            }
        }
        return 0;
    }

    World world_;
};

// W-RPC-01
TEST_F(RegistrationTest, AProcedureHasOneRegistration) {
    EXPECT_NE(world_.enroll(1, "p"), 0u);
    EXPECT_EQ(refused(2, "p"), uris::procedure_already_exists);
    EXPECT_EQ(refused(1, "p"), uris::procedure_already_exists);
    EXPECT_EQ(world_.realm.counts().registrations, 1u);
    EXPECT_EQ(called(), 1u);
}

// W-PBR-01
TEST_F(RegistrationTest, TheSameUriUnderAnotherMatchIsAnotherRegistration) {
    EXPECT_NE(world_.enroll(1, "p"), 0u);
    EXPECT_NE(world_.enroll(2, "p", prefix), 0u);
    EXPECT_NE(world_.enroll(3, "p", wildcard), 0u);
    EXPECT_EQ(called("p"), 1u);
    EXPECT_EQ(called("p.x"), 2u);
}

// W-URI-04
TEST_F(RegistrationTest, BadProceduresAreRefused) {
    EXPECT_EQ(refused(1, "a..b"), uris::invalid_uri);
    EXPECT_EQ(refused(1, ""), uris::invalid_uri);
    EXPECT_EQ(refused(1, "a b", prefix), uris::invalid_uri);
}

// W-URI-06, W-URI-07, W-SEC-06
TEST_F(RegistrationTest, NoClientRegistersUnderWamp) {
    EXPECT_EQ(refused(1, "wamp"), uris::invalid_uri);
    EXPECT_EQ(refused(1, "wamp.session.count"), uris::invalid_uri);
    for (const char* pattern : {"", "w", "wam", "wamp", "wamp.", "wamp.se"}) {
        EXPECT_EQ(refused(1, pattern, prefix), uris::invalid_uri) << pattern;
    }
    for (const char* pattern : {".x", "wamp.", "wamp..count", ".."}) {
        EXPECT_EQ(refused(1, pattern, wildcard), uris::invalid_uri) << pattern;
    }
    EXPECT_NE(world_.enroll(1, "wampum", prefix), 0u);
    EXPECT_EQ(world_.realm.counts().registrations, 1u);
}

// W-RPC-02
TEST_F(RegistrationTest, OnlyTheOwnerUnregisters) {
    const RegistrationId id = world_.enroll(1, "p");
    for (const auto& [from, registration] :
         {std::pair{SessionId{2}, id}, std::pair{SessionId{1}, id + 1}}) {
        const RequestId request = world_.next_request(from);
        world_.send(from, Unregister{request, registration, {}});
        EXPECT_EQ(world_.error(from, Unregister::type, request), uris::no_such_registration);
    }
    EXPECT_EQ(called(), 1u);
    const RequestId request = world_.next_request(1);
    world_.send(1, Unregister{request, id, {}});
    ASSERT_NE(world_.last<Unregistered>(1), nullptr);
    EXPECT_EQ(world_.last<Unregistered>(1)->request, request);
    EXPECT_EQ(called(), 0u);
    EXPECT_NE(world_.enroll(2, "p"), id) << "ids are never used again (W-ID-03)";
}

// W-PBR-02: the worked table is tested on the index; here the callee is what the index says.
TEST_F(RegistrationTest, ExactBeatsPrefixBeatsWildcard) {
    world_.enroll(1, "a..c", wildcard);
    EXPECT_EQ(called("a.b.c"), 1u);
    world_.enroll(2, "a.", prefix);
    EXPECT_EQ(called("a.b.c"), 2u);
    world_.enroll(3, "a.b", prefix);
    EXPECT_EQ(called("a.b.c"), 3u);
    world_.enroll(4, "a.b.c");
    EXPECT_EQ(called("a.b.c"), 4u);
}

// W-PBR-03
TEST_F(RegistrationTest, ACalleeUnderAPatternIsToldTheProcedure) {
    world_.join(20, test::no_features());
    world_.enroll(20, "a.", prefix);
    world_.enroll(20, "b");
    world_.call(caller, "a.b.c");
    EXPECT_EQ(world_.last<Invocation>(20)->details, (Dict{{"procedure", "a.b.c"}}));
    world_.call(caller, "b");
    EXPECT_TRUE(world_.last<Invocation>(20)->details.empty());
}

// W-SHR-01
TEST_F(RegistrationTest, TheFirstCalleeFixesTheInvocationPolicy) {
    const RegistrationId id = world_.enroll(1, "p", shared("roundrobin"));
    EXPECT_EQ(world_.enroll(2, "p", shared("roundrobin")), id);
    EXPECT_EQ(refused(3, "p"), uris::procedure_already_exists);
    EXPECT_EQ(refused(3, "p", shared("random")), uris::procedure_already_exists);
    EXPECT_EQ(refused(1, "p", shared("roundrobin")), uris::procedure_already_exists);  // W-RPC-14
    // One callee is not told of callers because another one is (W-SEC-09).
    Dict told = shared("roundrobin");
    told.append("disclose_caller", true);
    EXPECT_EQ(refused(3, "p", told), uris::procedure_already_exists);
    EXPECT_EQ(world_.realm.counts().registrations, 1u);
}

// W-SHR-02
TEST_F(RegistrationTest, FirstAndLastGoByTheOrderOfRegistering) {
    for (SessionId id = 1; id <= 3; ++id) world_.enroll(id, "f", shared("first"));
    for (SessionId id = 1; id <= 3; ++id) world_.enroll(id, "l", shared("last"));
    EXPECT_EQ(called("f"), 1u);
    EXPECT_EQ(called("f"), 1u);
    EXPECT_EQ(called("l"), 3u);
    world_.leave(1);
    EXPECT_EQ(called("f"), 2u);
    world_.leave(3);
    EXPECT_EQ(called("l"), 2u);
}

// W-SHR-02
TEST_F(RegistrationTest, RandomIsUniform) {
    for (SessionId id = 1; id <= 4; ++id) world_.enroll(id, "p", shared("random"));
    std::map<SessionId, int> count;
    for (int i = 0; i < 4000; ++i) ++count[called()];
    for (SessionId id = 1; id <= 4; ++id) EXPECT_NEAR(count[id], 1000, 150);
}

// W-SHR-02, W-SHR-03, W-SUB-19
TEST_F(RegistrationTest, RoundRobinPassesNobodyOverWhenOneLeaves) {
    for (SessionId id = 1; id <= 3; ++id) world_.enroll(id, "p", shared("roundrobin"));
    EXPECT_EQ(called(), 1u);
    EXPECT_EQ(called(), 2u);
    world_.leave(2);
    EXPECT_EQ(called(), 3u);
    EXPECT_EQ(called(), 1u);
    EXPECT_EQ(called(), 3u);
    EXPECT_EQ(called(), 1u);
    world_.leave(1);
    world_.leave(3);
    EXPECT_NE(world_.enroll(4, "p", shared("random")), 0u)
        << "the policy is forgotten with the last";
}

TEST_F(RegistrationTest, RoundRobinGoesOnWhenTheNextOneLeaves) {
    for (SessionId id = 1; id <= 3; ++id) world_.enroll(id, "p", shared("roundrobin"));
    EXPECT_EQ(called(), 1u);
    world_.leave(2);
    EXPECT_EQ(called(), 3u);
    world_.leave(3);
    EXPECT_EQ(called(), 1u);
}

// W-RPC-15, W-SEC-10
TEST_F(RegistrationTest, ForceReregisterTakesOver) {
    world_.enroll(1, "p");
    world_.enroll(2, "p", Dict{{"force_reregister", true}});
    EXPECT_EQ(called(), 2u);
    world_.leave(1);
    EXPECT_EQ(called(), 2u);
}

// W-RRV-01
TEST_F(RegistrationTest, ForceReregisterTellsWhomItTookFrom) {
    Features revocable = test::all_features();
    revocable.add(Feature::callee_registration_revocation);
    world_.join(5, revocable);
    const RegistrationId taken = world_.enroll(5, "p");
    world_.enroll(1, "p", Dict{{"force_reregister", true}});
    ASSERT_NE(world_.last<Unregistered>(5), nullptr);
    EXPECT_EQ(world_.last<Unregistered>(5)->request, 0u);
    EXPECT_EQ(world_.last<Unregistered>(5)->details,
              (Dict{{"registration", taken}, {"reason", "wamp.error.unregistered"}}));
}

// W-RPC-14
TEST_F(RegistrationTest, ForceReregisterTakesNothingFromItself) {
    world_.enroll(1, "p");
    EXPECT_EQ(refused(1, "p", Dict{{"force_reregister", true}}), uris::procedure_already_exists);
    EXPECT_EQ(called(), 1u);
}

TEST_F(RegistrationTest, NothingIsLeftOfCalleesThatWent) {
    world_.enroll(1, "p");
    world_.enroll(1, "a.", prefix);
    world_.enroll(2, "q");
    world_.leave(1);
    EXPECT_EQ(world_.realm.counts().registrations, 1u);
    EXPECT_EQ(called("p"), 0u);
    EXPECT_EQ(world_.error(caller, Call::type, world_.next_request(caller) - 1),
              uris::no_such_procedure);
    EXPECT_EQ(called("q"), 2u);
}

/// What a gateway has registered for clients of its own.
class FrontCallees : public RegistrationTest {
protected:
    static constexpr SessionId link = 20;
    static constexpr SessionId other_link = 21;

    FrontCallees() {
        for (const SessionId id : {link, other_link})
            world_.join(id, test::all_features(), "", "gateway", true);
    }
    RegistrationId share(SessionId via, SessionId front) {
        return world_.enroll(via, "p", Dict{{"invoke", "roundrobin"}, {"_callee", front}});
    }
    /// Who of them, or of the sessions, got the call.
    std::pair<SessionId, SessionId> chosen() {
        world_.forget();
        world_.call(caller, "p");
        for (const SessionId id : {SessionId{1}, link, other_link}) {
            const Invocation* const invocation = world_.last<Invocation>(id);
            if (invocation == nullptr) continue;
            const SessionId front = invocation->details.get_uint("_callee", 0);
            world_.yield(id, invocation->request);
            return {id, front};
        }
        return {};
    }
    using Chosen = std::pair<SessionId, SessionId>;
};

// W-SHR-01, W-SHR-02
TEST_F(FrontCallees, AreChosenInTheOrderOfAllPlaces) {
    const RegistrationId id = share(link, 101);
    EXPECT_EQ(share(other_link, 101), id);
    EXPECT_EQ(world_.enroll(1, "p", shared("roundrobin")), id);
    EXPECT_EQ(share(link, 102), id);
    EXPECT_EQ(world_.realm.counts().registrations, 1u);
    EXPECT_EQ(world_.realm.entries_of(link), 1u);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(chosen(), Chosen(link, 101));
        EXPECT_EQ(chosen(), Chosen(other_link, 101));
        EXPECT_EQ(chosen(), Chosen(1, 0));
        EXPECT_EQ(chosen(), Chosen(link, 102));
    }
    EXPECT_EQ(refused(link, "p", Dict{{"invoke", "roundrobin"}, {"_callee", 102}}),
              uris::procedure_already_exists);
}

// W-SHR-03
TEST_F(FrontCallees, OneLeavesTheOthersAndALinkTakesOnlyItsOwn) {
    const RegistrationId id = share(link, 101);
    share(link, 102);
    share(other_link, 103);
    EXPECT_EQ(chosen(), Chosen(link, 101));
    const auto unregister = [&](SessionId from, SessionId front) {
        world_.send(from, Unregister{world_.next_request(from), id, Dict{{"_callee", front}}});
        return world_.last<Unregistered>(from) != nullptr;
    };
    EXPECT_TRUE(unregister(link, 101));
    EXPECT_FALSE(unregister(link, 101));
    EXPECT_FALSE(unregister(link, 103)) << "of another link";
    EXPECT_EQ(chosen(), Chosen(link, 102)) << "nobody is skipped";
    world_.leave(link);
    EXPECT_EQ(chosen(), Chosen(other_link, 103));
    EXPECT_TRUE(unregister(other_link, 103));
    EXPECT_EQ(world_.realm.counts().registrations, 0u);
    EXPECT_EQ(world_.realm.entries_of(other_link), 0u);
}

// W-RRV-01
TEST_F(FrontCallees, ARevocationIsOfAllOfALinkAndToldOnce) {
    Features features = test::all_features();
    features.add(Feature::callee_registration_revocation);
    world_.join(22, features, "", "gateway", true);
    share(22, 101);
    share(22, 102);
    share(link, 103);
    for (const auto& holding : world_.realm.holdings()) {
        if (holding.session != 22) continue;
        world_.feed([&](Deliveries& out) { world_.realm.revoke(holding, "a.b", out); });
    }
    EXPECT_EQ(world_.all<Unregistered>(22).size(), 1u);
    EXPECT_EQ(chosen(), Chosen(link, 103));
}

TEST_F(FrontCallees, NobodyElseNamesThem) {
    world_.enroll(1, "p", Dict{{"invoke", "roundrobin"}, {"_callee", 9}});
    EXPECT_EQ(refused(1, "p", Dict{{"invoke", "roundrobin"}, {"_callee", 10}}),
              uris::procedure_already_exists);
    EXPECT_EQ(chosen(), Chosen(1, 0));
}

// W-TMO-03
TEST_F(RegistrationTest, ACalleeThatWatchesTheTimeItselfIsToldIt) {
    world_.enroll(1, "p", Dict{{"forward_timeout", true}});
    world_.enroll(2, "q");
    const RequestId call = world_.call(caller, "p", Dict{{"timeout", 1500}});
    EXPECT_EQ(world_.last<Invocation>(1)->details, (Dict{{"timeout", 1500}}));
    world_.pass(test::seconds(60));
    EXPECT_EQ(world_.error(caller, Call::type, call), "") << "no time runs here";
    world_.call(caller, "p");
    EXPECT_TRUE(world_.last<Invocation>(1)->details.empty());
    world_.call(caller, "q", Dict{{"timeout", 1500}});
    EXPECT_TRUE(world_.last<Invocation>(2)->details.empty());
    world_.timeout = test::seconds(1);
    const RequestId limited = world_.call(caller, "p", Dict{{"timeout", 1500}});
    EXPECT_EQ(world_.last<Invocation>(1)->details, (Dict{{"timeout", 1000}}));
    world_.pass(test::seconds(1));
    EXPECT_EQ(world_.error(caller, Call::type, limited), uris::timeout) << "W-TMO-05";
}

// W-R2R-06
TEST_F(RegistrationTest, ATransactionHashPassesUnlessItIsTooLong) {
    world_.enroll(1, "p");
    for (const std::size_t length : {std::size_t{1}, std::size_t{128}}) {
        const std::string hash(length, 'x');
        world_.call(caller, "p", Dict{{"transaction_hash", hash}});
        EXPECT_EQ(world_.last<Invocation>(1)->details, (Dict{{"transaction_hash", hash}}));
    }
    world_.call(caller, "p", Dict{{"transaction_hash", std::string(129, 'x')}});
    EXPECT_TRUE(world_.last<Invocation>(1)->details.empty());
}

}  // namespace
}  // namespace sallyport::wamp
