#include "policy/tools/test.h"

#include <array>

#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

using Test = ToolTest;

TEST_F(Test, PrintsEachOutcomeAndTheCounts) {
    const std::array files{
        file("obs.toml", std::string(sound_policy) +
                             "[[test]]\nas = { role = \"guest\" }\ncall = \"lab.slew\"\n"
                             "expect = \"allow\"\n")};
    EXPECT_EQ(test(files, to_), 1);
    EXPECT_EQ(
        out(),
        "pass obs.toml:27:1 call \"lab.slew\" as alice:operator: allow drive (obs.toml:10:1) by "
        "route lab\n"
        "FAIL obs.toml:31:1 call \"lab.slew\" as :guest: expected allow, got deny: no rule allows "
        "it\n"
        "1 passed, 1 failed\n");
}

TEST_F(Test, NeedsNoPrincipalsAndIsFineWhenAllPass) {
    const std::array files{file("obs.toml", sound_policy)};
    EXPECT_EQ(test(files, to_), 0);
    EXPECT_EQ(err(), "");
}

TEST_F(Test, FailsOnABrokenFileAndRunsTheOthers) {
    const std::array files{file("a.toml", "x = 1\n"), file("obs.toml", sound_policy)};
    EXPECT_EQ(test(files, to_), 2);
    EXPECT_TRUE(err().starts_with("a.toml:1:1: error: "));
    EXPECT_TRUE(out().ends_with("1 passed, 0 failed\n"));
}

}  // namespace
}  // namespace sallyport::policy
