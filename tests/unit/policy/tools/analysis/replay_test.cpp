#include "policy/tools/analysis/replay.h"

#include "policy/audit/audit.h"
#include "tests/unit/policy/tools/random_policy.h"
#include "tests/unit/policy/tools/support.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

std::string log_line(const Subject& subject, const Question& question, bool allowed) {
    AuditRecord record;
    record.outcome = allowed ? Outcome::allow : Outcome::deny;
    record.action = question.action;
    record.match = question.match;
    record.payload_bytes = question.payload_bytes;
    record.realm = "r";
    record.authid = subject.authid;
    record.role = subject.authrole;
    record.uri = question.uri;
    std::string text;
    append_json(text, record, "2026-01-01T00:00:00Z", "front");
    text.pop_back();
    return text;
}

LoadedRealm loaded(const PolicyFile& file, std::shared_ptr<const RealmPolicy> policy) {
    LoadedRealm realm;
    realm.policy = std::move(policy);
    realm.file = file;
    return realm;
}

using ReplayTool = ToolTest;

constexpr const char* policy_text = R"(realm = "r"
[[allow]]
id = "echo"
roles = ["*"]
actions = ["call"]
uri = "lab.echo"
[[allow]]
id = "slew"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer" }]
)";

TEST_F(ReplayTool, ReportsWhichDecisionsWouldChange) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    const auto realm = load_realm(file("r.toml", policy_text), options);
    ASSERT_TRUE(realm.has_value());
    Replay replay(*realm);
    const Subject guest{{}, "joe", "guest"};
    replay.line(log_line(guest, {Action::call, "lab.echo"}, true));
    replay.line(log_line(guest, {Action::call, "lab.park"}, true));
    replay.line(log_line(guest, {Action::call, "lab.park"}, true));
    replay.line(log_line(guest, {Action::call, "lab.echo"}, false));
    replay.line(log_line(guest, {Action::call, "lab.slew"}, true));
    EXPECT_FALSE(replay.line("rubbish"));
    replay.line(R"({"outcome":"join","realm":"r"})");
    replay.line(R"({"outcome":"allow","realm":"other","action":"call","uri":"lab.park"})");
    EXPECT_TRUE(replay.line(
        R"({"outcome":"shadow","realm":"r","action":"call","uri":"lab.x","rule":"s"})"));
    EXPECT_EQ(print_replay(replay, to_), 1);
    EXPECT_EQ(
        out(),
        "2 decisions, first at line 2: call \"lab.park\" as joe:guest\n"
        "  was: allow\n"
        "  now: deny: no rule allows it\n"
        "1 decision, first at line 4: call \"lab.echo\" as joe:guest\n"
        "  was: deny\n"
        "  now: allow echo (r.toml:2:1) by route local\n"
        "1 decision perhaps, first at line 5: call \"lab.slew\" as joe:guest\n"
        "  was: allow\n"
        "  now: allow slew (r.toml:7:1) by route local, or deny: the arguments do not meet "
        "the rule's conditions; rule slew (r.toml:7:1)\n"
        "5 decisions of 9 lines: 3 would change, 1 might by their arguments; 1 of other realms; "
        "1 of shadow rules skipped; 1 unreadable, at line 6\n");
    out_.str("");
    EXPECT_EQ(print_replay(replay, json_), 1);
    EXPECT_TRUE(out().starts_with(
        R"({"lines":9,"decisions":5,"by_first_uri":0,"flips":3,"uncertain":1,"other_realms":1,"not_decisions":2,"shadows":1,"unreadable":1,"first_unreadable":6,"kinds":[{)"))
        << out();
}

TEST_F(ReplayTool, WeighsASumByItsDecisions) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    const auto realm = load_realm(file("r.toml", policy_text), options);
    ASSERT_TRUE(realm.has_value());
    Replay replay(*realm);
    const std::string denied =
        R"({"outcome":"deny","realm":"r","authid":"joe","role":"guest","action":"call","uri":)";
    replay.line(denied + R"("lab.echo"})");
    replay.line(denied + R"("lab.echo","repeated":40})");
    replay.line(denied + R"("lab.echo","repeated":7,"other_uri":"lab.other"})");
    replay.line(denied + R"("lab.other","repeated":100})");
    EXPECT_EQ(replay.counts().decisions, 148U);
    EXPECT_EQ(replay.counts().flips, 41U);
    EXPECT_EQ(replay.counts().uncertain, 7U);  // the URIs of six of them are not known
    EXPECT_EQ(replay.counts().by_first_uri, 6U);
    print_replay(replay, to_);
    EXPECT_TRUE(
        out().ends_with("148 decisions of 4 lines: 41 would change, 7 might by their "
                        "arguments; 6 of a flood decided by its first URI\n"))
        << out();
}

// Whatever the payload was that the log does not hold: what is certain is so, what flips is told.
TEST(ReplayAgainstTheEngine, IsRightAboutEachLine) {
    wamp::Random random({6});
    int flips = 0;
    int certain = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RandomPolicies policies(seed);
        PolicyFile before = policies.file();
        PolicyFile after = policies.changed(before);
        before.realm = after.realm = "r";
        const auto old = Compiler::compile(before, {false, {}, true}, "");
        const auto fresh = Compiler::compile(after, {false, {}, true}, "");
        if (!old || !fresh) continue;
        const LoadedRealm realm = loaded(after, *fresh);
        for (int i = 0; i < 40; ++i) {
            const std::array names{"a", "b", "z"};
            const std::string uri =
                std::string(names[random.below(3)]) + "." + names[random.below(3)];
            const char* role = names[random.below(3)];
            const char* authid = names[random.below(3)];
            const auto payload = wamp::make_payload(
                wamp::Serializer::json, wamp::List{static_cast<std::int64_t>(random.below(4))});
            const wamp::Payload view = payload.view();
            const bool call = random.below(2) == 0;
            const Question question{call ? Action::call : Action::subscribe, uri,
                                    wamp::MatchPolicy::exact, call ? random.below(20) : 0, &view};
            const auto allows = [&](const RealmPolicy& policy) {
                return std::holds_alternative<Permit>(
                    policy.decide({policy.role(role), authid, role}, question));
            };
            const bool was = allows(**old);
            const bool is = allows(**fresh);
            Replay replay(realm);
            replay.line(log_line({{}, authid, role}, question, was));
            ASSERT_EQ(replay.counts().decisions, 1U);
            const bool told = replay.counts().flips > 0;
            const bool perhaps = replay.counts().uncertain > 0;
            if (was != is) {
                ASSERT_TRUE(told || perhaps) << "seed " << seed << " " << uri;
            } else {
                ASSERT_FALSE(told) << "seed " << seed << " " << uri;
            }
            flips += was != is ? 1 : 0;
            certain += told ? 1 : 0;
        }
    }
    EXPECT_GE(flips, 300);
    EXPECT_GE(certain, flips / 2);
}

}  // namespace
}  // namespace sallyport::policy
