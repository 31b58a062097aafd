#include "policy/tools/analysis/explain.h"

#include "policy/file/load.h"
#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

class Explain : public ToolTest {
protected:
    int ask(const std::string& as, Action action, const std::string& uri,
            wamp::MatchPolicy match = wamp::MatchPolicy::exact, std::size_t payload_bytes = 0) {
        ExplainRequest question;
        set_principal(question, as);
        question.action = action;
        question.uri = uri;
        question.match = match;
        if (payload_bytes != 0) question.payload_bytes = payload_bytes;
        out_.str("");
        err_.str("");
        return explain(path_, question, to_);
    }

    std::string path_ = file("obs.toml", sound_policy);
    std::string people_ = file("people.toml", people);
};

TEST_F(Explain, NamesRuleLimitsAndRouteOfAnAllow) {
    EXPECT_EQ(ask("alice", Action::call, "lab.slew"), 0);
    EXPECT_EQ(out(),
              "allow: call \"lab.slew\" as alice:operator\n"
              "  rule:   drive at obs.toml:10:1\n"
              "  limits: rate 20/s, in flight 8, timeout 10s, payload 64KiB\n"
              "  route:  lab to inside, realm obs, at obs.toml:5:1\n"
              "  not by:\n"
              "    forbid off (obs.toml:22:1): is for \"lab.off\" (exact)\n");
    EXPECT_EQ(ask("joe:guest", Action::subscribe, "lab.events.", wamp::MatchPolicy::prefix), 0);
    EXPECT_TRUE(out().starts_with("allow: subscribe \"lab.events.\" (prefix) as joe:guest\n"));
    EXPECT_NE(out().find("limits: none"), std::string::npos);
}

TEST_F(Explain, SaysHowEventsAreDelivered) {
    path_ = file("events.toml",
                 "realm = \"r\"\n[[allow]]\nid = \"a\"\nroles = [\"guest\"]\nactions = "
                 "[\"subscribe\", \"call\"]\nuri = \"lab.x\"\ndeliver = \"latest\"\nkey = { "
                 "arg = 0 }\nrate = \"5/m\"\n");
    EXPECT_EQ(ask("joe:guest", Action::subscribe, "lab.x"), 0);
    EXPECT_NE(out().find("\n  events: latest, key arg 0, rate 5/m\n"), std::string::npos) << out();
    EXPECT_EQ(ask("joe:guest", Action::call, "lab.x"), 0);
    EXPECT_EQ(out().find("  events:"), std::string::npos);
}

TEST_F(Explain, GivesTheReasonOfADenial) {
    EXPECT_EQ(ask("joe:guest", Action::call, "lab.slew"), 1);
    EXPECT_EQ(out(),
              "deny: call \"lab.slew\" as joe:guest\n  reason: no rule allows it\n  not by:\n"
              "    allow drive (obs.toml:10:1): is for role operator\n"
              "    forbid off (obs.toml:22:1): is for \"lab.off\" (exact)\n");
    EXPECT_EQ(ask("alice", Action::call, "lab.off"), 1);
    EXPECT_EQ(out(),
              "deny: call \"lab.off\" as alice:operator\n  reason: forbidden\n  rule:   off at "
              "obs.toml:22:1\n  not by:\n"
              "    allow drive (obs.toml:10:1): is for \"lab.slew\" (exact)\n");
    EXPECT_EQ(ask("joe:guest", Action::subscribe, "lab.", wamp::MatchPolicy::prefix), 1);
    EXPECT_NE(out().find("the pattern matches more than is allowed"), std::string::npos);
    EXPECT_EQ(ask("alice", Action::call, "com.nowhere"), 1);
    EXPECT_NE(out().find("no route matches"), std::string::npos);
    EXPECT_EQ(ask("alice", Action::call, "lab.slew", wamp::MatchPolicy::exact, 65537), 1);
    EXPECT_NE(out().find("payload 64KiB"), std::string::npos);
}

TEST_F(Explain, LooksTheRoleUpOrTakesTheOneGiven) {
    EXPECT_EQ(ask("alice:guest", Action::call, "lab.slew"), 1);
    EXPECT_EQ(ask("mallory", Action::call, "lab.slew"), 2);
    EXPECT_EQ(
        err(),
        "error: there is no principal \"mallory\" (name the role, as in --as mallory:guest)\n");
    std::filesystem::remove(people_);
    EXPECT_EQ(ask("alice:operator", Action::call, "lab.slew"), 0);
    EXPECT_EQ(ask("alice", Action::call, "lab.slew"), 2);
}

TEST_F(Explain, RefusesQuestionsThatNoClientCanAsk) {
    EXPECT_EQ(ask("alice", Action::call, "lab..slew"), 2);
    EXPECT_EQ(err(), "error: \"lab..slew\" is not a valid URI\n");
    EXPECT_EQ(ask("alice", Action::call, "lab.", wamp::MatchPolicy::prefix), 2);
    EXPECT_EQ(err(), "error: --match is only for --subscribe and --register\n");
    EXPECT_EQ(ask("alice", Action::subscribe, "lab..", wamp::MatchPolicy::wildcard), 1);
}

TEST_F(Explain, AnswersAboutAFileWhoseTestsFail) {
    file("obs.toml",
         std::string(sound_policy) +
             "[[test]]\nas = { role = \"guest\" }\ncall = \"lab.slew\"\nexpect = \"allow\"\n");
    EXPECT_EQ(ask("joe:guest", Action::call, "lab.slew"), 1);
}

