#include "gateway/cli/policy_command.h"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/second_doors.h"
#include "gateway/config/load_config.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "policy/file/load.h"
#include "policy/tools/analysis/diff.h"
#include "policy/tools/analysis/explain.h"
#include "policy/tools/analysis/log_line.h"
#include "policy/tools/analysis/mutate.h"
#include "policy/tools/analysis/replay.h"
#include "policy/tools/analysis/unused.h"
#include "policy/tools/check.h"
#include "policy/tools/edit/fmt.h"
#include "policy/tools/import/import.h"
#include "policy/tools/test.h"

namespace sallyport::gateway {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 valid, allowed, nothing found; 1 a test failed, denied, something found;\n"
    "2 an invalid file or invalid arguments.";

/// One tool: its command and the values that parsing stored.
template <class Texts>
struct Tool {
    std::shared_ptr<Texts> texts = std::make_shared<Texts>();
    Command& command;

    /// `run` gets the values and the output.
    template <class Run>
    void does(Run run) {
        command.action = [texts = texts, run] {
            return run(*texts, policy::Output{std::cout, std::cerr, texts->json});
        };
    }
};

template <class Texts>
Tool<Texts> add_tool(Command& tools, const char* name, const char* help, const char* examples) {
    Tool<Texts> tool{.command = tools.add_command(name, help)};
    tool.command.add_option("--json", &tool.texts->json, "Print one JSON object on one line");
    tool.command.footer = std::string("Examples:\n") + examples + "\n" + exit_codes;
    return tool;
}

struct FilesTexts {
    bool json = false;
    std::vector<std::string> files;
};

struct ExplainTexts {
    bool json = false;
    std::string file, as;
    std::optional<std::string> call, publish, subscribe, register_;
    std::string match = "exact";
    bool both = false;
    std::string config = "gateway.toml";
    std::vector<std::string> insides;
    policy::ExplainRequest request;
    std::string payload_bytes;
    std::string others = std::to_string(request.others_max);
};

void add_check(Command& tools) {
    auto tool = add_tool<FilesTexts>(tools, "check", "Report all errors in policy files",
                                     "  sallyport policy check observatory.toml\n"
                                     "  sallyport policy check --json realms/*.toml\n");
    tool.command.add_option("files", &tool.texts->files, "Policy files", {.required = true});
    tool.does([](const FilesTexts& texts, const policy::Output& to) {
        return policy::check(texts.files, to);
    });
}

void add_test(Command& tools) {
    auto tool = add_tool<FilesTexts>(tools, "test", "Run the [[test]]s in policy files",
                                     "  sallyport policy test observatory.toml\n"
                                     "  sallyport policy test --json observatory.toml\n");
    tool.command.add_option("files", &tool.texts->files, "Policy files", {.required = true});
    tool.does([](const FilesTexts& texts, const policy::Output& to) {
        return policy::test(texts.files, to);
    });
}

struct FmtTexts {
    bool json = false;
    bool check = false;
    bool diff = false;
    std::vector<std::string> files;
};

int run_fmt(const FmtTexts& texts, const policy::Output& to) {
    using Mode = policy::FmtRequest::Mode;
    std::vector<policy::Rewrite> rewrites;
    const Mode mode = texts.diff ? Mode::diff : texts.check ? Mode::check : Mode::write;
    const int code = policy::fmt({mode, texts.files}, rewrites, to);
    for (const policy::Rewrite& rewrite : rewrites) replace_file(rewrite.path, rewrite.text);
    return code;
}

void add_fmt(Command& tools) {
    auto tool = add_tool<FmtTexts>(tools, "fmt", "Format policy files",
                                   "  sallyport policy fmt observatory.toml\n"
                                   "  sallyport policy fmt --check realms/*.toml\n"
                                   "  sallyport policy fmt --diff observatory.toml\n");
    tool.command.add_option("files", &tool.texts->files, "Policy files", {.required = true});
    tool.command.add_option("--check", &tool.texts->check,
                            "List the files that would change, without writing");
    tool.command.add_option("--diff", &tool.texts->diff,
                            "Show the changes as a diff, without writing", {.excludes = "--check"});
    tool.does(run_fmt);
}

struct DiffTexts {
    bool json = false;
    std::string before, after;
};

void add_diff(Command& tools) {
    auto tool = add_tool<DiffTexts>(
        tools, "diff", "Show how two policies differ, with an example for each difference",
        "  sallyport policy diff observatory.toml new/observatory.toml\n"
        "  git show HEAD:observatory.toml > old.toml && sallyport policy diff old.toml "
        "observatory.toml\n");
    tool.command.add_option("old", &tool.texts->before, "Policy file", {.required = true});
    tool.command.add_option("new", &tool.texts->after, "Policy file", {.required = true});
    tool.does([](const DiffTexts& texts, const policy::Output& to) {
        return policy::diff(texts.before, texts.after, to);
    });
}

struct MutateTexts {
    bool json = false;
    policy::MutateRequest request;
};

void add_mutate(Command& tools) {
    auto tool = add_tool<MutateTexts>(
        tools, "mutate", "Make small changes to the rules and show those that no [[test]] detects",
        "  sallyport policy mutate observatory.toml\n"
        "  sallyport policy mutate --suggest observatory.toml >> observatory.toml\n");
    tool.command.add_option("file", &tool.texts->request.file, "Policy file", {.required = true});
    tool.command.add_option("--suggest", &tool.texts->request.suggest,
                            "Print the missing tests, ready to be appended");
    tool.does([](const MutateTexts& texts, const policy::Output& to) {
        return policy::mutate(texts.request, to);
    });
}

struct LogTexts {
    bool json = false;
    std::string file;
    std::vector<std::string> logs;
};

policy::LoadOptions tool_options() {
    policy::LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = false;
    options.run_tests = false;
    return options;
}

// Processes one line at a time, as a log may be larger than memory; "-" is stdin. `parse` returns
// whether the line is valid.
template <class Parse>
void read_lines(const std::string& path, const Parse& parse) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) {
            throw StartError({path, 0, 0}, "the log cannot be read",
                             "check the path and its permissions");
        }
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string line;
    policy::LogTally tally;
    while (std::getline(in, line)) tally.add(parse(line));
    if (const auto fault = tally.fault(path == "-" ? "stdin" : path))
        throw StartError(policy::Diagnostics{*fault});
}

