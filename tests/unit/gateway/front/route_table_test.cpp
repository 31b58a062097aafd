#include "gateway/front/route_table.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/unit/policy/wires.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view routed = R"(
realm = "lab"
[[route]]
id = "a"
match = "prefix"
uri = "a."
to = ["one", "three"]
[[route]]
id = "b"
match = "prefix"
uri = "b."
to = "two"
)";

BackendNumber number_of(std::string_view name) {
    return name == "one" ? 0 : name == "two" ? 1 : 2;
}

using Numbers = std::vector<BackendNumber>;

TEST(RouteTable, KnowsTheBackendsOfARouteInTheirOrder) {
    const std::vector<policy::DoorRealm> realms{policy::door_realm(routed)};
    const RouteTable table(realms, number_of);
    const policy::RealmPolicy& policy = *realms[0].policy;
    const auto of = [&](policy::RouteIndex route) {
        const auto found = table.backends_of(policy, route);
        return Numbers(found.begin(), found.end());
    };
    EXPECT_EQ(of(0), (Numbers{0, 2}));
    EXPECT_EQ(of(1), (Numbers{1}));
    EXPECT_TRUE(table.leads_to(policy, 0, 2));
    EXPECT_FALSE(table.leads_to(policy, 0, 1));
    EXPECT_TRUE(table.has_lists());
    const auto lists = table.lists_with(2);
    ASSERT_EQ(lists.size(), 1U);
    EXPECT_EQ(Numbers(lists[0].begin(), lists[0].end()), (Numbers{0, 2}));
    EXPECT_TRUE(table.lists_with(1).empty()) << "no other has its routes";
}

TEST(RouteTable, KnowsOnlyThePoliciesItWasMadeOf) {
    const std::vector<policy::DoorRealm> realms{policy::door_realm(routed)};
    const std::vector<policy::DoorRealm> others{policy::door_realm(routed)};
    const RouteTable table(realms, number_of);
    EXPECT_TRUE(table.knows(*realms[0].policy));
    EXPECT_FALSE(table.knows(*others[0].policy));
    EXPECT_FALSE(RouteTable({}, number_of).has_lists());
}

}  // namespace
}  // namespace sallyport::gateway
