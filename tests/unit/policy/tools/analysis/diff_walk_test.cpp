#include "policy/tools/analysis/diff_walk.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

RuleText rule(const std::string& id, const std::string& role, const std::string& uri,
              wamp::MatchPolicy match = wamp::MatchPolicy::exact) {
    RuleText made;
    made.id = id;
    made.roles = {role};
    made.actions.add(Action::call);
    made.match = match;
    made.uris = {{uri, {}}};
    return made;
}

std::vector<std::string> places(const std::vector<RuleText>& before,
                                const std::vector<RuleText>& after) {
    PolicyFile old;
    old.rules = before;
    PolicyFile fresh;
    fresh.rules = after;
    std::vector<std::string> met;
    DiffWalk(old, fresh).run([&met](const DiffPlace& place) {
        met.push_back(std::string(to_string(place.action)) + " " + place.uri + " as " +
                      std::string(place.authid) + ":" + std::string(place.role));
    });
    return met;
}

using Places = std::vector<std::string>;

TEST(DiffWalk, MeetsNothingWhereBothSayTheSame) {
    const auto a = rule("a", "*", "lab.", wamp::MatchPolicy::prefix);
    const auto b = rule("b", "guest", "lab.x");
    EXPECT_EQ(places({a, b}, {b, a}), Places{});
}

TEST(DiffWalk, MeetsOnlyWhatAChangeReaches) {
    const auto a = rule("a", "guest", "lab.x");
    const auto b = rule("b", "guest", "lab.y");
    EXPECT_EQ(places({a, b}, {a}), Places{"call lab.y as anna:guest"});
}

TEST(DiffWalk, MeetsOneOfEachClassBelowAPrefix) {
    const auto a = rule("a", "*", "lab.", wamp::MatchPolicy::prefix);
    const auto b = rule("b", "*", "lab.x.y");
    EXPECT_EQ(places({b}, {a, b}),
              (Places{"call lab.x as anna:somebody", "call lab.x.y as anna:somebody",
                      "call lab.x.y.x2 as anna:somebody", "call lab.x.x2 as anna:somebody",
                      "call lab.x2 as anna:somebody"}));
}

TEST(DiffWalk, TellsApartWhoseNameAComponentIs) {
    const auto a = rule("a", "*", "user.${authid}");
    const auto b = rule("b", "*", "user.admin");
    EXPECT_EQ(places({b}, {a, b}),
              (Places{"call user.admin as admin:somebody", "call user.anna as anna:somebody"}));
    const auto c = rule("c", "*", "user.${authrole}");
    EXPECT_EQ(places({}, {c}), (Places{"call user.somebody as anna:somebody"}));
}

TEST(DiffWalk, MeetsTheUnfitWhereAForbidSpeaksOfThem) {
    auto a = rule("a", "*", "user.${authid}");
    a.allow = false;
    const auto met = places({}, {a});
    EXPECT_NE(std::find(met.begin(), met.end(), "call user.x as an.na:somebody"), met.end());
}

TEST(DiffWalk, MeetsWhatTheEngineItselfTellsApart) {
    const auto a = rule("a", "*", "wamp.", wamp::MatchPolicy::prefix);
    const auto met = places({}, {a});
    EXPECT_NE(std::find(met.begin(), met.end(), "call wamp.session.add_testament as anna:somebody"),
              met.end());
}

}  // namespace
}  // namespace sallyport::policy