int run_replay(const LogTexts& texts, const policy::Output& to) {
    const auto realm = policy::load_realm(texts.file, tool_options());
    if (!realm) return policy::print_errors(realm.error(), to);
    policy::Replay replay(*realm);
    for (const std::string& log : texts.logs)
        read_lines(log, [&replay](const std::string& line) { return replay.line(line); });
    return policy::print_replay(replay, to);
}

void add_replay(Command& tools) {
    auto tool = add_tool<LogTexts>(
        tools, "replay", "Show which logged decisions another policy would change",
        "  sallyport policy replay audit.log --with new/observatory.toml\n"
        "  journalctl -o cat -u sallyport | sallyport policy replay - --with observatory.toml\n");
    tool.command.add_option("logs", &tool.texts->logs, "Decision logs; - for stdin",
                            {.required = true});
    tool.command.add_option("--with", &tool.texts->file, "Policy file", {.required = true});
    tool.does(run_replay);
}

int run_unused(const LogTexts& texts, const policy::Output& to) {
    const auto realm = policy::load_realm(texts.file, tool_options());
    if (!realm) return policy::print_errors(realm.error(), to);
    policy::HitCounts hits(realm->policy->realm());
    for (const std::string& log : texts.logs)
        read_lines(log, [&hits](const std::string& line) { return hits.line(line); });
    return policy::print_unused(*realm, texts.logs.empty() ? nullptr : &hits, to);
}

void add_unused(Command& tools) {
    auto tool = add_tool<LogTexts>(
        tools, "unused", "Show which rules can never decide, and which did not in a log",
        "  sallyport policy unused observatory.toml\n"
        "  sallyport policy unused observatory.toml --log audit.log --log audit.log.1\n");
    tool.command.add_option("file", &tool.texts->file, "Policy file", {.required = true});
    tool.command.add_option("--log", &tool.texts->logs, "Decision log, for counts; - for stdin",
                            {.one_value_each = true});
    tool.does(run_unused);
}

struct ImportTexts {
    bool json = false;
    bool force = false;
    std::string out = ".";
    policy::ImportRequest request;
};

int run_import(const ImportTexts& texts, const policy::Output& to) {
    wamp::Random random(random_seed());
    std::vector<policy::ImportedFile> files;
    const int code = policy::import_file(texts.request, random, files, to);
    if (files.empty()) return code;
    const std::filesystem::path folder(texts.out);
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    for (const policy::ImportedFile& file : files) {
        const std::string path = (folder / file.name).string();
        if (!texts.force && std::filesystem::exists(path, ignored))
            throw StartError({path, 0, 0}, "already exists", "add --force to replace it");
    }
    for (const policy::ImportedFile& file : files)
        replace_file((folder / file.name).string(), file.text, file.secret ? 0600 : 0644);
    return code;
}

