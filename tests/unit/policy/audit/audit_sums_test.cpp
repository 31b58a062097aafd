#include "policy/audit/audit_sums.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/policy/records.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class AuditSumsTest : public testing::Test {
protected:
    static constexpr std::size_t lines_per_s = 10;

    static AuditRecord denial(wamp::SessionId session, std::string_view uri = "lab.secret") {
        AuditRecord record;
        record.outcome = Outcome::deny;
        record.action = Action::call;
        record.session = session;
        record.realm = "lab";
        record.authid = "eve";
        record.role = "guest";
        record.uri = uri;
        record.reason = "no rule allows it";
        record.payload_bytes = 3;
        return record;
    }
    void add(const AuditRecord& record) {
        sums_.add(record, now_, trail_);
        ++added_[record.session];
    }
    void flood(wamp::SessionId session, int times) {
        for (int i = 0; i < times; ++i) add(denial(session));
    }
    std::vector<Json> take() {
        const auto records = policy::records(trail_);
        for (const Json& record : records)
            told_[record["session"]] += record.value("repeated", std::uint64_t{1});
        return records;
    }
    /// The time passes, with the deadlines on the way.
    void pass(wamp::Duration time) {
        const wamp::Instant end = now_ + time;
        while (sums_.deadline() <= end) {
            now_ = std::max(now_, sums_.deadline());
            sums_.on_deadline(now_, trail_);
        }
        now_ = end;
    }

    AuditTrail trail_{AuditTrail::Level::all};
    AuditSums sums_{lines_per_s};
    wamp::Instant now_ = wamp::Instant{} + 1h;
    std::map<std::uint64_t, std::uint64_t> added_, told_;
};

TEST_F(AuditSumsTest, TheFirstOfASecondHaveARecordEachAndTheOthersShareOne) {
    flood(1, 10);
    EXPECT_EQ(take().size(), 10U);
    EXPECT_EQ(sums_.deadline(), wamp::never);
    flood(1, 1);
    EXPECT_EQ(take().size(), 0U);
    EXPECT_EQ(sums_.deadline(), now_ + 1s);
    flood(1, 989);
    EXPECT_EQ(take().size(), 0U);
    pass(1s);
    const auto records = take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["repeated"], 990);
    EXPECT_EQ(records[0]["outcome"], "deny");
    EXPECT_EQ(records[0]["authid"], "eve");
    EXPECT_EQ(records[0]["uri"], "lab.secret");
    EXPECT_EQ(records[0]["payload_bytes"], 3);
    EXPECT_EQ(records[0]["number"], 11);
    EXPECT_FALSE(records[0].contains("other_uri"));
    EXPECT_EQ(trail_.counts().recorded, 11U);
    EXPECT_EQ(trail_.counts().summed, 989U);
    EXPECT_EQ(sums_.deadline(), wamp::never);
    flood(1, 10);  // the next second
    EXPECT_EQ(take().size(), 10U);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, OneDecisionTooManyHasTheRecordThatItWouldHaveHadALittleLater) {
    flood(1, 11);
    pass(1s);
    const auto records = take();
    ASSERT_EQ(records.size(), 11U);
    Json last = records[10], first = records[0];
    last.erase("number");
    first.erase("number");
    EXPECT_EQ(last, first);
}

TEST_F(AuditSumsTest, WhatDiffersInMoreThanUriAndSizeIsSummedApart) {
    const auto changed = [](auto&& change) {
        AuditRecord record = denial(1);
        change(record);
        return record;
    };
    const std::vector<AuditRecord> kinds{
        changed([](auto& r) { r.outcome = Outcome::over_rate; }),
        changed([](auto& r) { r.action = Action::publish; }),
        changed([](auto& r) { r.match = wamp::MatchPolicy::prefix; }),
        changed([](auto& r) { r.reason = "forbidden"; }),
        changed([](auto& r) { r.authid = "bob"; }),
        changed([](auto& r) { r.role = "operator"; }),
        changed([](auto& r) { r.realm = "other"; }),
        changed([](auto& r) { r.policy = "abc"; }),
        changed([](auto& r) { r.circuit = 9; }),
        changed([](auto& r) {
            r.rule = "a";
            r.file = "f";
            r.line = 3;
        }),
        changed([](auto& r) {
            r.rule = "b";
            r.file = "f";
            r.line = 3;
        }),
        changed([](auto& r) {
            r.rule = "b";
            r.file = "g";
            r.line = 3;
        }),
        changed([](auto& r) {
            r.rule = "b";
            r.file = "g";
            r.line = 4;
        }),
    };
    flood(1, 10);
    take();
    for (int i = 0; i < 5; ++i) {
        for (const AuditRecord& kind : kinds) add(kind);
    }
    add(denial(1, "lab.first"));
    add(denial(1, "lab.second"));
    add(denial(1, "lab.third"));
    pass(1s);
    const auto records = take();
    ASSERT_EQ(records.size(), kinds.size() + 1);
    for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(records[i]["repeated"], 5);
    EXPECT_EQ(records.back()["repeated"], 3);
    EXPECT_EQ(records.back()["uri"], "lab.first");
    EXPECT_EQ(records.back()["other_uri"], "lab.second");
    EXPECT_EQ(told_, added_);
}

