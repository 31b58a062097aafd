// How the calls of a route with several backends fail, and what follows.
#include <algorithm>
#include <set>
#include <string>

#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view spread_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = "lab."
to = ["inside", "plc"]
[[route]]
id = "spread"
match = "prefix"
uri = "spread."
to = ["inside", "plc"]
spread = { arg = 0 }
[[route]]
id = "alone"
match = "prefix"
uri = "alone."
to = "plc"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call"]
match = "prefix"
uri = ["lab.", "spread.", "alone."]
limits = { timeout = "2s" }
)";

/// The first backend, "inside", is at peer 9 and the second, "plc", at peer 10.
class FrontHealth : public testing::Test {
protected:
    FrontHealth()
        : world_(true, backend_link::BackendKind::generic, spread_policy, 64U << 10, SIZE_MAX,
                 {1h, 2h, 3h}) {
        world_.take();
        world_.link_up(9);
        world_.link_up(10, Serializer::json, 16U << 20, 1);
        world_.join(1);
        world_.take();
    }
    /// Calls, and returns which link the call crossed.
    std::string call(const std::string& procedure = "lab.a", int argument = 0,
                     const std::string& options = "{}") {
        const Lines sent =
            world_.after(1, "[48," + std::to_string(++request_) + "," + options + ",\"" +
                                procedure + "\",[" + std::to_string(argument) + "]]");
        if (sent.size() != 1U) return "none";
        const auto comma = sent[0].find(',');
        behind_ = sent[0].substr(comma + 1, sent[0].find(',', comma + 1) - comma - 1);
        const std::string link = sent[0].substr(0, sent[0].find(' '));
        link_ = std::stoull(link);
        return link;
    }
    void answer() { EXPECT_EQ(world_.after(link_, "[50," + behind_ + ",{},[1]]").size(), 1U); }
    void time_out(int calls, const std::string& procedure = "lab.a",
                  const std::string& options = "{}") {
        for (int i = 0; i < calls; ++i) call(procedure, 0, options);
        world_.advance(2s);
        world_.take();
    }
    /// Which of 200 values that link serves.
    std::set<int> served_by(const std::string& link) {
        std::set<int> values;
        for (int value = 0; value < 200; ++value) {
            if (call("spread.a", value) == link) values.insert(value);
            answer();
        }
        return values;
    }
    Front::LinkStatus inside() { return world_.front.links(world_.now)[0]; }
    bool is_ejected(std::size_t link = 0) {
        return world_.front.links(world_.now)[link].ejected_for != wamp::Duration::zero();
    }

    FrontWorld world_;
    int request_ = 0;
    std::uint64_t link_ = 0;  ///< that the last call crossed
    std::string behind_;      ///< its id there
};

TEST_F(FrontHealth, TellsOfAnswersFailuresAndTheirTime) {
    call();
    world_.now += 4ms;
    answer();
    call();
    world_.now += 2ms;
    EXPECT_EQ(world_.after(link_, "[8,48," + behind_ + ",{},\"lab.error.own\"]").size(), 1U);
    time_out(1);
    const auto last = inside().last;
    EXPECT_EQ(last.calls, 3U);
    EXPECT_EQ(last.failed, 1U) << "an error of a callee is an answer";
    EXPECT_EQ(last.latency(), 3ms);
    EXPECT_NE(world_.front.status_json({}, world_.now)
                  .find(R"("last_calls":3,"last_failed":1,"last_latency_us":3000,"ejected_ms":0,)"
                        R"("share":100)"),
              std::string::npos)
        << world_.front.status_json({}, world_.now);
}

TEST_F(FrontHealth, EjectABackendWhoseCallsTimeOutAndReturnToIt) {
    time_out(9);
    EXPECT_EQ(call(), "9");
    answer();
    time_out(1);
    EXPECT_TRUE(is_ejected());
    EXPECT_NE(world_.wires.notes().find(
                  "link inside: ejected for 30 s, as 10 of its last 11 calls failed: new requests "
                  "go to the other backends of its routes\n"),
              std::string::npos)
        << world_.wires.notes();
    EXPECT_EQ(call(), "10");
    answer();
    EXPECT_EQ(world_.front.deadline(), world_.now + 30s);
    world_.advance(30s);
    world_.take();
    EXPECT_FALSE(is_ejected());
    EXPECT_NE(world_.wires.notes().find("link inside: not ejected any more"), std::string::npos);
    EXPECT_EQ(call(), "9") << "a failover route returns at once";
}

TEST_F(FrontHealth, NotEjectABackendForTimeoutsThatCallersChose) {
    time_out(40, "lab.a", R"({"timeout":1})");
    EXPECT_EQ(inside().last.calls, 0U);
    EXPECT_FALSE(is_ejected());
    time_out(40, "lab.a", R"({"timeout":60000})");
    EXPECT_TRUE(is_ejected()) << "the policy gives them 2 s";
}

TEST_F(FrontHealth, NeverEjectTheLastOneNorOneThatIsNoWorseThanTheOthers) {
    world_.front.drain("inside", true);
    time_out(20);
    EXPECT_FALSE(is_ejected(1)) << "inside is drained";
    world_.front.drain("inside", false);
    time_out(20);
    EXPECT_FALSE(is_ejected(0)) << "plc is as bad";
    world_.advance(30s);
    time_out(20);
    EXPECT_TRUE(is_ejected(0));
    EXPECT_EQ(call(), "10");
    time_out(20);
    EXPECT_FALSE(is_ejected(1)) << "half are ejected";
    EXPECT_EQ(call(), "10");
    world_.lose(10);
    world_.take();
    EXPECT_EQ(call(), "9") << "better an ejected one than none";
}

TEST_F(FrontHealth, NotEjectABackendOutsideOfLists) {
    FrontWorld alone(true, backend_link::BackendKind::generic);
    alone.take();
    alone.link_up(9);
    alone.join(1);
    for (int i = 1; i <= 20; ++i) alone.send(1, "[48," + std::to_string(i) + ",{},\"lab.a\"]");
    alone.lose(9);
    EXPECT_EQ(alone.front.links(alone.now)[0].last.failed, 20U);
    EXPECT_EQ(alone.front.links(alone.now)[0].ejected_for, wamp::Duration::zero());
}

TEST_F(FrontHealth, CountCallsThatAreLostWithTheLinkAndGrowTheShareOfItsSpreadCallsAgain) {
    const std::set<int> before = served_by("9");
    EXPECT_NEAR(static_cast<double>(before.size()), 100, 25);
    call();
    world_.lose(9);
    EXPECT_EQ(inside().last.failed, 1U);
    EXPECT_FALSE(is_ejected()) << "one of many";
    world_.take();
    EXPECT_EQ(served_by("9"), std::set<int>());
    world_.link_up(11);
    world_.take();
    std::set<int> last;
    for (int second = 0; second < 10; ++second, world_.now += 1s) {
        const std::set<int> served = served_by("11");
        EXPECT_TRUE(std::includes(before.begin(), before.end(), served.begin(), served.end()));
        EXPECT_TRUE(std::includes(served.begin(), served.end(), last.begin(), last.end()));
        if (second == 0) {
            EXPECT_LT(served.size(), before.size() / 4);
        }
        if (second == 5) {
            EXPECT_NEAR(static_cast<double>(served.size()), static_cast<double>(before.size()) / 2,
                        25);
        }
        last = served;
    }
    EXPECT_EQ(inside().share, 100U);
    EXPECT_EQ(served_by("11"), before);
}

}  // namespace
}  // namespace sallyport::gateway
