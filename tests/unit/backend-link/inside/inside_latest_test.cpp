// Subscriptions with deliver = "latest" at an inside: for the clients of its own listeners.
#include "tests/unit/backend-link/inside/inside_world.h"

namespace sallyport::backend_link {
namespace {

constexpr std::string_view rules = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "publish"
roles = ["service"]
actions = ["publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "newest"
roles = ["service", "gateway"]
actions = ["subscribe"]
match = "prefix"
uri = "lab."
deliver = "latest"
rate = "1/s"
)";

class InsideLatest : public testing::Test {
protected:
    InsideLatest() {
        world_.link_open();
        world_.send(9, hello);
        world_.take();
        for (const std::uint64_t id : {1u, 2u}) world_.join(id);
    }
    Lines after(std::uint64_t id, std::string_view json) { return world_.after(id, json); }

    InsideWorld world_{rules};
};

/// The lines without the publication's id, which is random.
Lines brief(const Lines& lines) {
    Lines shown;
    for (const std::string& line : lines) {
        const auto second = line.find(',', line.find(',') + 1);
        shown.push_back(line.substr(0, second) + line.substr(line.find(',', second + 1)));
    }
    return shown;
}

TEST_F(InsideLatest, AClientGetsTheNewestAndALinkEveryEvent) {
    EXPECT_EQ(after(1, R"([32,1,{},"lab.x"])"), (Lines{"1 small buffer", "1 [33,1,1]"}));
    EXPECT_EQ(after(9, R"([32,1,{},"lab.x"])"), Lines{"9 [33,1,1]"});
    EXPECT_EQ(brief(after(2, R"([16,1,{},"lab.x",[1]])")),
              (Lines{"1 [36,1,{},[1]]", "9 [36,1,{},[1]]"}));
    EXPECT_EQ(brief(after(2, R"([16,2,{},"lab.x",[2]])")), Lines{"9 [36,1,{},[2]]"});
    EXPECT_EQ(brief(after(2, R"([16,3,{},"lab.x",[3]])")), Lines{"9 [36,1,{},[3]]"});
    EXPECT_GT(world_.inside.held_bytes(), policy::entry_bytes) << "besides the subscription";
    EXPECT_EQ(world_.inside.deadline(), world_.now + 1s);
    world_.now += 1s;
    world_.inside.on_deadline(world_.now, world_.wires.out);
    EXPECT_EQ(brief(world_.take()), Lines{R"(1 [36,1,{"_skipped":1},[3]])"});
    EXPECT_EQ(after(1, "[34,2,1]"), Lines{"1 [35,2]"});
}

TEST_F(InsideLatest, AReloadSendsWhatWaitedUnderAnotherDelivery) {
    world_.send(1, R"([32,1,{},"lab.x"])");
    world_.send(2, R"([16,1,{},"lab.x",[1]])");
    world_.send(2, R"([16,2,{},"lab.x",[2]])");
    world_.take();
    std::string all(rules);
    all.replace(all.find("deliver"), all.size(), "");
    world_.inside.reload({policy::door_realm(all, true)}, world_.now, world_.wires.out);
    EXPECT_EQ(brief(world_.take()), Lines{"1 [36,1,{},[2]]"});
    EXPECT_EQ(brief(after(2, R"([16,3,{},"lab.x",[3]])")), Lines{"1 [36,1,{},[3]]"});
}

TEST_F(InsideLatest, AReloadThatRevokesIsObeyedByWhatWaits) {
    world_.send(1, R"([32,1,{},"lab.x"])");
    world_.send(2, R"([16,1,{},"lab.x",[1]])");
    world_.send(2, R"([16,2,{},"lab.x",[2]])");
    world_.take();
    std::string none(rules);
    none.replace(none.find("roles = [\"service\", \"gateway\"]"), 30, "roles = [\"nobody\"]\n");
    world_.inside.reload({policy::door_realm(none, true)}, world_.now, world_.wires.out);
    world_.now += 2s;
    world_.inside.on_deadline(world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), Lines{});
}

}  // namespace
}  // namespace sallyport::backend_link