// Also where the rule's texts are those of any rule because none has decided, and where a text is
// cut.
TEST_F(AuditSumsTest, WhatIsNotRecordedDoesNotKeepSumsApart) {
    const std::string authid(3000, 'a');
    flood(1, 10);
    take();
    for (const char* rule : {"a", "b"}) {
        AuditRecord record = denial(1, std::string_view(authid));
        record.rule = record.file = rule;
        record.authid = authid;
        add(record);
    }
    pass(1s);
    const auto records = take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["repeated"], 2);
    EXPECT_FALSE(records[0].contains("other_uri"));
}

TEST_F(AuditSumsTest, SessionsDoNotShareAnything) {
    flood(1, 5000);
    take();
    flood(2, 10);
    EXPECT_EQ(take().size(), 10U);
    AuditRecord conveyed = denial(1);  // another gateway's session of the same number
    conveyed.via = 7;
    add(conveyed);
    EXPECT_EQ(take().size(), 1U);
    pass(1s);
    EXPECT_EQ(take().size(), 1U);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, TheSumsOfASessionThatEndsAreRecordedBefore) {
    flood(1, 20);
    flood(2, 20);
    take();
    sums_.end_session(1, 0, trail_);
    sums_.end_session(1, 7, trail_);
    sums_.end_session(3, 0, trail_);
    const auto records = take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["session"], 1);
    flood(1, 5);  // still the same second
    EXPECT_EQ(take().size(), 0U);
    sums_.end_all(trail_);
    EXPECT_EQ(take().size(), 2U);
    EXPECT_EQ(sums_.deadline(), wamp::never);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, ASecondEndsWithTheNextDecisionIfNoDeadlineCame) {
    flood(1, 20);
    flood(2, 5);
    take();
    now_ += 1s;
    flood(2, 5);
    const auto records = take();
    ASSERT_EQ(records.size(), 6U);
    EXPECT_EQ(records[0]["repeated"], 10);
    flood(2, 5);
    EXPECT_EQ(take().size(), 5U);
}

TEST_F(AuditSumsTest, ManySumsAtOnceAreNotRecordedInOneBurst) {
    constexpr int sessions = 2000;
    for (wamp::SessionId session = 1; session <= sessions; ++session) flood(session, 12);
    take();
    now_ += 1s;
    const wamp::Instant end = now_;
    int most = 0, all = 0;
    while (sums_.deadline() != wamp::never) {
        now_ = std::max(now_, sums_.deadline());
        sums_.on_deadline(now_, trail_);
        const int count = static_cast<int>(take().size());
        most = std::max(most, count);
        all += count;
    }
    EXPECT_EQ(all, sessions);
    EXPECT_EQ(most, static_cast<int>(AuditSums::batch_max));
    EXPECT_LE(now_ - end, 50ms);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, ASessionWithTooManySumsHasThemRecordedEarly) {
    std::vector<std::string> rules;
    for (std::size_t i = 0; i <= AuditSums::session_sums_max; ++i)
        rules.push_back("rule-" + std::to_string(i));
    flood(1, 10);
    take();
    const auto ask = [&](const std::string& rule) {
        AuditRecord record = denial(1);
        record.rule = rule;
        record.file = "f";
        record.line = 7;
        add(record);
        add(record);
    };
    for (std::size_t i = 0; i < AuditSums::session_sums_max; ++i) ask(rules[i]);
    EXPECT_EQ(take().size(), 0U);  // at the limit
    ask(rules.back());             // one past it
    EXPECT_EQ(take().size(), AuditSums::session_sums_max);
    pass(1s);
    EXPECT_EQ(take().size(), 1U);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, TooManySumsOfAllAreRecordedEarlyTheOldestFirst) {
    for (std::size_t session = 1; session <= AuditSums::sums_max; ++session) flood(session, 12);
    EXPECT_EQ(take().size(), 10 * AuditSums::sums_max);
    flood(AuditSums::sums_max + 1, 12);
    const auto early = take();
    ASSERT_EQ(early.size(), 10 + AuditSums::batch_max);
    EXPECT_EQ(early[10]["session"], 1);
    pass(2s);
    take();
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, OnlySoManySessionsAreRemembered) {
    flood(1, 12);
    take();
    for (std::size_t session = 2; session <= AuditSums::sessions_max; ++session) flood(session, 1);
    EXPECT_EQ(take().size(), AuditSums::sessions_max - 1);  // at the limit
    flood(AuditSums::sessions_max + 1, 1);                  // one past it
    EXPECT_EQ(take().size(), 2U);
    EXPECT_EQ(told_, added_);
}

TEST_F(AuditSumsTest, WithoutALimitNothingIsSummedUp) {
    AuditSums sums(SIZE_MAX);
    for (int i = 0; i < 5000; ++i) sums.add(denial(1), now_, trail_);
    EXPECT_EQ(take().size(), 5000U);
    EXPECT_EQ(sums.deadline(), wamp::never);
}

}  // namespace
}  // namespace sallyport::policy
