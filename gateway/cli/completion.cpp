#include "gateway/cli/completion.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

namespace sallyport::gateway {
namespace {

using Command = CompletedCommand;

// "TEXT:{exact,prefix}" of CLI11's IsMember.
std::vector<std::string> members(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}');
    std::vector<std::string> values;
    if (open == std::string::npos || close == std::string::npos) return values;
    std::istringstream list(type.substr(open + 1, close - open - 1));
    for (std::string value; std::getline(list, value, ',');) values.push_back(value);
    return values;
}

bool is_hidden(const CLI::Option& option) {
    return option.get_group().empty();
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

void add_options(Command& command, const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
        if (is_hidden(*option)) continue;
        if (option->get_positional()) {
            command.takes_files = true;
            command.argument_values = members(*option);
            continue;
        }
        for (const std::string& name : option->get_lnames()) {
            const auto same = [&name](const Command::Option& other) {
                return other.name == "--" + name;
            };
            if (std::any_of(command.options.begin(), command.options.end(), same)) continue;
            command.options.push_back({"--" + name, first_line(option->get_description()),
                                       members(*option), option->get_items_expected_max() > 0});
        }
    }
}

void walk(std::vector<Command>& all, const CLI::App& app, const std::vector<std::string>& path) {
    Command command;
    command.path = path;
    command.help = first_line(app.get_description());
    add_options(command, app);
    std::vector<const CLI::App*> children;
    for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (child->get_name().empty()) {  // a group of options
            add_options(command, *child);
        } else if (!child->get_group().empty()) {
            children.push_back(child);
            command.subcommands.push_back(child->get_name());
        }
    }
    all.push_back(std::move(command));
    for (const CLI::App* child : children) {
        std::vector<std::string> below = path;
        below.push_back(child->get_name());
        walk(all, *child, below);
    }
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

// In single quotes, for all three shells.
std::string shell_quoted(const std::string& text, bool fish) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'') {
            word += fish ? "\\'" : "'\\''";
        } else if (c == '\\' && fish) {
            word += "\\\\";
        } else {
            word += c;
        }
    }
    return word + "'";
}

std::vector<std::string> names_of(const std::vector<Command::Option>& options) {
    std::vector<std::string> names;
    for (const Command::Option& option : options) names.push_back(option.name);
    return names;
}

// The table for bash and zsh: for "COMMAND PATH" the words that may follow, for "COMMAND
// PATH|--option" its values ("@files" for file names).
std::string case_table(const std::vector<Command>& commands) {
    std::string text;
    for (const Command& command : commands) {
        const std::string path = joined(command.path, " ");
        std::vector<std::string> words = command.subcommands;
        for (const std::string& value : command.argument_values) words.push_back(value);
        const bool files = command.takes_files && command.argument_values.empty();
        text += "        '" + path + "') words='" + joined(words, " ") + "' options='" +
                joined(names_of(command.options), " ") + "' files=" + (files ? "yes" : "no") +
                " ;;\n";
    }
    return text;
}

std::string value_table(const std::vector<Command>& commands) {
    std::string text;
    for (const Command& command : commands) {
        for (const Command::Option& option : command.options) {
            if (!option.takes_value) continue;
            text += "        '" + joined(command.path, " ") + " " + option.name + "') values='" +
                    (option.values.empty() ? "@files" : joined(option.values, " ")) + "' ;;\n";
        }
    }
    return text;
}

