#include "backend-link/bridge/rewriting.h"

#include <gtest/gtest.h>

#include "wamp/base/uri.h"

namespace sallyport::backend_link {
namespace {

Rewriting rewriting(std::string prefix, std::string rewrite) {
    policy::RouteInfo route;
    route.prefix = std::move(prefix);
    route.rewrite = std::move(rewrite);
    return Rewriting(route);
}

TEST(Rewriting, LeavesUrisAsTheyAreWithoutOne) {
    const Rewriting none{policy::RouteInfo{}};
    EXPECT_TRUE(none.none());
    EXPECT_EQ(none.inside("lab.x"), "lab.x");
    EXPECT_EQ(none.outside("lab.x"), "lab.x");
}

TEST(Rewriting, ExchangesThePrefixBothWays) {
    const Rewriting out = rewriting("out.", "lab.rooms.");
    EXPECT_FALSE(out.none());
    EXPECT_EQ(out.inside("out.dome.open"), "lab.rooms.dome.open");
    EXPECT_EQ(out.outside("lab.rooms.dome.open"), "out.dome.open");
}

TEST(Rewriting, ExchangesThePrefixOfPatternsToo) {
    const Rewriting out = rewriting("out.", "lab.");
    EXPECT_EQ(out.inside("out."), "lab.");
    EXPECT_EQ(out.inside("out..open"), "lab..open");
    EXPECT_EQ(out.inside("out.do"), "lab.do");
}

TEST(Rewriting, KnowsNothingOfOtherUris) {
    const Rewriting out = rewriting("out.", "lab.");
    EXPECT_EQ(out.inside("other.x"), std::nullopt);
    EXPECT_EQ(out.outside("out.x"), std::nullopt);
    EXPECT_EQ(out.outside("la"), std::nullopt);
}

// W-MSG-11
TEST(Rewriting, MakesNoUriThatIsLongerThanAnyMayBe) {
    const Rewriting longer = rewriting("o.", "lab.");
    const std::string at_limit = "o." + std::string(wamp::uri_bytes_max - 4, 'x');
    EXPECT_EQ(longer.inside(at_limit)->size(), wamp::uri_bytes_max);
    EXPECT_EQ(longer.inside(at_limit + "x"), std::nullopt);
    const Rewriting shorter = rewriting("lab.", "o.");
    EXPECT_EQ(shorter.outside(at_limit)->size(), wamp::uri_bytes_max);
    EXPECT_EQ(shorter.outside(at_limit + "x"), std::nullopt);
}

TEST(Rewriting, IsNoneWhenItChangesNothing) {
    EXPECT_TRUE(rewriting("lab.", "lab.").none());
}

TEST(Rewriting, IsEqualWhenBothEndsAre) {
    EXPECT_EQ(rewriting("a.", "b."), rewriting("a.", "b."));
    EXPECT_NE(rewriting("a.", "b."), rewriting("a.", "c."));
    EXPECT_NE(rewriting("a.", "b."), Rewriting());
}

}  // namespace
}  // namespace sallyport::backend_link