void add_import(Command& tools) {
    auto tool = add_tool<ImportTexts>(
        tools, "import", "Convert a Crossbar configuration to policies and list the differences",
        "  sallyport policy import /node/.crossbar/config.json --out policies\n"
        "  sallyport policy import config.json --everything com.example. --print\n");
    ImportTexts& texts = *tool.texts;
    Command& command = tool.command;
    command.add_option("file", &texts.request.file, "Crossbar's config.json", {.required = true});
    command.add_option("--out", &texts.out, "Folder for the files", {.show_default = true});
    command.add_option("--print", &texts.request.print, "Print the policies, write no file",
                       {.excludes = "--out"});
    command.add_option("--force", &texts.force, "Replace existing files");
    command.add_option("--backend", &texts.request.options.backend, "Backend of the routes",
                       {.show_default = true});
    command.add_option("--everything", &texts.request.options.everything,
                       "Prefix to use for a permission for everything; may be repeated",
                       {.one_value_each = true});
    command.add_option("--all-transports", &texts.request.options.all_transports,
                       "Take over what only some could reach (unix sockets, local addresses)");
    tool.does(run_import);
}

// An option bound to an unsigned number would accept -1 as the largest one.
std::optional<std::size_t> whole_number(const std::string& text) {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::string refuse_no_number(const std::string& text) {
    if (whole_number(text)) return "";
    return policy::quoted(text) + " is not an integer from 0 to 4294967295";
}

int run_explain(const ExplainTexts& texts, const policy::Output& to) {
    policy::ExplainRequest request = texts.request;
    policy::set_principal(request, texts.as);
    if (!texts.payload_bytes.empty()) request.payload_bytes = whole_number(texts.payload_bytes);
    if (const auto others = whole_number(texts.others)) request.others_max = *others;
    const std::pair<const std::optional<std::string>&, policy::Action> asked[] = {
        {texts.call, policy::Action::call},
        {texts.publish, policy::Action::publish},
        {texts.subscribe, policy::Action::subscribe},
        {texts.register_, policy::Action::register_}};
    for (const auto& [uri, action] : asked) {
        if (!uri) continue;
        request.uri = *uri;
        request.action = action;
    }
    if (texts.match == "prefix") request.match = wamp::MatchPolicy::prefix;
    if (texts.match == "wildcard") request.match = wamp::MatchPolicy::wildcard;
    if (!texts.both) return policy::explain(texts.file, request, to);
    const SecondDoors second(load_gateway_config(texts.config), texts.insides);
    return policy::explain_both(texts.file, request, second.doors(), to);
}

void add_explain(Command& tools) {
    auto tool = add_tool<ExplainTexts>(
        tools, "explain", "Show which rule decides on a message, and why",
        "  sallyport policy explain observatory.toml --as alice --call lab.slew --args '[90]'\n"
        "  sallyport policy explain observatory.toml --as joe:guest --subscribe lab. "
        "--match prefix\n"
        "  sallyport policy explain observatory.toml --both --as alice --call lab.slew\n");
    ExplainTexts& texts = *tool.texts;
    Command& command = tool.command;
    command.add_option("file", &texts.file, "Policy file", {.required = true});
    command.add_option("--as", &texts.as, "AUTHID or AUTHID:ROLE", {.required = true});
    command.choices.push_back({"action",
                               "Request to explain",
                               {{"--call", &texts.call, "URI"},
                                {"--publish", &texts.publish, "URI"},
                                {"--subscribe", &texts.subscribe, "URI"},
                                {"--register", &texts.register_, "URI"}}});
    command.add_option("--match", &texts.match, "Match policy of --subscribe and --register",
                       {.one_of = {"exact", "prefix", "wildcard"}});
    command.add_option("--args", &texts.request.args, "Positional arguments: a JSON array");
    command.add_option("--kwargs", &texts.request.kwargs, "Keyword arguments: a JSON object");
    command.add_option("--opaque", &texts.request.opaque,
                       "The payload is opaque (end-to-end encrypted)");
    command.add_option("--payload-bytes", &texts.payload_bytes,
                       "Size of the payload, if not that of the arguments",
                       {.check = refuse_no_number});
    command.add_option("--others", &texts.others, "How many other rules to show",
                       {.show_default = true, .check = refuse_no_number});
    command.add_option("--both", &texts.both,
                       "Also explain what the inside behind the route decides");
    command.add_option("--config", &texts.config, "For --both: the gateway's configuration",
                       {.show_default = true});
    command.add_option("--inside", &texts.insides,
                       "For --both: BACKEND=INSIDE.TOML, a copy of an inside's configuration",
                       {.one_value_each = true});
    tool.does(run_explain);
}

}  // namespace

Command& add_policy_commands(Command& program) {
    Command& tools =
        program.add_command("policy", "Check, explain, test, compare and import policy files");
    add_check(tools);
    add_test(tools);
    add_explain(tools);
    add_fmt(tools);
    add_diff(tools);
    add_mutate(tools);
    add_replay(tools);
    add_unused(tools);
    add_import(tools);
    return tools;
}

}  // namespace sallyport::gateway
