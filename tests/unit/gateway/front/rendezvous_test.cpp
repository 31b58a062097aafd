#include "gateway/front/rendezvous.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace sallyport::gateway {
namespace {

using Names = std::vector<std::string>;

std::string server_of(const std::string& key, const Names& names) {
    return *std::max_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
        return rendezvous_weight(key, a) < rendezvous_weight(key, b);
    });
}

TEST(Rendezvous, GivesEachBackendItsShare) {
    const Names names{"lab-a", "lab-b", "lab-c"};
    std::map<std::string, int> served;
    for (int i = 0; i < 9000; ++i) ++served[server_of("user" + std::to_string(i), names)];
    for (const auto& [name, count] : served) EXPECT_NEAR(count, 3000, 200) << name;
    EXPECT_EQ(served.size(), 3U);
}

TEST(Rendezvous, MovesOnlyTheShareOfALostBackend) {
    const Names all{"lab-a", "lab-b", "lab-c"};
    const Names left{"lab-c", "lab-a"};  // their order does not matter
    std::map<std::string, int> moved;
    for (int i = 0; i < 3000; ++i) {
        const std::string key = std::to_string(i);
        const std::string before = server_of(key, all);
        const std::string after = server_of(key, left);
        if (before == "lab-b") {
            ++moved[after];
        } else {
            EXPECT_EQ(after, before) << key;
        }
    }
    EXPECT_NEAR(moved["lab-a"], moved["lab-c"], 150);
}

// So that several gateways agree.
TEST(Rendezvous, IsTheSameEverywhere) {
    EXPECT_EQ(rendezvous_weight("alice", "lab-a"), rendezvous_weight("alice", "lab-a"));
    EXPECT_NE(rendezvous_weight("alice", "lab-a"), rendezvous_weight("alice", "lab-b"));
    EXPECT_NE(rendezvous_weight("alice", "lab-a"), rendezvous_weight("bob", "lab-a"));
}

}  // namespace
}  // namespace sallyport::gateway
