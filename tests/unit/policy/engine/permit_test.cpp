#include "policy/engine/permit.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

TEST(Permit, CannotBeMadeByAnybodyElse) {
    static_assert(!std::is_default_constructible_v<Permit>);
    static_assert(!std::is_constructible_v<Permit, RuleIndex, RouteIndex, const Limits*>);
    static_assert(!std::is_copy_constructible_v<Permit> && !std::is_copy_assignable_v<Permit>);
    static_assert(std::is_nothrow_move_constructible_v<Permit>);
}

class BoundPermit : public testing::Test {
protected:
    Permit permit(const Question& question) const {
        return std::get<Permit>(
            policy_->decide({policy_->role("guest"), {}, "guest", 7}, question));
    }
    std::shared_ptr<const RealmPolicy> policy_ = compiled(R"(
realm = "lab"
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe"]
match = "prefix"
uri = "lab."
)");
};

TEST_F(BoundPermit, CoversItsSessionActionUriAndMatchAlone) {
    using wamp::MatchPolicy;
    const Permit call = permit({Action::call, "lab.telescope.slew"});
    EXPECT_TRUE(call.covers(7, {Action::call, "lab.telescope.slew"}));
    EXPECT_FALSE(call.covers(8, {Action::call, "lab.telescope.slew"}));
    EXPECT_FALSE(call.covers(0, {Action::call, "lab.telescope.slew"}));
    EXPECT_FALSE(call.covers(7, {Action::register_, "lab.telescope.slew"}));
    for (const char* other : {"lab.telescope.sleW", "lab.telescope.sle", "lab.telescope.slew2",
                              "Lab.telescope.slew", "lab.telescopf.slew", ""}) {
        EXPECT_FALSE(call.covers(7, {Action::call, other})) << other;
    }
    const Permit prefix = permit({Action::subscribe, "lab.", MatchPolicy::prefix});
    EXPECT_TRUE(prefix.covers(7, {Action::subscribe, "lab.", MatchPolicy::prefix}));
    EXPECT_FALSE(prefix.covers(7, {Action::subscribe, "lab.", MatchPolicy::wildcard}));
}

// As for instances that are told apart by their numbers.
TEST_F(BoundPermit, DoesNotCoverAUriThatDiffersInTwoCharacters) {
    const std::string root = "lab.";
    for (std::size_t length = 6; length <= 48; ++length) {
        const std::string uri = root + std::string(length - root.size(), '1');
        const Permit issued = permit({Action::call, uri});
        for (std::size_t first = root.size(); first < length; ++first) {
            for (std::size_t second = first + 1; second < length; ++second) {
                for (const char digit : std::string_view("023456789")) {
                    std::string other = uri;
                    other[first] = other[second] = digit;
                    ASSERT_FALSE(issued.covers(7, {Action::call, other})) << other;
                }
            }
        }
    }
    EXPECT_FALSE(
        permit({Action::call, "lab.1.pump1.on"}).covers(7, {Action::call, "lab.2.pump2.on"}));
}

TEST_F(BoundPermit, CoversNothingOnceItHasBeenMovedFrom) {
    const Question question{Action::call, "lab.a"};
    Permit first = permit(question);
    Permit second = std::move(first);
    EXPECT_FALSE(first.covers(7, question));  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(second.covers(7, question));
    Permit third = permit({Action::call, "lab.b"});
    third = std::move(second);
    EXPECT_FALSE(second.covers(7, question));  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(third.covers(7, question));
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
