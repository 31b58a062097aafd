#include "gateway/cli/audit_command.h"

#include <poll.h>

#include <cstdint>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "gateway/cli/followed_file.h"
#include "gateway/config/load_config.h"
#include "gateway/host/start_error.h"
#include "policy/tools/audit_view.h"
#include "policy/tools/json.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {
namespace {

constexpr int look_again_ms = 200;

struct Options {
    std::string config = "gateway.toml";
    std::uint64_t count = 20;
    bool follow = false;
    bool json = false;
};

std::string file_of(const AuditOfConfig& audit, const std::string& config) {
    if (audit.log.kind == AuditText::Kind::file) return audit.log.path;
    const bool journal = audit.log.kind == AuditText::Kind::journald;
    throw StartError(
        {config, 0, 0}, "its audit log is not in a file",
        journal ? "ask the journal: journalctl SALLYPORT_OUTCOME=deny"
                : "add [audit] with to = \"file:audit.jsonl\" and restart; until then, denials are "
                  "in the log of the program");
}

std::ifstream opened(const std::string& path) {
    std::ifstream in(path);
    if (!in) {
        throw StartError({path, 0, 0}, "cannot be opened",
                         "has the program run with this configuration, and are you its user?");
    }
    return in;
}

void print_record(const std::string& line, bool json) {
    const auto text = policy::readable_record(line);
    if (text) std::cout << (json ? line : *text) << '\n';
}

int follow(FollowedFile& file, bool json) {
    const auto print = [json](const std::string& line) { print_record(line, json); };
    for (;;) {
        file.read(print);
        while (file.follow_rotation(print)) file.read(print);
        std::cout.flush();
        if (!std::cout) return 0;
        static_cast<void>(::poll(nullptr, 0, look_again_ms));
    }
}

int tail(const Options& options) {
    FollowedFile file(file_of(load_audit(options.config), options.config));
    std::deque<std::string> last;
    const auto keep = [&](std::string line) {
        last.push_back(std::move(line));
        if (last.size() > options.count) last.pop_front();
    };
    file.read(keep);
    // A follower is shown the last line once it has ended.
    if (!options.follow && !file.begun().empty()) keep(std::string(file.begun()));
    for (const std::string& line : last) print_record(line, options.json);
    return options.follow ? follow(file, options.json) : 0;
}

policy::Json to_json(const policy::DeniedRequests& denied, const std::string& explain) {
    policy::Json object{
        {"count", denied.count},   {"last", denied.last},     {"outcome", denied.outcome},
        {"reason", denied.reason}, {"realm", denied.realm},   {"authid", denied.authid},
        {"role", denied.role},     {"action", denied.action}, {"uri", denied.uri}};
    if (!denied.rule.empty()) {
        object["rule"] = denied.rule;
        object["file"] = denied.file;
        object["line"] = denied.line;
    }
    object["explain"] = explain;
    return object;
}

int denied(const Options& options) {
    const AuditOfConfig audit = load_audit(options.config);
    std::ifstream in = opened(file_of(audit, options.config));
    policy::DenialGroups groups;
    for (std::string line; std::getline(in, line);) groups.add(line);
    policy::Json list = policy::Json::array();
    const auto latest = groups.latest(options.count);
    for (const auto& each : latest) {
        const auto policy = audit.policies.find(each.realm);
        const std::string explain =
            policy == audit.policies.end()
                ? ""
                : "sallyport policy explain " + policy->second + " " + each.question();
        if (options.json) {
            list.push_back(to_json(each, explain));
            continue;
        }
        std::cout << each.count << " × " << each.action << ' ' << policy::quoted(each.uri) << " by "
                  << (each.authid.empty() ? "anybody" : policy::quoted(each.authid)) << " ("
                  << each.role << "), last " << each.last << ": "
                  << (each.reason.empty() ? each.outcome : each.reason);
        if (!each.rule.empty())
            std::cout << ", rule " << each.rule << " at " << each.file << ':' << each.line;
        std::cout << '\n';
        if (!explain.empty()) std::cout << "    " << explain << '\n';
    }
    if (options.json) {
        policy::print_json(std::cout, {{"denied", std::move(list)}});
    } else if (latest.empty()) {
        std::cout << "nothing was denied\n";
    }
    return 0;
}

}  // namespace

void add_audit_commands(Command& program) {
    const auto add = [&](const char* name, const char* help, const char* footer,
                         int (*action)(const Options&)) -> std::pair<Command&, Options&> {
        const auto options = std::make_shared<Options>();
        Command& command = program.add_command(name, help);
        command.add_option("--config", &options->config, "Its gateway.toml or inside.toml",
                           {.show_default = true});
        command.add_option("--count", &options->count, "At most so many, the newest ones",
                           {.show_default = true});
        command.footer = footer;
        command.action = [options, action] { return action(*options); };
        return {command, *options};
    };
    const auto [tail_command, tail_options] =
        add("tail", "Show the newest records of the audit log, readable",
            "The audit log has to be in a file: [audit] with to = \"file:audit.jsonl\".\n"
            "Examples:\n"
            "  sallyport tail --config /etc/sallyport/gateway.toml\n"
            "  sallyport tail --config /etc/sallyport/gateway.toml -f\n"
            "Exit codes: 0 shown; 2 there is no such file.",
            tail);
    tail_command.add_option("--follow", &tail_options.follow,
                            "Go on with those that come, also after a rotation", {.letter = 'f'});
    tail_command.add_option("--json", &tail_options.json, "Print the records as they are");
    const auto [denied_command, denied_options] =
        add("denied", "Show what was denied lately, grouped, with the question that explains it",
            "The audit log has to be in a file: [audit] with to = \"file:audit.jsonl\".\n"
            "Examples:\n"
            "  sallyport denied --config /etc/sallyport/gateway.toml\n"
            "  sallyport denied --config /etc/sallyport/inside.toml --count 5 --json\n"
            "Exit codes: 0 shown; 2 there is no such file.",
            denied);
    denied_command.add_option("--json", &denied_options.json, "Print one JSON object on one line");
}

}  // namespace sallyport::gateway