TEST_F(Explain, LooksAtArguments) {
    const std::string path = file("args.toml", R"(realm = "r"
[[allow]]
id = "slew"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer", max = 90 }, { kwarg = "mode", one_of = ["slow"] }]
[[allow]]
id = "sealed"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
payload = "opaque"
[[forbid]]
id = "trial"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
shadow = true
)");
    ExplainRequest request;
    set_principal(request, "joe:guest");
    request.uri = "lab.slew";
    request.args = "[90]";
    request.kwargs = R"({"mode":"slow"})";
    EXPECT_EQ(explain(path, request, to_), 0);
    EXPECT_EQ(out(),
              "allow: call \"lab.slew\" as joe:guest\n"
              "  rule:   slew at args.toml:2:1\n"
              "  limits: none\n"
              "  route:  local to local, realm r\n"
              "  if no rule were a shadow: forbid trial (args.toml:14:1)\n"
              "  not by:\n"
              "    allow sealed (args.toml:8:1): is for opaque payloads\n"
              "    forbid trial (args.toml:14:1): is a shadow: counted, but it never decides\n");
    out_.str("");
    request.kwargs = "";
    EXPECT_EQ(explain(path, request, to_), 1);
    EXPECT_NE(out().find("the arguments do not meet the rule's conditions"), std::string::npos)
        << out();
    out_.str("");
    request.args = "";
    request.opaque = true;
    EXPECT_EQ(explain(path, request, to_), 0);
    EXPECT_NE(out().find("rule:   sealed"), std::string::npos);
    out_.str("");
    request.opaque = false;
    request.args = "{}";
    EXPECT_EQ(explain(path, request, to_), 2);
    EXPECT_EQ(err(), "error: --args must be a JSON array, as in '[91, \"fast\"]'\n");
}

TEST_F(Explain, SaysOfARuleThatItCoversEveryUri) {
    const std::string path = file("all.toml", R"(realm = "r"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = ""
)");
    ExplainRequest request;
    set_principal(request, "joe:guest");
    request.uri = "any.thing";
    EXPECT_EQ(explain(path, request, to_), 0);
    EXPECT_NE(out().find("  rule:   all at all.toml:2:1, which covers every URI\n"),
              std::string::npos)
        << out();
    out_.str("");
    request.action = Action::subscribe;
    request.match = wamp::MatchPolicy::prefix;
    for (const char* prefix : {"", "a", "any.thing"}) {
        request.uri = prefix;
        EXPECT_EQ(explain(path, request, to_), 0) << prefix;
    }
    out_.str("");
    EXPECT_EQ(explain(path, request, json_), 0);
    EXPECT_NE(out().find(R"("covers_everything":true)"), std::string::npos) << out();
    // Below "wamp." a rule still needs the grant.
    request.match = wamp::MatchPolicy::exact;
    request.uri = "wamp.session.on_join";
    EXPECT_EQ(explain(path, request, to_), 1);
}

TEST_F(Explain, SpeaksJson) {
    ExplainRequest request;
    set_principal(request, "alice:operator");
    request.uri = "lab.slew";
    EXPECT_EQ(explain(path_, request, json_), 0);
    EXPECT_TRUE(out().starts_with(
        R"({"decision":"allow","action":"call","uri":"lab.slew","match":"exact","authid":"alice","role":"operator","rule":{"file":)"))
        << out();
    EXPECT_NE(out().find(R"("not_by":[{"file":)"), std::string::npos) << out();
}

TEST_F(Explain, AsksTheInsideToo) {
    LoadOptions options;
    options.routes_required = false;
    const auto inside = load_realm(
        file("inside.toml",
             "realm = \"obs\"\n[auth]\nanonymous = { role = \"service\" }\n[[allow]]\nid = "
             "\"inner\"\nroles = [\"operator\"]\nactions = [\"call\"]\nuri = \"lab.slew\"\n"),
        options);
    ASSERT_FALSE(inside.has_error());
    const SecondDoor door{"inside", {inside->file, *inside->policy}};
    ExplainRequest question;
    set_principal(question, "alice");
    question.uri = "lab.slew";
    question.others_max = 0;
    EXPECT_EQ(explain_both(path_, question, {&door, 1}, to_), 0);
    EXPECT_TRUE(
        out().ends_with("then the inside \"inside\" decides:\n"
                        "allow: call \"lab.slew\" as alice:operator\n"
                        "  rule:   inner at inside.toml:4:1\n"
                        "  limits: none\n"
                        "  route:  local to local, realm obs\n"))
        << out();

    const auto shut = load_realm(
        file("shut.toml", "realm = \"obs\"\n[auth]\nanonymous = { role = \"service\" }\n"),
        options);
    ASSERT_FALSE(shut.has_error());
    const SecondDoor closed{"inside", {shut->file, *shut->policy}};
    out_.str("");
    EXPECT_EQ(explain_both(path_, question, {&closed, 1}, to_), 1);
    EXPECT_TRUE(
        out().ends_with("then the inside \"inside\" decides:\n"
                        "deny: call \"lab.slew\" as alice:operator\n"
                        "  reason: no rule allows it\n"))
        << out();

    out_.str("");
    EXPECT_EQ(explain_both(path_, question, {&closed, 1}, json_), 1);
    EXPECT_NE(out().find(R"("insides":[{"decision":"deny")"), std::string::npos) << out();

    EXPECT_EQ(explain_both(path_, question, {}, to_), 2);
    EXPECT_NE(err().find("add --inside inside=inside.toml"), std::string::npos) << err();

    question.uri = "lab.off";
    out_.str("");
    EXPECT_EQ(explain_both(path_, question, {&door, 1}, to_), 1);
    EXPECT_EQ(out().find("then the inside"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::policy
