#include "policy/tools/analysis/mutant.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::policy {
namespace {

std::vector<std::string> names(const std::vector<RuleMutant>& mutants) {
    std::vector<std::string> all;
    for (const RuleMutant& mutant : mutants) all.push_back(mutant.what);
    return all;
}

RuleText drive() {
    RuleText rule;
    rule.id = "drive";
    rule.roles = {"operator", "guest"};
    rule.actions.add(Action::call);
    rule.uris = {{"lab.slew", {}}, {"lab.${authid}.park", {}}};
    return rule;
}

TEST(Mutant, OfARuleDropsAndWidensEachPart) {
    EXPECT_EQ(names(mutants_of(drive())),
              (std::vector<std::string>{
                  "becomes a forbid", "is deleted", "for all roles", "not for role operator",
                  "not for role guest", "for all actions", "without \"lab.slew\"",
                  "with \"lab.\" (wildcard) for \"lab.slew\"", "without \"lab.${authid}.park\"",
                  "with \"lab..park\" (wildcard) for \"lab.${authid}.park\"",
                  "with \"lab.${authid}.\" (wildcard) for \"lab.${authid}.park\"",
                  "for payloads of any kind", "becomes a shadow"}));
}

TEST(Mutant, OfConditionsMovesEachBound) {
    RuleText rule = drive();
    Condition condition;
    condition.types.add(ValueTypes::Type::integer);
    condition.min = Number(std::int64_t{0});
    condition.max = Number(std::int64_t{90});
    rule.where = {condition};
    rule.limits.payload_bytes = 100;
    const auto all = names(mutants_of(rule));
    for (const char* name :
         {"without its condition on arg 0", "with arg 0 min -1", "with arg 0 max 91",
          "with arg 0 of any type", "with arg 0 present or not", "without its payload limit",
          "with a payload limit of half"})
        EXPECT_NE(std::find(all.begin(), all.end(), name), all.end()) << name;
    EXPECT_EQ(std::count(all.begin(), all.end(), "for payloads of any kind"), 0);
}

TEST(Mutant, OfADeliveryDropsEachPart) {
    RuleText rule = drive();
    rule.actions.add(Action::subscribe);
    const auto without = names(mutants_of(rule));
    rule.delivery = {true, 0U, 2};
    std::vector<std::string> more;
    for (const RuleMutant& mutant : mutants_of(rule)) {
        if (std::find(without.begin(), without.end(), mutant.what) == without.end())
            more.push_back(mutant.what);
        if (mutant.what == "becomes a forbid") {
            EXPECT_EQ(mutant.rule->delivery, EventDelivery{});
        }
    }
    EXPECT_EQ(more, (std::vector<std::string>{"delivering all events", "without its key",
                                              "without its rate of events"}));
}

TEST(Mutant, OfAPrefixGoesUpByOneComponent) {
    RuleText rule = drive();
    rule.match = wamp::MatchPolicy::prefix;
    rule.uris = {{"lab.events.", {}}, {"lab.", {}}};
    const auto mutants = mutants_of(rule);
    const auto wider = std::find_if(mutants.begin(), mutants.end(), [](const auto& mutant) {
        return mutant.what == "with \"lab.\" (prefix) for \"lab.events.\"";
    });
    ASSERT_NE(wider, mutants.end());
    EXPECT_EQ(wider->rule->uris[0].text, "lab.");
}

TEST(Mutant, OfARuleForEverythingIsNotWiderAndLosesItsGrant) {
    RuleText rule = drive();
    rule.match = wamp::MatchPolicy::prefix;
    rule.uris = {{"", {}}};
    rule.grants.add(Grant::meta);
    EXPECT_EQ(names(mutants_of(rule)),
              (std::vector<std::string>{"becomes a forbid", "is deleted", "for all roles",
                                        "not for role operator", "not for role guest",
                                        "for all actions", "for payloads of any kind",
                                        "without grant meta", "becomes a shadow"}));
}

TEST(Mutant, OfARouteIsDeletedOrRoutedElsewhere) {
    RouteText a;
    a.id = "a";
    a.backends = {"one"};
    a.uris = {{"lab.x", {}}};
    RouteText b = a;
    b.id = "b";
    b.backends = {"two"};
    EXPECT_TRUE(mutants_of({a}, 0).empty());
    const auto mutants = mutants_of({a, b}, 0);
    ASSERT_EQ(mutants.size(), 2U);
    EXPECT_EQ(mutants[0].what, "is deleted");
    EXPECT_EQ(mutants[1].what, "is routed by b");
    EXPECT_EQ(mutants[1].route->backends, (std::vector<std::string>{"two"}));
    EXPECT_EQ(mutants[1].route->uris[0].text, "lab.x");
}

}  // namespace
}  // namespace sallyport::policy
