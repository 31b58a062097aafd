#include "policy/tools/analysis/describe.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(Describe, NamesEachLimit) {
    EXPECT_EQ(describe(Limits{}), "none");
    Limits limits;
    limits.rate_per_s = 20;
    limits.in_flight = 8;
    limits.timeout = std::chrono::seconds(10);
    limits.payload_bytes = 65536;
    limits.authid = {100, 9};
    limits.circuit = {0, 3};
    EXPECT_EQ(describe(limits),
              "rate 20/s, in flight 8, timeout 10s, payload 64KiB, rate per authid 100/s, in "
              "flight per authid 9, in flight per circuit 3");
}

TEST(Describe, NamesEachGrant) {
    Grants grants;
    EXPECT_EQ(describe(grants), "none");
    grants.add(Grant::disclose_me);
    grants.add(Grant::meta);
    EXPECT_EQ(describe(grants), "disclose_me, meta");
}

TEST(Describe, SaysWhereARouteLeads) {
    RouteInfo route;
    route.id = "lab";
    route.backends = {"inside"};
    route.realm = "obs";
    EXPECT_EQ(describe(route, "lab.x"), "lab to inside, realm obs");
    route.prefix = "lab.";
    route.rewrite = "inner.lab.";
    route.wait = std::chrono::seconds(5);
    route.idempotent = true;
    EXPECT_EQ(describe(route, "lab.x"),
              "lab to inside, realm obs, as inner.lab.x, waits 5s, idempotent");
    EXPECT_EQ(target_of(route, "other.x"), "other.x");
}

TEST(Describe, SaysAmongWhichBackendsARouteSpreads) {
    RouteInfo route;
    route.id = "lab";
    route.backends = {"a", "b"};
    route.realm = "obs";
    EXPECT_EQ(describe(route, "lab.x"), "lab to a or b, realm obs");
    route.spread.by = Spread::By::caller;
    EXPECT_EQ(describe(route, "lab.x"), "lab to a or b, realm obs, spread by caller");
    route.spread = {Spread::By::argument, std::uint32_t{2}};
    EXPECT_EQ(describe(route.spread), "argument 2");
    route.spread = {Spread::By::argument, std::string("room")};
    EXPECT_EQ(describe(route.spread), "argument room");
    EXPECT_EQ(describe(Spread{}), "none");
}

}  // namespace
}  // namespace sallyport::policy
