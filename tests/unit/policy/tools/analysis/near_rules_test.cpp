#include "policy/tools/analysis/near_rules.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

RuleText rule(const std::string& id, bool allow, const std::string& role, Action action,
              const std::string& uri, wamp::MatchPolicy match = wamp::MatchPolicy::exact) {
    RuleText made;
    made.id = id;
    made.allow = allow;
    made.roles = {role};
    made.actions.add(action);
    made.match = match;
    made.uris = {{uri, {}}};
    if (!allow) made.payload = PayloadMode::any;
    return made;
}

std::vector<std::string> why_not(const PolicyFile& file, const Question& question,
                                 std::size_t most = 20) {
    std::vector<std::string> all;
    for (const auto& [near, why] : near_rules(file, {{}, "al", "guest"}, question, most))
        all.push_back(near->id + ": " + why);
    return all;
}

PolicyFile world() {
    PolicyFile file;
    file.rules = {
        rule("wide", true, "*", Action::call, "lab.", wamp::MatchPolicy::prefix),
        rule("narrow", true, "guest", Action::call, "lab.dome.open"),
        rule("staff", true, "staff", Action::call, "lab.dome.open"),
        rule("watch", true, "*", Action::subscribe, "lab.dome.open"),
        rule("below", true, "*", Action::call, "lab.dome.open.", wamp::MatchPolicy::prefix),
        rule("other", true, "*", Action::call, "lab.mirror"),
        rule("far", true, "*", Action::call, "org.mirror"),
    };
    return file;
}

TEST(NearRules, AreToldWithTheOneThingThatMisses) {
    EXPECT_EQ(why_not(world(), {Action::call, "lab.dome.open"}),
              (std::vector<std::string>{
                  "wide: is less specific than allow narrow", "staff: is for role staff",
                  "watch: is for subscribe",
                  "below: is for \"lab.dome.open.\" (prefix), which is only what is below it",
                  "other: is for \"lab.mirror\" (exact)"}));
}

TEST(NearRules, AreOutweighedByAForbid) {
    PolicyFile file = world();
    file.rules.push_back(
        rule("no", false, "*", Action::call, "lab.dome.", wamp::MatchPolicy::prefix));
    const auto all = why_not(file, {Action::call, "lab.dome.open"}, 2);
    EXPECT_EQ(all, (std::vector<std::string>{"wide: forbid no overrides it",
                                             "narrow: forbid no overrides it"}));
}

TEST(NearRules, OfAPatternSayThatTheyDoNotCoverIt) {
    PolicyFile file;
    file.rules = {rule("one", true, "*", Action::subscribe, "lab.dome.open")};
    EXPECT_EQ(why_not(file, {Action::subscribe, "lab.dome.", wamp::MatchPolicy::prefix}),
              std::vector<std::string>{
                  "one: is for \"lab.dome.open\" (exact), which is not everything requested"});
}

}  // namespace
}  // namespace sallyport::policy
