#include "gateway/cli/arguments.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace sallyport::gateway {
namespace {

using Texts = std::vector<std::string>;

ParsedLine parse_words(const Command& program, std::initializer_list<const char*> words) {
    std::vector<const char*> line = {"sallyport"};
    line.insert(line.end(), words);
    return parse(program, static_cast<int>(line.size()), line.data());
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

class ArgumentsTest : public testing::Test {
protected:
    ArgumentsTest() {
        Command& show = program_.add_command("show", "Show files\nand more");
        show.add_option("files", &files_, "Files to show", {.required = true});
        show.add_option("--color", &color_, "Color",
                        {.show_default = true, .one_of = {"never", "always"}});
        show.add_option("--width", &width_, "Columns",
                        {.show_default = true, .excludes = "--color"});
        show.add_option("--bytes", &bytes_, "Bytes to show", {.hidden = true});
        show.add_option("--wait", &wait_, "Seconds");
        show.add_option("--quiet", &quiet_, "No text\nat all", {.letter = 'q'});
        show.add_option("--tag", &tags_, "Tag", {.one_value_each = true});
        show.add_option("--word", &words_, "Words");
        show.add_option("--owner", &owner_, "Owner", {.check = [](const std::string& name) {
                            return name == "root" ? "not root" : "";
                        }});
        show.footer = "Example: show a.txt";
        show.action = [] { return 7; };
        Command& find = program_.add_command("find", "Find a file");
        find.choices.push_back(
            {"by", "What to find", {{"--name", &name_, "Name"}, {"--id", &id_, "Id"}}});
        find.action = [] { return 8; };
        Command& daemon = program_.add_command("daemon", "Started by show");
        daemon.hidden = true;
        daemon.action = [] { return 9; };
    }

    ParsedLine parsed(std::initializer_list<const char*> words) {
        return parse_words(program_, words);
    }
    /// What a person is told about a wrong line; for a line without a fault, that it has none.
    std::string error_of(std::initializer_list<const char*> words) {
        const ParsedLine line = parsed(words);
        if (line.action || line.error.empty()) return "no error";
        EXPECT_EQ(line.text, line.error + "\nRun with --help for more information.\n");
        return line.error;
    }
    int code_of(std::initializer_list<const char*> words) {
        const ParsedLine line = parsed(words);
        EXPECT_EQ(line.error, "");
        return line.action ? line.action() : -1;
    }

    Texts files_, tags_, words_;
    std::string color_ = "never";
    int width_ = 80;
    std::uint64_t bytes_ = 0;
    double wait_ = 1;
    bool quiet_ = false;
    std::string owner_;
    std::optional<std::string> name_, id_;
    Command program_{.help = "A program", .version = "program 1.2"};
};

TEST_F(ArgumentsTest, AnOptionMayHaveALetter) {
    EXPECT_EQ(code_of({"show", "a.txt", "-q"}), 7);
    EXPECT_TRUE(quiet_);
    EXPECT_TRUE(contains(parsed({"show", "--help"}).text, "-q,--quiet"));
}

TEST_F(ArgumentsTest, ParsingStoresTheValuesAndReturnsTheActionOfTheCommand) {
    EXPECT_EQ(code_of({"show", "a", "b", "--color", "always", "--bytes", "18446744073709551615",
                       "--wait", "0.5", "--quiet", "--owner=me"}),
              7);
    EXPECT_EQ(files_, (Texts{"a", "b"}));
    EXPECT_EQ(color_, "always");
    EXPECT_EQ(bytes_, 18446744073709551615U);
    EXPECT_EQ(wait_, 0.5);
    EXPECT_TRUE(quiet_);
    EXPECT_EQ(owner_, "me");
    EXPECT_EQ(code_of({"daemon"}), 9) << "hidden commands can be given";
}

TEST_F(ArgumentsTest, ValuesStayAsTheyWereUnlessTheOptionIsGiven) {
    EXPECT_EQ(code_of({"show", "--width", "-3", "--", "--quiet"}), 7);
    EXPECT_EQ(files_, (Texts{"--quiet"}));
    EXPECT_EQ(width_, -3);
    EXPECT_EQ(color_, "never");
    EXPECT_FALSE(quiet_);
    EXPECT_EQ(name_, std::nullopt);
}

TEST_F(ArgumentsTest, AListTakesOneValueEachTimeOrAllUpToTheNextOption) {
    EXPECT_EQ(code_of({"show", "--tag", "x", "a", "--tag", "y", "b", "--word", "v", "w"}), 7);
    EXPECT_EQ(tags_, (Texts{"x", "y"}));
    EXPECT_EQ(files_, (Texts{"a", "b"}));
    EXPECT_EQ(words_, (Texts{"v", "w"}));
}

TEST_F(ArgumentsTest, RefusesValuesThatTheRulesForbid) {
    EXPECT_EQ(error_of({"show", "a", "--color", "red"}), "--color: red not in {never,always}");
    EXPECT_EQ(error_of({"show", "a", "--owner", "root"}), "--owner: not root");
    EXPECT_TRUE(contains(error_of({"show", "a", "--width", "wide"}), "--width"));
    EXPECT_TRUE(contains(error_of({"show", "a", "--wait", "x"}), "--wait"));
}

TEST_F(ArgumentsTest, RefusesLinesThatTheRulesForbid) {
    EXPECT_EQ(error_of({"show"}), "files is required");
    EXPECT_EQ(error_of({"show", "a", "--color", "never", "--width", "9"}),
              "--color excludes --width");
    EXPECT_EQ(error_of({"show", "a", "--nonsense"}),
              "The following argument was not expected: --nonsense");
    EXPECT_EQ(error_of({"find", "a", "--id", "1"}), "The following argument was not expected: a");
    EXPECT_EQ(error_of({}), "A subcommand is required");
    EXPECT_EQ(error_of({"fnid"}), "unknown command \"fnid\" (did you mean \"find\"?)");
    EXPECT_TRUE(
        error_of({"nonsense"}).starts_with("unknown command \"nonsense\" (known commands: "));
}

TEST_F(ArgumentsTest, ExactlyOneOptionOfAChoiceIsGivenEvenWithAnEmptyValue) {
    EXPECT_NE(error_of({"find"}), "no error");
    EXPECT_NE(error_of({"find", "--name", "a", "--id", "1"}), "no error");
    name_ = id_ = std::nullopt;
    EXPECT_EQ(code_of({"find", "--name", ""}), 8);
    EXPECT_EQ(name_, "");
    EXPECT_EQ(id_, std::nullopt);
}

TEST_F(ArgumentsTest, HelpAndVersionAreTextsWithoutAnError) {
    for (const char* flag : {"--help", "-h"}) {
        const ParsedLine help = parsed({"show", flag});
        EXPECT_FALSE(help.action);
        EXPECT_EQ(help.error, "");
        for (const char* part : {"Files to show", "--color TEXT:{never,always}=never", "=80",
                                 "Excludes: --color", "\nExample: show a.txt\n"})
            EXPECT_TRUE(contains(help.text, part)) << part << "\n" << help.text;
        EXPECT_FALSE(contains(help.text, "--bytes")) << "it is hidden";
    }
    const ParsedLine help = parsed({"--help"});
    EXPECT_TRUE(contains(help.text, "A program\n"));
    EXPECT_FALSE(contains(help.text, "daemon")) << "it is hidden";
    const ParsedLine version = parsed({"--version"});
    EXPECT_FALSE(version.action);
    EXPECT_EQ(version.text, "program 1.2\n");
    EXPECT_EQ(version.error, "");
    EXPECT_NE(error_of({"show", "--version"}), "no error") << "only the program has one";
}

std::string option_line(const CompletedCommand::Option& option) {
    std::string line = option.name + (option.takes_value ? " VALUE: " : ": ") + option.help;
    for (const std::string& value : option.values) line += " " + value;
    return line;
}

Texts option_lines(const CompletedCommand& command) {
    Texts lines;
    for (const CompletedCommand::Option& option : command.options)
        lines.push_back(option_line(option));
    return lines;
}

TEST_F(ArgumentsTest, CompletionKnowsWhatIsNotHidden) {
    const std::vector<CompletedCommand> all = completed_commands(program_);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].path, Texts{});
    EXPECT_EQ(all[0].help, "A program");
    EXPECT_EQ(all[0].subcommands, (Texts{"show", "find"}));
    EXPECT_EQ(option_lines(all[0]),
              (Texts{"--help: Print this help message and exit",
                     "--version: Display program version information and exit"}));
    EXPECT_FALSE(all[0].takes_files);
    EXPECT_EQ(all[1].path, Texts{"show"});
    EXPECT_EQ(all[1].help, "Show files");
    EXPECT_EQ(
        option_lines(all[1]),
        (Texts{"--help: Print this help message and exit", "--color VALUE: Color never always",
               "--width VALUE: Columns", "--wait VALUE: Seconds", "--quiet: No text",
               "--tag VALUE: Tag", "--word VALUE: Words", "--owner VALUE: Owner"}));
    EXPECT_TRUE(all[1].takes_files);
    EXPECT_EQ(all[1].argument_values, Texts{});
    EXPECT_EQ(option_lines(all[2]), (Texts{"--help: Print this help message and exit",
                                           "--name VALUE: Name", "--id VALUE: Id"}))
        << "of a choice too";
    EXPECT_FALSE(all[2].takes_files);
}

TEST_F(ArgumentsTest, CompletionKnowsCommandsBelowCommandsAndTheValuesOfArguments) {
    Command& keys = program_.add_command("keys", "Keys");
    keys.add_command("list", "List keys")
        .add_option("kind", &name_, "Kind", {.one_of = {"old", "new"}});
    const std::vector<CompletedCommand> all = completed_commands(program_);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[3].path, Texts{"keys"});
    EXPECT_EQ(all[3].subcommands, Texts{"list"});
    EXPECT_EQ(all[4].path, (Texts{"keys", "list"}));
    EXPECT_EQ(all[4].argument_values, (Texts{"old", "new"}));
}

}  // namespace
}  // namespace sallyport::gateway
