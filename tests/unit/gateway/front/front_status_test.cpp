// What a front tells of itself.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

TEST(FrontStatus, CountsWhatEachLinkHas) {
    FrontWorld world;
    world.link_up();
    world.join(1);
    EXPECT_EQ(world.front.held_of(peer(1)), 0U);
    world.send(1, R"([48,1,{},"lab.a"])");
    world.send(1, R"([32,2,{},"lab.t"])");
    const auto links = world.front.links();
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0].name, "inside");
    EXPECT_EQ(links[0].counts.calls, 1U);
    EXPECT_EQ(links[0].counts.subscriptions, 1U);
    EXPECT_EQ(links[1].up, false);
    EXPECT_EQ(world.front.held_of(peer(1)), policy::call_bytes + policy::entry_bytes);
    EXPECT_EQ(world.front.held_of_peers(), world.front.held_of(peer(1)));
    EXPECT_EQ(world.front.held_of(peer(2)), 0U);
    EXPECT_NE(
        world.front.status_json({{"more", true}}).find(R"("reason":"","drained":false,"calls":1,)"),
        std::string::npos)
        << world.front.status_json();
    EXPECT_NE(world.front.status_json({{"more", true}}).find(R"("more":true)"), std::string::npos);
}

TEST(FrontStatus, TellsTheCircuitsOfAPrincipal) {
    FrontWorld world;
    world.link_up();
    world.join(1);
    world.join_on(7, 2);
    std::size_t seen = 0;
    world.front.door().for_each_session([&](const policy::Session& session) {
        ++seen;
        const std::string realm(session.policy->realm());
        const std::vector<std::uint64_t> due =
            session.circuit == 0 ? std::vector<std::uint64_t>() : std::vector{session.circuit};
        EXPECT_EQ(world.front.circuits_of(realm, session.principal.authid), due);
        EXPECT_TRUE(world.front.circuits_of("elsewhere", session.principal.authid).empty());
        EXPECT_TRUE(world.front.circuits_of(realm, session.principal.authid + "x").empty());
    });
    EXPECT_EQ(seen, 2U);
}

std::string reason_of(FrontWorld& world) {
    const auto links = world.front.links();
    return std::string(links[0].reason);
}

TEST(FrontStatus, TellsSinceWhenALinkIsDownAndWhy) {
    FrontWorld world;
    world.link_up();
    EXPECT_EQ(reason_of(world), "");
    world.advance(std::chrono::seconds(3));
    const auto now = world.now;
    world.lose(9);
    EXPECT_EQ(world.front.links()[0].since, now);
    EXPECT_NE(reason_of(world), "");
    const auto snapshot = world.front.link_snapshots();
    EXPECT_FALSE(snapshot[0].up);
    EXPECT_EQ(snapshot[0].ups, 1U);
}

std::uint64_t answered(FrontWorld& world) {
    const auto snapshot = world.front.door().snapshot();
    std::uint64_t sum = 0;
    for (const auto& realm : snapshot.realms) {
        for (policy::RuleIndex rule = 0; rule < realm.rules.size(); ++rule)
            sum += realm.counts.of(rule).answered.count();
    }
    return sum;
}

TEST(FrontStatus, TimesACallUntilItsFinalAnswerWhateverThatIs) {
    FrontWorld world;
    world.link_up();
    world.join(1);
    world.send(1, R"([48,1,{},"lab.a"])");
    EXPECT_EQ(answered(world), 0U);
    world.lose(9);
    EXPECT_EQ(answered(world), 1U) << "with network_failure";
}

}  // namespace
}  // namespace sallyport::gateway
