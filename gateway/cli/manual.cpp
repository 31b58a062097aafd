#include "gateway/cli/manual.h"

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace sallyport::gateway {
namespace {

// Text in which nothing is a request or an escape of roff. A hyphen is written as the minus sign
// that people copy from an example.
std::string escaped(const std::string& text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
        line_begins = c == '\n';
    }
    return out;
}

// An argument of a macro, in quotes.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : escaped(text)) {
        if (c == '"') {
            out += "\\(dq";
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

bool is_flag(const Option& option) {
    return std::holds_alternative<bool*>(option.target);
}

bool is_positional(const Option& option) {
    return !option.name.starts_with("--");
}

std::string default_of(const Option& option) {
    return std::visit(
        [](const auto* target) {
            using Value = std::remove_cvref_t<decltype(*target)>;
            std::ostringstream text;
            if constexpr (std::is_same_v<Value, std::optional<std::string>>) {
                text << target->value_or("");
            } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
                text << joined(*target, " ");
            } else {
                text << *target;
            }
            return text.str();
        },
        option.target);
}

std::vector<std::string> rules_of(const Option& option) {
    std::vector<std::string> lines;
    if (!option.rules.one_of.empty())
        lines.push_back("One of: " + joined(option.rules.one_of, ", ") + ".");
    if (option.rules.show_default) lines.push_back("Default: " + default_of(option) + ".");
    if (!option.rules.excludes.empty())
        lines.push_back("Not together with " + option.rules.excludes + ".");
    if (option.rules.required) lines.emplace_back("Required.");
    return lines;
}

void write_option(std::string& page, const Option& option) {
    if (option.rules.hidden) return;
    page += ".TP\n";
    if (option.rules.letter != '\0')
        page += std::string("\\fB") + escaped({'-', option.rules.letter}) + "\\fR, ";
    page += is_positional(option) ? "\\fI" + escaped(option.name) + "\\fR"
                                  : "\\fB" + escaped(option.name) + "\\fR";
    if (!is_positional(option) && !is_flag(option)) page += " \\fIVALUE\\fR";
    page += "\n";
    std::vector<std::string> lines = rules_of(option);
    if (!option.help.empty()) lines.insert(lines.begin(), option.help);
    for (std::size_t i = 0; i < lines.size(); ++i)
        page += (i > 0 ? ".br\n" : "") + escaped(lines[i]) + "\n";
}

std::string synopsis_of(const Command& command) {
    std::string text = " [\\fIOPTIONS\\fR]";
    for (const Option& option : command.options) {
        if (option.rules.hidden || !is_positional(option)) continue;
        const bool many = std::holds_alternative<std::vector<std::string>*>(option.target);
        const std::string name = "\\fI" + escaped(option.name) + "\\fR" + (many ? "..." : "");
        text += " " + (option.rules.required ? name : "[" + name + "]");
    }
    if (!command.subcommands.empty()) text += " \\fICOMMAND\\fR";
    return text;
}

// Lines that begin with a blank are examples, and stay as they are.
void write_footer(std::string& page, const std::string& footer) {
    if (footer.empty()) return;
    page += ".SH NOTES\n";
    std::istringstream lines(footer);
    bool as_written = false;
    for (std::string line; std::getline(lines, line);) {
        const bool example = line.starts_with(' ');
        if (example != as_written) page += example ? ".PP\n.nf\n" : ".fi\n.PP\n";
        as_written = example;
        page += escaped(line) + "\n";
    }
    if (as_written) page += ".fi\n";
}

void write_references(std::string& page, const std::string& name, const Command& command,
                      const std::string& parent) {
    std::vector<std::string> others;
    if (!parent.empty()) others.push_back(parent);
    for (const Command& subcommand : command.subcommands)
        if (!subcommand.hidden) others.push_back(name + "-" + subcommand.name);
    if (others.empty()) return;
    page += ".SH SEE ALSO\n";
    for (std::size_t i = 0; i < others.size(); ++i)
        page += ".BR " + escaped(others[i]) + " (1)" + (i + 1 < others.size() ? "," : "") + "\n";
}

void write_pages(std::vector<ManualPage>& pages, const Command& command, const std::string& name,
                 const std::string& parent, const std::string& version) {
    std::string spoken = name;  // "sallyport policy check"
    for (char& c : spoken)
        if (c == '-') c = ' ';
    // The help of the program begins with its name.
    const std::string opening = name + ": ";
    const std::string help =
        command.help.starts_with(opening) ? command.help.substr(opening.size()) : command.help;
    std::string page = ".TH " + quoted(name) + " 1 \"\" " + quoted(version) + " \"sallyport\"\n";
    page +=
        ".SH NAME\n" + escaped(name) + " \\- " + escaped(help.substr(0, help.find('\n'))) + "\n";
    page += ".SH SYNOPSIS\n\\fB" + escaped(spoken) + "\\fR" + synopsis_of(command) + "\n";
    page += ".SH DESCRIPTION\n" + escaped(help) + "\n";
    if (!command.subcommands.empty()) page += ".SH COMMANDS\n";
    for (const Command& subcommand : command.subcommands)
        if (!subcommand.hidden)
            page +=
                ".TP\n\\fB" + escaped(subcommand.name) + "\\fR\n" + escaped(subcommand.help) + "\n";
    page += ".SH OPTIONS\n.TP\n\\fB\\-\\-help\\fR\nPrint the help of this command.\n";
    if (!command.version.empty()) page += ".TP\n\\fB\\-\\-version\\fR\nPrint the version.\n";
    for (const Option& option : command.options) write_option(page, option);
    for (const OptionChoice& choice : command.choices) {
        page +=
            ".SS " + quoted(choice.name) + "\nExactly one of these. " + escaped(choice.help) + "\n";
        for (const Option& option : choice.options) write_option(page, option);
    }
    write_footer(page, command.footer);
    write_references(page, name, command, parent);
    pages.push_back({name + ".1", std::move(page)});
    for (const Command& subcommand : command.subcommands)
        if (!subcommand.hidden)
            write_pages(pages, subcommand, name + "-" + subcommand.name, name, version);
}

}  // namespace

std::vector<ManualPage> manual_pages(const Command& program) {
    std::vector<ManualPage> pages;
    write_pages(pages, program, "sallyport", "", program.version);
    return pages;
}

void add_manual_command(Command& program) {
    Command& command = program.add_command("manual", "Write the manual pages into a folder");
    command.hidden = true;
    auto folder = std::make_shared<std::string>();
    command.add_option("folder", folder.get(), "", {.required = true});
    command.action = [&program, folder] {
        for (const ManualPage& page : manual_pages(program)) {
            const std::string path = *folder + "/" + page.name;
            std::ofstream file(path);
            file << page.text;
            file.close();
            if (!file)
                throw std::runtime_error(path + ": cannot be written; make the folder first");
        }
        return 0;
    };
}

}  // namespace sallyport::gateway
