// Subscriptions with deliver = "latest" through a front.
#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

const std::string latest_policy = std::string(front_policy) + R"(
[[allow]]
id = "newest"
roles = ["guest"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.latest."
deliver = "latest"
key = { arg = 0 }
)";

class FrontLatest : public testing::Test {
protected:
    FrontLatest() {
        world_.take();
        world_.link_up();
        world_.join(1);
    }
    /// The id that the session was told.
    std::string subscribe(std::string_view options, std::string_view topic) {
        world_.send(1, "[32,1," + std::string(options) + ",\"" + std::string(topic) + "\"]");
        world_.take();
        Lines lines = world_.after(9, "[33,1,500]");
        EXPECT_EQ(lines.size(), 2u);
        EXPECT_EQ(lines.front(), "1 small buffer");
        return lines.back().substr(8, lines.back().size() - 9);  // 1 [33,1,ID]
    }
    Lines written(std::size_t unsent) {
        world_.front.on_written(peer(1), unsent, world_.now, world_.wires.out);
        return world_.take();
    }
    void reload(const std::string& text) {
        world_.front.reload({policy::door_realm(text)}, world_.now, world_.wires.out);
    }

    FrontWorld world_{true, backend_link::BackendKind::generic, latest_policy};
};

TEST_F(FrontLatest, ASlowClientGetsTheNewest) {
    const std::string id = subscribe(R"({"match":"prefix"})", "lab.latest.");
    EXPECT_EQ(written(64u << 10), Lines{});
    for (int i = 1; i < 4; ++i) {
        const std::string number = std::to_string(i);
        EXPECT_EQ(world_.after(9, "[36,500," + number + R"(,{"topic":"lab.latest.a"},["k",)" +
                                      number + "]]"),
                  Lines{});
    }
    EXPECT_GT(world_.front.held_bytes(), policy::entry_bytes) << "besides the subscription";
    EXPECT_EQ(written(0),
              Lines{"1 [36," + id + R"(,3,{"topic":"lab.latest.a","_skipped":2},["k",3]])"});
    EXPECT_NE(world_.front.status_json().find(R"("skipped":2)"), std::string::npos);
}

TEST_F(FrontLatest, AReloadThatRevokesIsObeyedByWhatWaits) {
    subscribe("{}", "lab.latest.a");
    EXPECT_EQ(written(64u << 10), Lines{});
    world_.send(9, "[36,500,1,{},[1]]");
    // The session did not announce that it understands revocation.
    reload(latest_policy +
           "[[forbid]]\nid = \"no\"\nroles = [\"*\"]\nactions = [\"subscribe\"]\n"
           "uri = \"lab.latest.a\"\n");
    EXPECT_EQ(world_.take(), Lines{"9 [34,2,500]"});
    EXPECT_EQ(written(0), Lines{});
}

TEST_F(FrontLatest, AReloadChangesTheDelivery) {
    const std::string id = subscribe("{}", "lab.latest.a");
    EXPECT_EQ(written(64u << 10), Lines{});
    world_.send(9, "[36,500,1,{},[1]]");
    reload(std::string(front_policy));
    EXPECT_EQ(world_.take(), Lines{"1 [36," + id + ",1,{},[1]]"});
    EXPECT_EQ(world_.after(9, "[36,500,2,{},[1]]"), Lines{"1 [36," + id + ",2,{},[1]]"});
    reload(latest_policy);
    EXPECT_EQ(world_.after(9, "[36,500,3,{},[1]]"), Lines{});
}

TEST_F(FrontLatest, ARequestThatWaitsForTheLinkGetsTheDeliveryOfTheNewPolicy) {
    world_.send(1, R"([32,1,{},"lab.latest.a"])");
    world_.take();
    reload(std::string(front_policy));
    EXPECT_EQ(world_.after(9, "[33,1,500]").size(), 1u) << "no small buffer";
    world_.send(1, R"([32,2,{},"lab.latest.b"])");
    world_.take();
    reload(latest_policy);
    EXPECT_EQ(world_.take(), Lines{"1 small buffer"}) << "for the first subscription";
    EXPECT_EQ(world_.after(9, "[33,2,501]").size(), 1u);
    EXPECT_EQ(written(64u << 10), Lines{});
    EXPECT_EQ(world_.after(9, "[36,501,1,{},[1]]"), Lines{});
}

}  // namespace
}  // namespace sallyport::gateway
