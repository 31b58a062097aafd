#include "gateway/cli/manual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

TEST(Manual, SaysWhatIsDeclared) {
    bool flag = false;
    std::string level = "info";
    std::string file;
    Command program{.help = "sallyport: a gateway", .version = "sallyport 1.2.3"};
    Command& hidden = program.add_command("worker", "Not for people");
    hidden.hidden = true;
    Command& check = program.add_command("check", "Check a file");
    check.add_option("file", &file, "The file", {.required = true});
    check.add_option("--level", &level, "How much",
                     {.show_default = true, .one_of = {"info", "error"}});
    check.add_option("--json", &flag, "Print JSON", {.letter = 'j', .excludes = "--level"});
    check.add_option("--channel", &flag, "", {.hidden = true});
    check.footer = "Example:\n  sallyport check 'a\\b'\nExit codes: 0 or 1.";

    const std::vector<ManualPage> pages = manual_pages(program);
    ASSERT_EQ(pages.size(), 2u);
    EXPECT_EQ(pages[0].name, "sallyport.1");
    EXPECT_EQ(pages[0].text,
              ".TH \"sallyport\" 1 \"\" \"sallyport 1.2.3\" \"sallyport\"\n"
              ".SH NAME\nsallyport \\- a gateway\n"
              ".SH SYNOPSIS\n\\fBsallyport\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR\n"
              ".SH DESCRIPTION\na gateway\n"
              ".SH COMMANDS\n.TP\n\\fBcheck\\fR\nCheck a file\n"
              ".SH OPTIONS\n.TP\n\\fB\\-\\-help\\fR\nPrint the help of this command.\n"
              ".TP\n\\fB\\-\\-version\\fR\nPrint the version.\n"
              ".SH SEE ALSO\n.BR sallyport\\-check (1)\n");
    EXPECT_EQ(pages[1].name, "sallyport-check.1");
    EXPECT_EQ(
        pages[1].text,
        ".TH \"sallyport\\-check\" 1 \"\" \"sallyport 1.2.3\" \"sallyport\"\n"
        ".SH NAME\nsallyport\\-check \\- Check a file\n"
        ".SH SYNOPSIS\n\\fBsallyport check\\fR [\\fIOPTIONS\\fR] \\fIfile\\fR\n"
        ".SH DESCRIPTION\nCheck a file\n"
        ".SH OPTIONS\n.TP\n\\fB\\-\\-help\\fR\nPrint the help of this command.\n"
        ".TP\n\\fIfile\\fR\nThe file\n.br\nRequired.\n"
        ".TP\n\\fB\\-\\-level\\fR \\fIVALUE\\fR\nHow much\n.br\nOne of: info, error.\n"
        ".br\nDefault: info.\n"
        ".TP\n\\fB\\-j\\fR, \\fB\\-\\-json\\fR\nPrint JSON\n.br\nNot together with \\-\\-level.\n"
        ".SH NOTES\nExample:\n.PP\n.nf\n  sallyport check 'a\\eb'\n.fi\n.PP\n"
        "Exit codes: 0 or 1.\n"
        ".SH SEE ALSO\n.BR sallyport (1)\n");
}

TEST(Manual, IsWrittenForEachPublicCommand) {
    const sallyport::test::TemporaryFolder folder;
    const ProgramRun run = test::run_program(folder, "manual .");
    EXPECT_EQ(run.exit_code, 0) << run.err;
    for (const char* name : {"sallyport", "sallyport-serve", "sallyport-policy",
                             "sallyport-policy-apply", "sallyport-call"})
        EXPECT_TRUE(std::filesystem::exists(folder.path() + "/" + name + ".1")) << name;
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/sallyport-worker.1"));
    EXPECT_NE(folder.read("sallyport-policy-apply.1").find("3 applied, but"), std::string::npos)
        << "what --help says";
}

TEST(Manual, NamesTheFolderThatIsNotThere) {
    const sallyport::test::TemporaryFolder folder;
    const ProgramRun run = test::run_program(folder, "manual none");
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("none/sallyport.1: cannot be written"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace sallyport::gateway
