// The commands and options of a program, declared as values. How a command line is parsed, and what
// the help looks like, is up to the library that arguments.cpp includes.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::gateway {

/// What an option requires, and how the help shows it.
struct OptionRules {
    bool required = false;
    bool show_default = false;  ///< the value that the target has when the line is parsed
    bool hidden = false;
    bool one_value_each = false;  ///< of a list: given again for each value; otherwise takes all
                                  ///< words up to the next option
    std::vector<std::string> one_of = {};  ///< the possible values; empty for any
    char letter = '\0';                    ///< 'f' for -f beside the name
    std::string excludes = {};  ///< name of an option declared before, not to be given with it
    /// Returns what is wrong with a value, or nothing.
    std::function<std::string(const std::string&)> check = {};
};

/// An option or a positional argument. Parsing stores its value in the target.
struct Option {
    /// A bool is a flag. An optional tells whether the option was given, even with an empty value.
    using Target = std::variant<bool*, int*, std::uint64_t*, double*, std::string*,
                                std::optional<std::string>*, std::vector<std::string>*>;

    std::string name;  ///< "--json"; without dashes it is a positional argument
    Target target;
    std::string help = {};
    OptionRules rules = {};
};

/// Options of which exactly one must be given.
struct OptionChoice {
    std::string name;
    std::string help;
    std::vector<Option> options;
};

/// One command of a program, or the program itself. The targets of its options must live until the
/// action has run. If it has subcommands, exactly one of them must be given.
struct Command {
    std::string name = {};  ///< empty for the program
    std::string help = {};
    std::string footer = {};   ///< shown below the options
    std::string version = {};  ///< what --version prints; there is no such option if it is empty
    bool hidden = false;
    std::list<Command> subcommands = {};
    std::vector<Option> options = {};
    std::vector<OptionChoice> choices = {};
    std::function<int()> action = {};  ///< returns the exit code

    /// The command stays where it is.
    Command& add_command(std::string command_name, std::string command_help);
    void add_option(std::string option_name, Option::Target target, std::string option_help,
                    OptionRules rules = {});
};

/// What a command line asks for: an action, or else a text to print.
struct ParsedLine {
    std::function<int()> action;  ///< of the command that was given
    std::string text;             ///< the help, the version, or what is wrong and where help is
    std::string error;            ///< what is wrong, in one line; empty for help and version
};

/// Stores the values in the targets of the options. Throws only if the declarations are wrong.
ParsedLine parse(const Command& program, int argc, const char* const* argv);

/// One command of a program, for shell completion.
struct CompletedCommand {
    struct Option {
        std::string name;                 ///< "--json"
        std::string help;                 ///< the first line
        std::vector<std::string> values;  ///< the possible values; empty for any
        bool takes_value = false;
    };

    std::vector<std::string> path;  ///< {"policy", "check"}; empty for the program itself
    std::string help;
    std::vector<std::string> subcommands;
    std::vector<Option> options;
    bool takes_files = false;                  ///< it has arguments, which may be files
    std::vector<std::string> argument_values;  ///< the possible values of an argument
};

/// All public commands of the program, parents before children. Read from the same declarations
/// that parse the command line, so that the completion is never out of date.
std::vector<CompletedCommand> completed_commands(const Command& program);

}  // namespace sallyport::gateway
