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
    EXPECT_NE(world.front.status_json({{"more", true}})
                  .find(R"({"name":"inside","up":true,"drained":false,"calls":1,)"),
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

}  // namespace
}  // namespace sallyport::gateway
