#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sallyport::gateway {

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
std::vector<CompletedCommand> completed_commands(const CLI::App& app);

/// The script for "bash", "zsh" or "fish".
std::string completion_script(const std::vector<CompletedCommand>& commands,
                              const std::string& shell);

/// `sallyport completion SHELL`.
void add_completion_command(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
