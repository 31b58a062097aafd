#include "policy/file/inline_test.h"

#include <algorithm>
#include <utility>

#include "policy/document/nearest.h"
#include "policy/document/units.h"

namespace sallyport::policy {
namespace {

std::string expected_of(const TestText& test) {
    const std::string rule = test.rule.empty() ? "" : " " + test.rule;
    switch (test.expect) {
        case TestText::Expect::allow:
            return "allow" + rule + (test.route.empty() ? "" : " by route " + test.route) +
                   (test.delivery ? ", delivery " + describe(*test.delivery) : "");
        case TestText::Expect::deny:
            return "deny";
        case TestText::Expect::forbid:
            return "forbid" + rule;
    }
    return "";
}

bool holds(const TestText& test, const Decision& decision, const RealmPolicy& policy) {
    const auto* permit = std::get_if<Permit>(&decision);
    const auto* denial = std::get_if<Denial>(&decision);
    switch (test.expect) {
        case TestText::Expect::allow:
            return permit != nullptr &&
                   (test.rule.empty() || policy.rule(permit->rule()).id == test.rule) &&
                   (test.route.empty() || policy.route(permit->route()).id == test.route) &&
                   (!test.delivery || policy.rule(permit->rule()).delivery == *test.delivery);
        case TestText::Expect::deny:
            return denial != nullptr;
        case TestText::Expect::forbid:
            return denial != nullptr && denial->reason == Denial::Reason::forbidden &&
                   policy.rule(denial->rule).id == test.rule;
    }
    return false;
}

}  // namespace

std::string describe(const TestText& test) {
    std::string text = std::string(to_string(test.action)) + " " + quoted(test.uri);
    if (test.match != wamp::MatchPolicy::exact)
        text += " (" + std::string(wamp::to_string(test.match)) + ")";
    return text + " as " + test.authid + ":" + test.role;
}

std::string describe(const Decision& decision, const RealmPolicy& policy) {
    if (const auto* permit = std::get_if<Permit>(&decision)) {
        const RuleInfo& rule = policy.rule(permit->rule());
        return "allow " + rule.id + " (" + to_string(rule.place) + ") by route " +
               policy.route(permit->route()).id;
    }
    const Denial& denial = std::get<Denial>(decision);
    const std::string reason(to_string(denial.reason));
    if (denial.rule == no_rule) return "deny: " + reason;
    const RuleInfo& rule = policy.rule(denial.rule);
    const std::string named = rule.id + " (" + to_string(rule.place) + ")";
    if (denial.reason == Denial::Reason::forbidden) return "forbid " + named;
    return "deny: " + reason + "; rule " + named;
}

std::string describe(const EventDelivery& delivery) {
    if (!delivery.latest) return "all";
    std::string text = "latest";
    if (const auto* index = std::get_if<std::uint32_t>(&delivery.key))
        text += ", key arg " + std::to_string(*index);
    if (const auto* name = std::get_if<std::string>(&delivery.key))
        text += ", key kwarg " + quoted(*name);
    if (delivery.rate_per_s > 0) text += ", rate " + format_rate(delivery.rate_per_s);
    return text;
}

Decision decide(const TestText& test, const RealmPolicy& policy) {
    const wamp::Payload payload = test.payload.view();
    return policy.decide(
        {policy.role(test.role), test.authid, test.role},
        {test.action, test.uri, test.match, test.payload_bytes, &payload, test.opaque});
}

bool passes(const TestText& test, const RealmPolicy& policy) {
    return holds(test, decide(test, policy), policy);
}

std::vector<TestOutcome> run_tests(const PolicyFile& file, const RealmPolicy& policy) {
    std::vector<TestOutcome> outcomes;
    outcomes.reserve(file.tests.size());
    for (const TestText& test : file.tests) {
        const Decision decision = decide(test, policy);
        std::string got = describe(decision, policy);
        if (const auto* permit = std::get_if<Permit>(&decision); permit != nullptr && test.delivery)
            got += ", delivery " + describe(policy.rule(permit->rule()).delivery);
        outcomes.push_back(
            {&test, holds(test, decision, policy), expected_of(test), std::move(got)});
    }
    return outcomes;
}

Diagnostics failed_tests(const PolicyFile& file, const RealmPolicy& policy) {
    Diagnostics diagnostics;
    for (const TestOutcome& outcome : run_tests(file, policy)) {
        if (outcome.passed) continue;
        const TestText& test = *outcome.test;
        std::vector<std::string_view> ids;
        bool known = test.rule.empty();
        const bool allow = test.expect == TestText::Expect::allow;
        for (const RuleInfo& rule : policy.rules()) {
            if (rule.allow == allow) ids.push_back(rule.id);
            known = known || (rule.allow == allow && rule.id == test.rule);
        }
        if (!known) {
            diagnostics.push_back(
                {test.expect_place, "the test expects an unknown rule " + quoted(test.rule),
                 suggestion(test.rule, ids, allow ? "allow rules" : "forbid rules")});
            continue;
        }
        std::vector<std::string_view> routes;
        for (const RouteInfo& route : policy.routes()) routes.push_back(route.id);
        if (!test.route.empty() &&
            std::find(routes.begin(), routes.end(), test.route) == routes.end()) {
            diagnostics.push_back({test.route_place,
                                   "the test expects an unknown route " + quoted(test.route),
                                   suggestion(test.route, routes, "routes")});
            continue;
        }
        diagnostics.push_back({test.place,
                               "test failed: " + describe(test) + ": expected " + outcome.expected +
                                   ", got " + outcome.got,
                               "change the rules or the test"});
    }
    return diagnostics;
}

}  // namespace sallyport::policy
