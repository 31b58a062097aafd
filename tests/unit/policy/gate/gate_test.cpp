#include "policy/gate/gate.h"

#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view gate_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "lab"
roles = ["guest"]
actions = ["call", "publish", "subscribe"]
match = "prefix"
uri = "lab."
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta"]
[[allow]]
id = "testaments"
roles = ["guest"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]
[[allow]]
id = "kill"
roles = ["guest"]
actions = ["call"]
uri = ["wamp.session.kill", "wamp.session.kill_all"]
grants = ["meta"]
)";

/// A gate whose steps are written down: "request lab.a", "followup", "joined 1", "left 1".
class GateTest : public testing::Test {
protected:
    void open(std::uint64_t id) {
        gate_.on_open(peer(id), wires_.open(id), Trust::client, now_, wires_.out);
    }
    void join(std::uint64_t id) {
        open(id);
        send(id, hello);
        wires_.take();
        steps_.clear();
    }
    void send(std::uint64_t id, std::string_view json) {
        act_on(gate_.on_message(peer(id), json, now_, wires_.out));
    }
    void act_on(Gate::Step&& first) {
        for (Gate::Step step = std::move(first); is_due(step); step = gate_.next(now_, wires_.out))
            steps_.push_back(text(step));
    }
    std::string text(const Gate::Step& step) {
        if (const auto* request = std::get_if<Door::Request>(&step)) {
            const auto* publish = std::get_if<wamp::Publish>(&request->message);
            if (publish != nullptr) return "publish " + publish->topic;
            return "call " + std::get<wamp::Call>(request->message).procedure;
        }
        if (std::holds_alternative<Door::Followup>(step)) return "followup";
        if (const auto* left = std::get_if<Door::Left>(&step)) {
            EXPECT_NE(gate_.sessions().find(left->session), nullptr) << "forgotten too early";
            return "left";
        }
        return "joined";
    }
    Lines steps() { return std::exchange(steps_, {}); }
    std::string session(std::uint64_t id) { return std::to_string(wires_.session(id)); }

    wamp::Random random_{{3}};
    Gate gate_{
        {door_realm(gate_policy)}, audited(), wamp::Random({7}), random_, wamp::router_roles()};
    Wires wires_;
    wamp::Instant now_{std::chrono::hours(1)};
    Lines steps_;

private:
    static DoorLimits audited() {
        DoorLimits limits;
        limits.audit = AuditTrail::Level::all;
        return limits;
    }
};

TEST_F(GateTest, AnnouncesTheMetaApi) {
    join(1);
    const wamp::Dict& roles = *wires_.welcome(1).details.get_dict("roles");
    EXPECT_TRUE(
        roles.get_dict("dealer")->get_dict("features")->find("testament_meta_api") != nullptr &&
        roles.get_dict("broker")->get_dict("features")->find("session_meta_api") != nullptr);
}

TEST_F(GateTest, PassesOnWhatIsForItsOwner) {
    open(1);
    send(1, hello);
    EXPECT_EQ(steps(), Lines{"joined"});
    send(1, R"([48,1,{},"lab.a"])");
    send(1, R"([49,1,{}])");
    EXPECT_EQ(steps(), (Lines{"call lab.a", "followup"}));
    wires_.take();
}

TEST_F(GateTest, AnswersTheMetaApiItself) {
    join(1);
    send(1, R"([48,1,{},"wamp.session.count"])");
    EXPECT_EQ(wires_.take(), Lines{"1 [50,1,{},[1]]"});
    send(1, R"([32,2,{},"wamp.session.on_join"])");
    const Lines subscribed = wires_.take();
    const auto comma = subscribed.at(0).rfind(',');
    send(1, "[34,3," + subscribed[0].substr(comma + 1));
    EXPECT_EQ(wires_.take(), Lines{"1 [35,3]"});
    EXPECT_EQ(steps(), Lines{});
    send(1, "[34,4," + subscribed[0].substr(comma + 1));  // it may be one behind
    EXPECT_EQ(steps(), Lines{"followup"});
}

TEST_F(GateTest, PublishesWhatASessionLeavesBeforeItIsDisposedOf) {
    join(1);
    send(1, R"([48,1,{},"wamp.session.add_testament",["lab.gone",[],{}]])");
    wires_.take();
    act_on(gate_.on_closed(peer(1), "reset", now_, wires_.out));
    EXPECT_EQ(steps(), (Lines{"publish lab.gone", "left"}));
    EXPECT_EQ(gate_.sessions().size(), 0U);
}

