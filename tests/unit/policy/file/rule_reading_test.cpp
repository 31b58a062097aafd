#include "policy/file/reading.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

RuleText rule_of(const std::string& keys, std::vector<std::string>& errors, bool allow = true) {
    Diagnostics found;
    std::set<std::string> ids;
    static const std::string file = "f";
    const Item table = *parse_document("id = \"a\"\nroles = \"*\"\nuri = \"a.b\"\n" + keys, file);
    RuleText rule = read_rule(table, allow, ids, file, found);
    for (const Diagnostic& one : found) errors.push_back(to_string(one));
    return rule;
}

RuleText sound_rule(const std::string& keys, bool allow = true) {
    std::vector<std::string> errors;
    RuleText rule = rule_of(keys, errors, allow);
    for (const std::string& error : errors) ADD_FAILURE() << error;
    return rule;
}

std::string error_of(const std::string& keys, bool allow = true) {
    std::vector<std::string> errors;
    rule_of(keys, errors, allow);
    return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
}

TEST(ReadRule, ReadsLimitsOfEachScope) {
    const RuleText rule = sound_rule(
        "actions = \"call\"\nlimits = { rate = \"2/s\", in_flight = 3, timeout = \"4s\", payload = "
        "5, "
        "authid = { rate = \"60/m\", in_flight = 7 }, circuit = { in_flight = 8 } }\n");
    EXPECT_EQ(rule.limits, (Limits{2, 3, std::chrono::seconds(4), 5, {1, 7}, {0, 8}}));
}

TEST(ReadRule, ReadsGrantsShadowsAndPayloads) {
    const RuleText rule = sound_rule(
        "actions = [\"call\", \"publish\"]\ngrants = [\"disclose_me\", \"retain\"]\nshadow = true\n"
        "payload = \"opaque\"\n");
    EXPECT_TRUE(rule.grants.has(Grant::disclose_me) && rule.grants.has(Grant::retain));
    EXPECT_FALSE(rule.grants.has(Grant::meta));
    EXPECT_TRUE(rule.shadow);
    EXPECT_EQ(rule.payload, PayloadMode::opaque);
    // What cannot be read is allowed by none that does not say so, and forbidden by all.
    EXPECT_EQ(sound_rule("actions = \"call\"\n").payload, PayloadMode::readable);
    EXPECT_EQ(sound_rule("actions = \"call\"\n", false).payload, PayloadMode::any);
}

TEST(ReadRule, ReadsHowEventsAreDelivered) {
    EXPECT_EQ(sound_rule("actions = \"subscribe\"\n").delivery, EventDelivery{});
    EXPECT_EQ(sound_rule("actions = [\"call\", \"subscribe\"]\ndeliver = \"latest\"\n"
                         "key = { arg = 2 }\nrate = \"60/m\"\nlimits = { rate = \"2/s\" }\n")
                  .delivery,
              (EventDelivery{true, 2U, 1}));
    EXPECT_EQ(error_of("actions = \"publish\"\nkey = { arg = 2 }\n"),
              "f:5:1: error: \"key\" is for subscriptions, and the rule does not allow subscribe "
              "(remove it, or add \"subscribe\" to the actions)");
}

TEST(ReadRule, ReadsConditions) {
    const RuleText rule = sound_rule(
        "actions = \"call\"\nwhere = [{ arg = 0, type = \"integer\", max = 9 }, { kwarg = "
        "\"m\", one_of = [\"a\", 1, true, 1.5] }]\n");
    ASSERT_EQ(rule.where.size(), 2U);
    EXPECT_EQ(rule.where[0].max, Number(std::int64_t{9}));
    EXPECT_EQ(rule.where[1].one_of.size(), 4U);
}

TEST(ReadRule, RefusesWhatCanNeverAct) {
    EXPECT_EQ(error_of("actions = \"publish\"\nlimits = { circuit = { in_flight = 2 } }\n"),
              "f:5:24: error: \"in_flight\" limits calls, and the rule does not allow calls "
              "(remove it, or add "
              "\"call\" to the actions)");
    EXPECT_EQ(
        error_of("actions = \"call\"\nlimits = { authid = {} }\n"),
        "f:5:21: error: \"authid\" sets no limit (write authid = { rate = \"20/s\", in_flight "
        "= 8 })");
    EXPECT_EQ(error_of("actions = \"subscribe\"\nwhere = [{ arg = 0 }]\n"),
              "f:5:1: error: subscriptions and registrations have no arguments (write a separate "
              "rule for \"subscribe\" and \"register\")");
    EXPECT_EQ(error_of("actions = \"call\"\nwhere = []\n"),
              "f:5:9: error: \"where\" is an empty list (remove it, or write a condition)");
    EXPECT_EQ(
        error_of("actions = \"call\"\npayload = \"opaque\"\nwhere = [{ arg = 0 }]\n"),
        "f:6:1: error: conditions on a payload that cannot be read never hold (remove \"where\", "
        "or payload = \"opaque\")");
    EXPECT_EQ(error_of("actions = \"subscribe\"\npayload = \"opaque\"\n"),
              "f:5:1: error: \"payload\" is only for calls and publications, and [[allow]] has "
              "neither (remove it, or add \"call\" or \"publish\" to the actions)");
}

TEST(ReadRule, SuggestsWhatWasProbablyMeant) {
    EXPECT_EQ(
        error_of("actions = \"call\"\ngrants = [\"disclose\"]\n"),
        "f:5:11: error: unknown grant \"disclose\" (known grants: disclose_me, meta, testaments, "
        "retain, history, force_reregister, diagnose)");
    EXPECT_EQ(error_of("actions = \"call\"\npayload = \"opaqe\"\n"),
              "f:5:11: error: unknown payload \"opaqe\" (did you mean \"opaque\"?)");
    EXPECT_EQ(error_of("actions = \"call\"\ngrants = [\"meta\"]\n", false),
              "f:5:1: error: unknown key \"grants\" in [[forbid]] (known keys: id, roles, actions, "
              "match, uri, where, payload, shadow)");
}

}  // namespace
}  // namespace sallyport::policy
