#include "policy/door/judge.h"

#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view before = R"(
realm = "lab"
[auth]
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["retain"]
[[forbid]]
id = "planned"
roles = ["guest"]
actions = ["call"]
uri = "lab.planned"
shadow = true
)";

/// Nothing below "lab.gone.", and no retained events.
constexpr std::string_view after = R"(
realm = "lab"
[auth]
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[forbid]]
id = "gone"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab.gone."
)";

class JudgeTest : public testing::Test {
protected:
    JudgeTest() {
        session_.id = 7;
        session_.peer = peer(1);
        session_.principal = {"alice", "guest", "ticket"};
        use(before);
    }
    void use(std::string_view text) {
        session_.policy = door_realm(text).policy;
        session_.counts =
            std::make_shared<RealmCounts>(session_.policy->rules().size(), ++version_);
        session_.role = session_.policy->role("guest");
    }
    std::uint64_t hits(std::string_view rule) const {
        for (RuleIndex i = 0; i < session_.counts->rules(); ++i) {
            if (session_.policy->rules()[i].id == rule) return session_.counts->of(i).decisions();
        }
        return 0;
    }
    Judge::Verdict call(std::string_view procedure) {
        wamp::Call call{1, {}, std::string(procedure), {}};
        return judge_.judge(Requester(session_), call, now_);
    }
    Lines recorded() { return brief_records(judge_.recorder().trail()); }

    std::uint64_t version_ = 0;
    wamp::Random random_{{5}};
    Judge judge_{AuditTrail::Level::all, random_};
    Session session_;
    wamp::Instant now_{std::chrono::hours(1)};
};

TEST_F(JudgeTest, GivesAPermitForThatRequestAloneAndRecordsIt) {
    const auto verdict = call("lab.a");
    ASSERT_TRUE(verdict.permit.has_value());
    EXPECT_TRUE(verdict.permit->covers(7, {Action::call, "lab.a"}));
    EXPECT_FALSE(verdict.permit->covers(8, {Action::call, "lab.a"}));
    EXPECT_FALSE(verdict.permit->covers(7, {Action::call, "lab.b"}));
    EXPECT_EQ(recorded(), Lines{"allow call lab.a"});
    EXPECT_EQ(hits("all"), 1U);
}

TEST_F(JudgeTest, RecordsWhatItDeniesWithTheErrorThatIsDue) {
    const auto denied = call("plant.a");
    EXPECT_FALSE(denied.permit.has_value());
    EXPECT_EQ(denied.error, "wamp.error.not_authorized");
    EXPECT_EQ(call("a..b").error, "wamp.error.invalid_uri");
    EXPECT_EQ(recorded(), (Lines{"deny call plant.a (no rule allows it)", "invalid call a..b"}));
}

TEST_F(JudgeTest, RecordsWhatAShadowRuleWouldChange) {
    EXPECT_TRUE(call("lab.planned").permit.has_value());
    EXPECT_EQ(recorded(),
              (Lines{"shadow call lab.planned (would be denied)", "allow call lab.planned"}));
    EXPECT_EQ(hits("planned"), 1U);
}

TEST_F(JudgeTest, RecordsARequestThatWaitedOnlyWhenItIsRefusedNow) {
    use(after);
    wamp::Message allowed = wamp::Call{1, {}, "lab.a", {}};
    EXPECT_TRUE(judge_.judge_again(session_, allowed).permit.has_value());
    EXPECT_EQ(recorded(), Lines{});
    EXPECT_EQ(hits("all"), 0U);
    wamp::Message denied = wamp::Call{2, {}, "lab.gone.a", {}};
    EXPECT_EQ(judge_.judge_again(session_, denied).error, "wamp.error.not_authorized");
    EXPECT_EQ(recorded(), Lines{"deny call lab.gone.a (forbidden)"});
    EXPECT_EQ(hits("gone"), 1U);
}

TEST_F(JudgeTest, HoldsTheOptionsOfARequestThatWaitedAgainstItsNewRule) {
    use(after);
    wamp::Message answered =
        wamp::Publish{1, {{"acknowledge", true}, {"retain", true}}, "lab.t", {}};
    EXPECT_EQ(judge_.judge_again(session_, answered).error, "wamp.error.option_not_allowed");
    EXPECT_EQ(recorded(), Lines{"deny publish lab.t (the rule does not grant retain)"});
    wamp::Message silent = wamp::Publish{2, {{"retain", true}}, "lab.t", {}};
    EXPECT_TRUE(judge_.judge_again(session_, silent).permit.has_value());
    EXPECT_EQ(std::get<wamp::Publish>(silent).options.find("retain"), nullptr);
}

TEST_F(JudgeTest, RecordsWhatIsRevokedAndWhatLosesItsRoute) {
    use(after);
    EXPECT_TRUE(std::holds_alternative<Permit>(
        judge_.judge_holding(session_, {Action::subscribe, "lab.t"})));
    EXPECT_EQ(recorded(), Lines{});
    EXPECT_TRUE(std::holds_alternative<Denial>(
        judge_.judge_holding(session_, {Action::subscribe, "lab.gone.t"})));
    judge_.record_lost_route(session_, {Action::register_, "lab.p"});
    judge_.record_lost_route(session_, wamp::Message(wamp::Call{1, {}, "lab.c", {}}));
    EXPECT_EQ(recorded(), (Lines{"revoke subscribe lab.gone.t (forbidden)",
                                 "revoke register lab.p (its route has changed)",
                                 "deny call lab.c (its route has changed)"}));
    EXPECT_EQ(hits("gone"), 0U);  // what is revoked is no hit
}

TEST_F(JudgeTest, SaysWhatAnotherPolicyWouldDecideWithoutARecord) {
    const auto policy = door_realm(after).policy;
    EXPECT_TRUE(std::holds_alternative<Denial>(
        Judge::would_decide(*policy, session_, {Action::call, "lab.gone.a"})));
    EXPECT_TRUE(std::holds_alternative<Permit>(
        Judge::would_decide(*policy, session_, {Action::call, "lab.a"})));
    EXPECT_EQ(recorded(), Lines{});
}

TEST_F(JudgeTest, RecordsAPublicationToComeOnlyWhenItIsRefused) {
    wamp::Publish may{0, {}, "lab.t", {}};
    EXPECT_EQ(judge_.may_publish(session_, may), "");
    wamp::Publish may_not{0, {}, "plant.t", {}};
    EXPECT_EQ(judge_.may_publish(session_, may_not), "wamp.error.not_authorized");
    EXPECT_EQ(recorded(), Lines{"deny publish plant.t (no rule allows it)"});
}

TEST_F(JudgeTest, CountsTheEventsThatItWithholds) {
    EXPECT_TRUE(judge_.may_deliver(session_, "lab.t"));
    EXPECT_EQ(judge_.withheld(), 0U);
    EXPECT_FALSE(judge_.may_deliver(session_, "plant.t"));
    judge_.count_withheld();
    EXPECT_EQ(judge_.withheld(), 2U);
    EXPECT_EQ(recorded(), Lines{});
}

}  // namespace
}  // namespace sallyport::policy