TEST_F(GateTest, EndsTheSessionsThatACallEndsOneAfterTheOther) {
    join(1);
    join(2);
    join(3);
    for (const std::uint64_t id : {2u, 3u}) {
        send(id, R"([48,1,{},"wamp.session.add_testament",["lab.gone",[],{}]])");
        wires_.take();
    }
    send(1, R"([32,1,{},"wamp.session.on_leave"])");
    wires_.take();
    send(1, R"([48,2,{},"wamp.session.kill",[)" + session(2) + R"(],{"message":"enough"}])");
    EXPECT_EQ(steps(), (Lines{"publish lab.gone", "left"}));
    const Lines told = wires_.take();
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0], "1 [50,2,{},[null]]");
    EXPECT_EQ(told[1], R"(2 [6,{"message":"enough"},"wamp.close.killed"])");  // W-SSM-03
    EXPECT_TRUE(told[2].starts_with("1 [36,")) << told[2];
    send(1, R"([48,3,{},"wamp.session.kill_all"])");  // nothing is published then (W-SSM-04)
    EXPECT_EQ(steps(), Lines{"left"});
    EXPECT_EQ(wires_.take(), (Lines{"1 [50,3,{},[1]]", R"(3 [6,{},"wamp.close.killed"])"}));
    EXPECT_EQ(gate_.meta().bytes(), 0U);  // nor kept
}

TEST_F(GateTest, EndsWhomAReloadDoesNotAdmitAndRecordsEachOnce) {
    join(1);
    records(gate_.audit());
    const std::vector<DoorRealm> closed{door_realm(closed_policy)};
    EXPECT_EQ(gate_.begin_reload(closed), 1U);
    act_on(gate_.next(now_, wires_.out));
    EXPECT_EQ(steps(), Lines{"left"});
    gate_.reload(closed, now_, wires_.out);
    EXPECT_EQ(wires_.take(), Lines{R"(1 [6,{},"wamp.close.close_realm"])"});
    EXPECT_EQ(brief_records(gate_.audit()), (Lines{"leave (wamp.close.close_realm)", "reload"}));
}

TEST_F(GateTest, KicksTheSessionOfAnIdOrAllOfAnAuthid) {
    for (const std::uint64_t id : {1u, 2u, 3u}) join(id);
    wires_.take();
    records(gate_.audit());
    EXPECT_EQ(gate_.begin_kick("", "nobody at all"), 0U);
    EXPECT_EQ(gate_.begin_kick("another", session(2)), 0U);
    EXPECT_EQ(gate_.begin_kick("", session(2)), 1U);
    act_on(gate_.next(now_, wires_.out));
    EXPECT_EQ(steps(), Lines{"left"});
    EXPECT_EQ(wires_.take(), Lines{R"(2 [6,{},"wamp.close.killed"])"});
    EXPECT_EQ(gate_.sessions().size(), 2U) << "the others go on";
    std::string authid;
    gate_.sessions().for_each([&](const Session& each) { authid = each.principal.authid; });
    EXPECT_GE(gate_.begin_kick("", authid), 1U);
    act_on(gate_.next(now_, wires_.out));
    steps();
    EXPECT_EQ(wires_.take().back().substr(2), R"([6,{},"wamp.close.killed"])");
    EXPECT_EQ(brief_records(gate_.audit()).front(), "leave (wamp.close.killed)");
}

TEST_F(GateTest, StopsAfterAllTestamentsArePublished) {
    join(1);
    join(2);
    open(3);
    for (const std::uint64_t id : {1u, 2u}) {
        send(id, R"([48,1,{},"wamp.session.add_testament",["lab.gone",[],{}]])");
        wires_.take();
    }
    send(2, R"([32,2,{},"wamp.session.on_leave"])");  // gets no event: all leave
    wires_.take();
    gate_.begin_stop();
    act_on(gate_.next(now_, wires_.out));
    EXPECT_EQ(steps(), (Lines{"publish lab.gone", "publish lab.gone", "left", "left"}));
    Lines lines = wires_.take();
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_TRUE(lines[0].ends_with(R"([6,{},"wamp.close.system_shutdown"])")) << lines[0];
    EXPECT_EQ(lines[2], R"(3 [3,{},"wamp.close.system_shutdown"])");
    EXPECT_EQ(lines[3], "3 closed");
    open(4);
    EXPECT_EQ(wires_.take(), Lines{"4 closed"});
    EXPECT_FALSE(gate_.stopped());
    now_ += 2s;
    act_on(gate_.on_deadline(now_, wires_.out));
    EXPECT_TRUE(gate_.stopped());
}

}  // namespace
}  // namespace sallyport::policy
