#include "gateway/cli/arguments.h"

#include <memory>
#include <sstream>
#include <type_traits>
#include <utility>

#include <CLI/CLI.hpp>

#include "policy/document/nearest.h"

namespace sallyport::gateway {
namespace {

constexpr const char* help_help = "Print this help message and exit";
constexpr const char* version_help = "Display program version information and exit";

std::string names_of(const Option& option) {
    const char letter = option.rules.letter;
    return letter == '\0' ? option.name : std::string{'-', letter, ','} + option.name;
}

CLI::Option* add_declared(CLI::App& app, const Option& option) {
    return std::visit(
        [&](auto* target) -> CLI::Option* {
            using Value = std::remove_pointer_t<decltype(target)>;
            if constexpr (std::is_same_v<Value, bool>) {
                return app.add_flag(names_of(option), *target, option.help);
            } else if constexpr (std::is_same_v<Value, std::optional<std::string>>) {
                // Bound directly, an empty value would leave the optional empty.
                return app.add_option_function<std::string>(
                    names_of(option), [target](const std::string& value) { *target = value; },
                    option.help);
            } else {
                return app.add_option(names_of(option), *target, option.help);
            }
        },
        option.target);
}

void declare_option(CLI::App& app, const Option& option) {
    CLI::Option& declared = *add_declared(app, option);
    const OptionRules& rules = option.rules;
    if (rules.required) declared.required();
    if (rules.show_default) declared.capture_default_str();
    if (rules.hidden) declared.group("");
    if (rules.one_value_each) declared.allow_extra_args(false)->take_all();
    if (!rules.one_of.empty()) declared.check(CLI::IsMember(rules.one_of));
    if (!rules.excludes.empty()) declared.excludes(app.get_option(rules.excludes));
    if (rules.check) declared.check(rules.check);
}

/// `action` is set when a command line that gives this command has been parsed.
void declare(CLI::App& app, const Command& command, std::function<int()>& action) {
    if (!command.version.empty()) app.set_version_flag("--version", command.version, version_help);
    for (const Option& option : command.options) declare_option(app, option);
    for (const OptionChoice& choice : command.choices) {
        CLI::App& group = *app.add_option_group(choice.name, choice.help);
        for (const Option& option : choice.options) declare_option(group, option);
        group.require_option(1);
    }
    if (!command.subcommands.empty()) app.require_subcommand(1);
    for (const Command& subcommand : command.subcommands)
        declare(*app.add_subcommand(subcommand.name, subcommand.help), subcommand, action);
    // Subcommands that are added later would inherit these two.
    if (!command.footer.empty()) app.footer(command.footer);
    if (command.hidden) app.group("");
    if (command.action) app.callback([&action, &command] { action = command.action; });
}

/// What is wrong with the words that should name a command, "" if they do.
std::string unknown_command(const Command& program, int argc, const char* const* argv) {
    const Command* at = &program;
    for (int i = 1; i < argc && !at->subcommands.empty(); ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with('-')) return {};
        std::vector<std::string_view> names;
        const Command* next = nullptr;
        for (const Command& subcommand : at->subcommands) {
            if (subcommand.name == word) next = &subcommand;
            if (!subcommand.hidden) names.push_back(subcommand.name);
        }
        if (next == nullptr) {
            return "unknown command \"" + std::string(word) + "\" (" +
                   policy::suggestion(word, names, "commands") + ")";
        }
        at = next;
    }
    return {};
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

void complete_options(CompletedCommand& command, const std::vector<Option>& options) {
    for (const Option& option : options) {
        if (option.rules.hidden) continue;
        if (option.name.starts_with("--")) {
            command.options.push_back({option.name, first_line(option.help), option.rules.one_of,
                                       !std::holds_alternative<bool*>(option.target)});
        } else {
            command.takes_files = true;
            command.argument_values = option.rules.one_of;
        }
    }
}

void complete(std::vector<CompletedCommand>& all, const Command& command,
              const std::vector<std::string>& path) {
    CompletedCommand& completed = all.emplace_back();
    completed.path = path;
    completed.help = first_line(command.help);
    completed.options.push_back({"--help", help_help, {}, false});
    if (!command.version.empty())
        completed.options.push_back({"--version", version_help, {}, false});
    complete_options(completed, command.options);
    for (const OptionChoice& choice : command.choices) complete_options(completed, choice.options);
    for (const Command& subcommand : command.subcommands)
        if (!subcommand.hidden) completed.subcommands.push_back(subcommand.name);
    for (const Command& subcommand : command.subcommands) {
        if (subcommand.hidden) continue;
        std::vector<std::string> below = path;
        below.push_back(subcommand.name);
        complete(all, subcommand, below);  // moves what `completed` refers to
    }
}

}  // namespace

Command& Command::add_command(std::string command_name, std::string command_help) {
    return subcommands.emplace_back(
        Command{.name = std::move(command_name), .help = std::move(command_help)});
}

void Command::add_option(std::string option_name, Option::Target target, std::string option_help,
                         OptionRules rules) {
    options.push_back({std::move(option_name), target, std::move(option_help), std::move(rules)});
}

ParsedLine parse(const Command& program, int argc, const char* const* argv) {
    ParsedLine line;
    if (line.error = unknown_command(program, argc, argv); !line.error.empty()) {
        line.text = line.error + "\nRun with --help for more information.\n";
        return line;
    }
    CLI::App app(program.help);
    app.set_help_flag("-h,--help", help_help);
    declare(app, program, line.action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        std::ostringstream out;
        std::ostringstream err;
        const bool wrong = app.exit(stop, out, err) != 0;
        line.action = nullptr;
        line.text = wrong ? err.str() : out.str();
        if (wrong) line.error = stop.what();
    }
    return line;
}

std::vector<CompletedCommand> completed_commands(const Command& program) {
    std::vector<CompletedCommand> all;
    complete(all, program, {});
    return all;
}

}  // namespace sallyport::gateway
