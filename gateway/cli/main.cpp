// `sallyport`: one program with several commands; the first word selects one.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/admin/admin.h"
#include "gateway/cli/apply_command.h"
#include "gateway/cli/client_commands.h"
#include "gateway/cli/completion.h"
#include "gateway/cli/link_command.h"
#include "gateway/cli/policy_command.h"
#include "gateway/cli/principal_command.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "gateway/programs/inside_program.h"
#include "gateway/programs/serve.h"
#include "gateway/programs/worker.h"
#include "policy/tools/report.h"

namespace {

using namespace sallyport;

/// The parsed command line; run() runs the first command that was given.
struct Commands {
    CLI::App app{"sallyport: an onion-facing WAMP gateway with two doors"};
    std::string gateway_config = "gateway.toml";
    std::string inside_config = "inside.toml";
    int channel = -1;
    bool json = false;
    std::string log_level = "info";
    std::string log_format = "text";

    std::function<int()> action;  ///< of call, publish, subscribe, register, link, policy …

    CLI::App* serve = nullptr;
    CLI::App* worker = nullptr;
    CLI::App* inside = nullptr;
    CLI::App* status = nullptr;
};

void add_log_options(Commands& commands, CLI::App& program) {
    program.add_option("--log-level", commands.log_level, "Minimum level of logged messages")
        ->check(CLI::IsMember({"info", "warning", "error"}))
        ->capture_default_str();
    program.add_option("--log-format", commands.log_format, "Format of the log lines on stderr")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

gateway::LogOptions log_options(const Commands& commands) {
    using gateway::LogLevel;
    gateway::LogOptions options;
    if (commands.log_level == "warning") options.level = LogLevel::warning;
    if (commands.log_level == "error") options.level = LogLevel::error;
    if (commands.log_format == "json") options.format = gateway::LogFormat::json;
    return options;
}

void declare_programs(Commands& commands) {
    CLI::App& app = commands.app;
    commands.serve =
        app.add_subcommand("serve", "Run the gateway: tor, the front and embedded insides");
    commands.serve->add_option("--config", commands.gateway_config, "Configuration file")
        ->capture_default_str();
    commands.worker = app.add_subcommand("worker", "A process that `serve` starts")->group("");
    commands.worker->add_option("--config", commands.gateway_config)->required();
    commands.worker->add_option("--channel", commands.channel)->required();
    commands.inside =
        app.add_subcommand("inside", "Run the internal router, which dials the gateway");
    commands.inside->add_option("--config", commands.inside_config, "Configuration file")
        ->capture_default_str();
    commands.inside->add_option("--channel", commands.channel)->group("");
    for (CLI::App* program : {commands.serve, commands.worker, commands.inside})
        add_log_options(commands, *program);
    commands.status = app.add_subcommand("status", "Show the status of a running gateway");
    commands.status->add_option("--config", commands.gateway_config, "Its configuration file")
        ->capture_default_str();
    commands.status->add_flag("--json", commands.json, "Print one line of JSON");
}

int run(Commands& commands) {
    if (*commands.serve) {
        gateway::open_log("sallyport", log_options(commands));
        return gateway::run_gateway(commands.gateway_config);
    }
    if (*commands.worker) {
        ::prctl(PR_SET_NAME, "sallyport-gate");  // the program was started as /proc/self/exe
        gateway::open_log("gateway", log_options(commands));
        return gateway::run_worker(commands.gateway_config, commands.channel);
    }
    if (*commands.inside) {
        ::prctl(PR_SET_NAME, "sallyport-in");
        gateway::open_log("inside", log_options(commands));
        return gateway::run_inside(commands.inside_config, commands.channel);
    }
    if (*commands.status) return gateway::print_status(commands.gateway_config, commands.json);
    return commands.action ? commands.action() : gateway::exit_bad_start;
}

/// Whether errors are printed as JSON too, including errors in the command line itself.
bool wants_json(std::span<char*> words) {
    for (const std::string_view word : words) {
        if (word == "--") return false;
        if (word == "--json") return true;
    }
    return false;
}

/// Prints why the command failed: lines on stderr, or one JSON object on stdout.
int print_failure(const std::exception& error, bool json) {
    const policy::Output to{std::cout, std::cerr, json};
    const auto* const start = dynamic_cast<const gateway::StartError*>(&error);
    if (json && start != nullptr && !start->diagnostics().empty()) {
        policy::print_errors(start->diagnostics(), to);
    } else if (json) {
        policy::print_fault(error.what(), to);
    } else {
        gateway::log_start_failure(error.what());
    }
    return gateway::exit_bad_start;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Commands commands;
    commands.app.require_subcommand(1);
    commands.app.set_version_flag("--version", "sallyport 0.1.0");
    declare_programs(commands);
    gateway::add_policy_commands(commands.app, commands.action);
    gateway::add_apply_commands(commands.app, commands.action);
    gateway::add_principal_commands(commands.app, commands.action);
    gateway::add_client_commands(commands.app, commands.action);
    gateway::add_link_command(commands.app, commands.action);
    gateway::add_completion_command(commands.app, commands.action);
    const bool json = wants_json({argv, static_cast<std::size_t>(argc)});
    try {
        commands.app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (json && error.get_exit_code() != 0) return print_failure(error, json);
        return commands.app.exit(error) == 0 ? 0 : gateway::exit_bad_start;
    }
    try {
        return run(commands);
    } catch (const std::exception& error) {
        return print_failure(error, json);
    }
}
