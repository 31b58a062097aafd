#include "policy/tools/report.h"

#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

using Report = ToolTest;

const Diagnostics two{{{"a.toml", 3, 4}, "what \"is\" wrong", "do this"},
                      {{"b.toml", 0, 0}, "x", ""}};

TEST_F(Report, PrintsErrorsForPeopleOnStderr) {
    EXPECT_EQ(print_errors(two, to_), 2);
    EXPECT_EQ(out(), "");
    EXPECT_EQ(err(), "a.toml:3:4: error: what \"is\" wrong (do this)\nb.toml: error: x\n");
}

TEST_F(Report, PrintsErrorsForProgramsAsOneLineOnStdout) {
    EXPECT_EQ(print_errors(two, json_), 2);
    EXPECT_EQ(err(), "");
    EXPECT_EQ(out(),
              R"({"errors":[{"file":"a.toml","line":3,"column":4,"text":"what \"is\" wrong",)"
              R"("cure":"do this"},{"file":"b.toml","text":"x","cure":""}]})"
              "\n");
}

TEST_F(Report, EscapesControlCharactersAndReplacesWhatIsNotUtf8) {
    EXPECT_EQ(print_fault(std::string("a\0b \xff", 5), json_), 2);
    EXPECT_EQ(out(), "{\"errors\":[{\"text\":\"a\\u0000b \xEF\xBF\xBD\"}]}\n");
}

TEST_F(Report, CountsInWords) {
    EXPECT_EQ(counted(1, "rule", "rules"), "1 rule");
    EXPECT_EQ(counted(0, "rule", "rules"), "0 rules");
    EXPECT_EQ(listed({}), "");
    EXPECT_EQ(listed({"guest", "operator"}), "guest, operator");
}

}  // namespace
}  // namespace sallyport::policy
