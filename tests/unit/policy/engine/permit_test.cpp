#include "policy/engine/permit.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

namespace sallyport::policy {
namespace {

TEST(Permit, CannotBeMadeByAnybodyElse) {
    static_assert(!std::is_default_constructible_v<Permit>);
    static_assert(!std::is_constructible_v<Permit, RuleIndex, RouteIndex, const Limits*>);
    static_assert(std::is_copy_constructible_v<Permit>);
}

TEST(Permit, HasANameForEachActionAndReason) {
    std::set<std::string_view> names;
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        names.insert(to_string(action));
    }
    EXPECT_EQ(names, (std::set<std::string_view>{"call", "register", "subscribe", "publish"}));
    std::set<std::string_view> reasons;
    using Reason = Denial::Reason;
    for (const Reason reason : {Reason::no_allow, Reason::forbidden, Reason::no_route,
                                Reason::pattern, Reason::payload_too_big}) {
        reasons.insert(to_string(reason));
    }
    EXPECT_EQ(reasons.size(), 5U);
    EXPECT_FALSE(reasons.contains(""));
}

}  // namespace
}  // namespace sallyport::policy
