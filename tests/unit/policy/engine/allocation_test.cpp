// A decision allocates nothing (architecture: Policy): counted by operator new, which this program
// replaces.
#include <cstdlib>
#include <new>

#include "tests/unit/policy/support.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t bytes) {
    ++allocations;
    void* const block = std::malloc(bytes == 0 ? 1 : bytes);
    if (block == nullptr) std::abort();
    return block;
}
// GCC sees free() inlined beside new() and does not know that both are ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
#pragma GCC diagnostic pop

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

std::shared_ptr<const RealmPolicy> large_policy() {
    PolicyFile file;
    file.realm = "r";
    for (int i = 0; i < 10'000; ++i) {
        RuleText rule;
        rule.id = "rule" + std::to_string(i);
        rule.allow = i % 4 != 0;
        rule.roles = {i % 3 == 0 ? "*" : "guest"};
        rule.match = i % 2 == 0 ? MatchPolicy::exact : MatchPolicy::prefix;
        rule.actions.add(Action::call);
        rule.actions.add(Action::subscribe);
        rule.uris.push_back({"com.app" + std::to_string(i) + (i % 2 == 0 ? ".do" : "."), {}});
        file.rules.push_back(std::move(rule));
    }
    return *Compiler::compile(file, tool_options(), "");
}

TEST(Decision, AllocatesNothingWithTenThousandRules) {
    const auto policy = large_policy();
    ASSERT_EQ(policy->rules().size(), 10'000U);
    const std::array uris{"com.app4.do",
                          "com.app5.some.thing.deep",
                          "com.app1.x",
                          "org.other",
                          "com.app9999.x.y.z",
                          "com.app3.",
                          "com.",
                          ""};
    std::size_t allowed = 0;
    const std::size_t before = allocations;
    for (const char* uri : uris) {
        const RoleIndex role = policy->role("guest");
        for (const MatchPolicy match :
             {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
            const Decision decision = policy->decide({role}, {Action::subscribe, uri, match});
            allowed += std::holds_alternative<Permit>(decision) ? 1U : 0U;
        }
        allowed += policy->may_receive({role}, uri) ? 1U : 0U;
    }
    EXPECT_EQ(allocations - before, 0U);
    EXPECT_GE(allowed, 6U);
}

TEST(Decision, IsCountedByAnOperatorNewThatCounts) {
    const std::size_t before = allocations;
    const auto block = std::make_unique<std::string>(100, 'x');
    EXPECT_GE(allocations - before, 2U);
}

}  // namespace
}  // namespace sallyport::policy
