#include "policy/tools/analysis/test_text.h"

#include <gtest/gtest.h>

#include "policy/file/file.h"

namespace sallyport::policy {
namespace {

TEST(TestText, OfADifferenceIsATestThatLoads) {
    Difference difference;
    difference.action = Action::call;
    difference.uri = "lab.x";
    difference.authid = "al";
    difference.role = "guest";
    difference.arguments.args = {91, "a"};
    difference.arguments.kwargs = {{"mode", "fast"}};
    difference.before = {"", "allow drive", "lab"};
    difference.after = {"", "deny", ""};
    const std::string text = test_text(difference, true);
    EXPECT_EQ(text,
              "[[test]]\nas = { authid = \"al\", role = \"guest\" }\ncall = \"lab.x\"\n"
              "args = [91, \"a\"]\nkwargs = { mode = \"fast\" }\nexpect = \"allow drive\"\n"
              "route = \"lab\"\n");
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy("realm = \"r\"\n" + text, "f", diagnostics);
    EXPECT_TRUE(diagnostics.empty());
    ASSERT_EQ(file.tests.size(), 1U);
    EXPECT_EQ(file.tests[0].route, "lab");
}

TEST(TestText, NamesTheDeliveryIfThatIsTheDifference) {
    Difference difference;
    difference.action = Action::subscribe;
    difference.uri = "lab.x";
    difference.role = "guest";
    difference.before = {"", "allow a", "", EventDelivery{true, std::string("k"), 2}};
    difference.after = {"", "allow a", "", EventDelivery{}};
    const std::string head =
        "[[test]]\nas = { authid = \"\", role = \"guest\" }\nsubscribe = \"lab.x\"\nexpect = "
        "\"allow a\"\n";
    EXPECT_EQ(test_text(difference, false),
              head + "deliver = \"latest\"\nkey = { kwarg = \"k\" }\nrate = \"2/s\"\n");
    std::swap(difference.before, difference.after);
    EXPECT_EQ(test_text(difference, false), head + "deliver = \"all\"\n");
    difference.after = difference.before;
    EXPECT_EQ(test_text(difference, false), head);
}

}  // namespace
}  // namespace sallyport::policy