// Finds the command that the words before the cursor name: words that are subcommands extend the
// path; the value of an option is skipped.
std::string bash_script(const std::vector<Command>& commands) {
    return R"(# bash completion of sallyport; made by: sallyport completion bash
_sallyport_table() {
    words= options= files=no
    case "$1" in
)" + case_table(commands) +
           R"(    esac
}
_sallyport_values() {
    values=
    case "$1" in
)" + value_table(commands) +
           R"(    esac
}
_sallyport() {
    local path= word i words options files values current="${COMP_WORDS[COMP_CWORD]}"
    local previous="${COMP_WORDS[COMP_CWORD-1]}"
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        _sallyport_table "$path"
        if [[ $word == -* ]]; then
            _sallyport_values "$path $word"
            [[ -n $values ]] && ((i++))
        elif [[ " $words " == *" $word "* ]]; then
            path="${path:+$path }$word"
        fi
    done
    _sallyport_values "$path $previous"
    if [[ -n $values && $previous == -* ]]; then
        if [[ $values == @files ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
        else
            mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        fi
        return
    fi
    _sallyport_table "$path"
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    else
        [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        [[ $files == yes ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _sallyport sallyport
)";
}

std::string zsh_script(const std::vector<Command>& commands) {
    return R"(#compdef sallyport
# zsh completion of sallyport; made by: sallyport completion zsh
_sallyport_table() {
    words_= options= files=no
    local words=
    case "$1" in
)" + case_table(commands) +
           R"(    esac
    words_=$words
}
_sallyport_values() {
    values=
    case "$1" in
)" + value_table(commands) +
           R"(    esac
}
_sallyport() {
    local line_path= word words_ options files values current="${words[CURRENT]}"
    local previous="${words[CURRENT-1]}"
    local -i i
    for ((i = 2; i < CURRENT; i++)); do
        word="${words[i]}"
        _sallyport_table "$line_path"
        if [[ $word == -* ]]; then
            _sallyport_values "$line_path $word"
            [[ -n $values ]] && ((i++))
        elif [[ " $words_ " == *" $word "* ]]; then
            line_path="${line_path:+$line_path }$word"
        fi
    done
    _sallyport_values "$line_path $previous"
    if [[ -n $values && $previous == -* ]]; then
        if [[ $values == @files ]]; then _files; else compadd -- ${=values}; fi
        return
    fi
    _sallyport_table "$line_path"
    if [[ $current == -* ]]; then
        compadd -- ${=options}
    else
        [[ -n $words_ ]] && compadd -- ${=words_}
        [[ $files == yes ]] && _files
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _sallyport "$@"; else compdef _sallyport sallyport; fi
)";
}

// Fish needs a condition on each line.
std::string fish_script(const std::vector<Command>& commands) {
    std::string text = R"(# fish completion of sallyport; made by: sallyport completion fish
function __sallyport_at
    set -l wanted $argv
    set -l given
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        set -a given $word
    end
    test (count $given) -ge (count $wanted); or return 1
    for i in (seq (count $wanted))
        test "$given[$i]" = "$wanted[$i]"; or return 1
    end
    return 0
end
function __sallyport_exactly
    set -l words (string match -v -- '-*' (commandline -opc)[2..-1])
    test (count $words) -eq (count $argv); and __sallyport_at $argv
end
complete -c sallyport -f
)";
    for (const Command& command : commands) {
        const std::string path = joined(command.path, " ");
        const std::string exactly = shell_quoted("__sallyport_exactly " + path, true);
        const std::string below = shell_quoted("__sallyport_at " + path, true);
        for (const Command& child : commands) {
            if (child.path.size() != command.path.size() + 1 ||
                !std::equal(command.path.begin(), command.path.end(), child.path.begin()))
                continue;
            text += "complete -c sallyport -n " + exactly + " -a " + child.path.back() + " -d " +
                    shell_quoted(child.help, true) + "\n";
        }
        for (const std::string& value : command.argument_values)
            text += "complete -c sallyport -n " + exactly + " -a " + value + "\n";
        if (command.takes_files && command.argument_values.empty())
            text += "complete -c sallyport -n " + below + " -F\n";
        for (const Command::Option& option : command.options) {
            text += "complete -c sallyport -n " + below + " -l " + option.name.substr(2);
            if (option.takes_value)
                text += option.values.empty()
                            ? " -r -F"
                            : " -x -a " + shell_quoted(joined(option.values, " "), true);
            text += " -d " + shell_quoted(option.help, true) + "\n";
        }
    }
    return text;
}

}  // namespace

std::vector<CompletedCommand> completed_commands(const CLI::App& app) {
    std::vector<Command> all;
    walk(all, app, {});
    return all;
}

std::string completion_script(const std::vector<CompletedCommand>& commands,
                              const std::string& shell) {
    if (shell == "zsh") return zsh_script(commands);
    if (shell == "fish") return fish_script(commands);
    return bash_script(commands);
}

void add_completion_command(CLI::App& app, std::function<int()>& action) {
    CLI::App* command = app.add_subcommand("completion", "Print the completion script for a shell");
    auto shell = std::make_shared<std::string>();
    command->add_option("shell", *shell, "Shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer(
        "Examples:\n"
        "  sallyport completion bash > /etc/bash_completion.d/sallyport\n"
        "  sallyport completion zsh > \"${fpath[1]}/_sallyport\"\n"
        "  sallyport completion fish > ~/.config/fish/completions/sallyport.fish");
    command->callback([&app, &action, shell] {
        action = [&app, shell] {
            std::cout << completion_script(completed_commands(app), *shell);
            return 0;
        };
    });
}

}  // namespace sallyport::gateway
