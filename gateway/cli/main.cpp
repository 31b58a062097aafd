// `sallyport`: one program with several commands; the first word selects one.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/admin/admin.h"
#include "gateway/admin/services.h"
#include "gateway/admin/top.h"
#include "gateway/admin/views.h"
#include "gateway/cli/apply_command.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/audit_command.h"
#include "gateway/cli/check_command.h"
#include "gateway/cli/client_commands.h"
#include "gateway/cli/completion.h"
#include "gateway/cli/doctor_command.h"
#include "gateway/cli/init_command.h"
#include "gateway/cli/link_command.h"
#include "gateway/cli/manual.h"
#include "gateway/cli/onion_command.h"
#include "gateway/cli/page_command.h"
#include "gateway/cli/policy_command.h"
#include "gateway/cli/principal_command.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "gateway/host/version.h"
#include "gateway/programs/authenticator.h"
#include "gateway/programs/inside_program.h"
#include "gateway/programs/relay.h"
#include "gateway/programs/serve.h"
#include "gateway/programs/worker.h"
#include "policy/tools/report.h"

namespace {

using namespace sallyport;

/// The values that parsing stored for serve, worker, inside, status and drain.
struct Texts {
    std::string gateway_config = "gateway.toml";
    std::string inside_config = "inside.toml";
    std::string relay;
    int channel = -1;
    bool embedded = false;
    bool of_inside = false;
    bool no_tor = false;
    bool json = false;
    std::string backend;
    std::string who;
    double interval_s = 1;
    bool once = false;
    std::string realm;
    bool undo = false;
    std::string log_level = "info";
    std::string log_format = "text";
};

void add_log_options(Texts& texts, gateway::Command& command) {
    command.add_option("--log-level", &texts.log_level, "Minimum level of logged messages",
                       {.show_default = true, .one_of = {"info", "warning", "error"}});
    command.add_option("--log-format", &texts.log_format, "Format of the log lines on stderr",
                       {.show_default = true, .one_of = {"text", "json"}});
}

gateway::LogOptions log_options(const Texts& texts) {
    using gateway::LogLevel;
    gateway::LogOptions options;
    if (texts.log_level == "warning") options.level = LogLevel::warning;
    if (texts.log_level == "error") options.level = LogLevel::error;
    if (texts.log_format == "json") options.format = gateway::LogFormat::json;
    return options;
}

/// The sandboxed processes cannot ask for the working directory when they read the files again.
std::string absolute(const std::string& file) {
    return std::filesystem::absolute(file).lexically_normal().string();
}

/// One that a service manager or a supervisor starts again after a fault.
int run_program(const char* name, const Texts& texts, const std::function<int()>& run) {
    try {
        gateway::open_log(name, log_options(texts));
        return run();
    } catch (const std::exception& error) {
        gateway::log_start_failure(gateway::reason_of(error));
        return gateway::exit_code_of(error);
    }
}

void add_serve(Texts& texts, gateway::Command& program) {
    gateway::Command& serve =
        program.add_command("serve", "Run the gateway: tor, the front and embedded insides");
    serve.add_option("--config", &texts.gateway_config, "Configuration file",
                     {.show_default = true});
    serve.add_option("--no-tor", &texts.no_tor,
                     "As if [tor] were off: for clients on this machine");
    add_log_options(texts, serve);
    serve.action = [&texts] {
        return run_program("sallyport", texts, [&texts] {
            return gateway::run_gateway(absolute(texts.gateway_config), texts.no_tor);
        });
    };
}

void add_worker(Texts& texts, gateway::Command& program) {
    gateway::Command& worker = program.add_command("worker", "A process that `serve` starts");
    worker.hidden = true;
    worker.add_option("--config", &texts.gateway_config, "", {.required = true});
    worker.add_option("--channel", &texts.channel, "", {.required = true});
    add_log_options(texts, worker);
    worker.action = [&texts] {
        ::prctl(PR_SET_NAME, "sallyport-gate");  // the program was started as /proc/self/exe
        return run_program("gateway", texts, [&texts] {
            return gateway::run_worker(texts.gateway_config, texts.channel);
        });
    };
}

void add_authenticator(Texts& texts, gateway::Command& program) {
    gateway::Command& authenticator =
        program.add_command("authenticator", "A process that `serve` and `inside` start");
    authenticator.hidden = true;
    authenticator.add_option("--config", &texts.gateway_config, "", {.required = true});
    authenticator.add_option("--channel", &texts.channel, "", {.required = true});
    authenticator.add_option("--inside", &texts.of_inside, "", {.hidden = true});
    add_log_options(texts, authenticator);
    authenticator.action = [&texts] {
        ::prctl(PR_SET_NAME, "sallyport-auth");
        gateway::open_log("authenticator", log_options(texts));
        return gateway::run_authenticator(texts.gateway_config, texts.channel, texts.of_inside);
    };
}

void add_inside(Texts& texts, gateway::Command& program) {
    gateway::Command& inside =
        program.add_command("inside", "Run the internal router, which dials the gateway");
    inside.add_option("--config", &texts.inside_config, "Configuration file",
                      {.show_default = true});
    inside.add_option(
        "--relay", &texts.relay,
        "Hand the links to a router that already runs on this machine, at unix:/path or "
        "tcp:127.0.0.1:PORT");
    inside.add_option("--channel", &texts.channel, "", {.hidden = true});
    inside.add_option("--embedded", &texts.embedded, "", {.hidden = true});
    add_log_options(texts, inside);
    inside.action = [&texts] {
        ::prctl(PR_SET_NAME, "sallyport-in");
        return run_program("inside", texts, [&texts] {
            if (!texts.relay.empty()) return gateway::run_relay(texts.inside_config, texts.relay);
            return gateway::run_inside(absolute(texts.inside_config), texts.channel,
                                       texts.embedded);
        });
    };
}

void add_status(Texts& texts, gateway::Command& program) {
    gateway::Command& status =
        program.add_command("status", "Show the status of a running gateway or inside");
    status.add_option("--config", &texts.gateway_config, "Its gateway.toml or inside.toml",
                      {.show_default = true});
    status.add_option("--json", &texts.json, "Print one line of JSON");
    status.footer =
        "The first line says whether all is well. If not, the next ones say what is wrong and what "
        "to "
        "do.\n"
        "Examples:\n"
        "  sallyport status --config /etc/sallyport/gateway.toml\n"
        "  sallyport status --config /etc/sallyport/inside.toml --json\n"
        "Exit codes: 0 all is well; 1 a link is down, nobody can reach the onion, or nobody can "
        "log "
        "in; 2 no answer.";
    status.action = [&texts] { return gateway::print_status(texts.gateway_config, texts.json); };
}

void add_views(Texts& texts, gateway::Command& program) {
    using Print = int (*)(const std::string& config_file, bool json);
    const auto add = [&](const std::string& name, const std::string& help,
                         const std::string& footer, Print print) {
        gateway::Command& view = program.add_command(name, help);
        view.add_option("--config", &texts.gateway_config, "Its gateway.toml or inside.toml",
                        {.show_default = true});
        view.add_option("--json", &texts.json, "Print one line of JSON");
        view.footer = footer + "Examples:\n  sallyport " + name +
                      " --config /etc/sallyport/gateway.toml\n  sallyport " + name +
                      " --config /etc/sallyport/inside.toml --json\n"
                      "Exit codes: 0 listed; 2 no answer.";
        view.action = [&texts, print] { return print(texts.gateway_config, texts.json); };
    };
    add("sessions", "List who is connected to a running gateway or inside",
        "At most 1000 sessions are listed, with the number of those that are not. At an inside, a "
        "gateway is a session of the role of its link.\n",
        gateway::print_sessions);
    add("links", "List the links of a running gateway or inside",
        "SINCE is when the link came up or went down, and REASON why it is down.\n",
        gateway::print_links);
    add("services", "List what is registered and subscribed at a running inside or gateway",
        "With inside.toml, also of an inside that the gateway starts itself, it lists all "
        "procedures and topics of the realm: INVOKE is how calls are shared out, SINCE when the "
        "first session registered or subscribed. A link stands for the clients outside. With "
        "gateway.toml it lists what the clients outside hold.\n"
        "At most 1000 are listed, with the number of those that are not, and 16 sessions of "
        "each.\n",
        gateway::print_services);
}

std::string one_line(const std::string& text) {
    const bool is_text = !text.empty() && text.find_first_of("\r\n") == std::string::npos;
    return is_text ? "" : "an empty name, or one of several lines, is nobody's";
}

void add_top(Texts& texts, gateway::Command& program) {
    constexpr double interval_max = 3600;
    gateway::Command& top =
        program.add_command("top", "Watch a running gateway or inside: rates, links, people");
    top.add_option("--config", &texts.gateway_config, "Its gateway.toml or inside.toml",
                   {.show_default = true});
    top.add_option("--interval", &texts.interval_s, "Seconds from one look to the next",
                   {.show_default = true, .check = [](const std::string& text) {
                        const double seconds = std::strtod(text.c_str(), nullptr);
                        return seconds >= 0.1 && seconds <= interval_max
                                   ? ""
                                   : "from 0.1 to 3600 seconds are possible";
                    }});
    top.add_option("--once", &texts.once, "Look once; there are no rates then");
    top.add_option("--json", &texts.json, "Print one line of JSON for each look");
    top.footer =
        "It begins with what is wrong and what to do. At most 20 people are listed, those with the "
        "most sessions first. On a terminal the screen is drawn again each time, in colour unless "
        "NO_COLOR is set; otherwise rows follow rows. Ctrl-C ends it.\n"
        "Examples:\n"
        "  sallyport top --config /etc/sallyport/gateway.toml\n"
        "  sallyport top --config /etc/sallyport/inside.toml --once --json\n"
        "Exit codes: 0 shown; 2 no answer.";
    top.action = [&texts] {
        return gateway::run_top({texts.gateway_config, texts.interval_s, texts.once, texts.json});
    };
}

void add_drain(Texts& texts, gateway::Command& program) {
    gateway::Command& drain = program.add_command(
        "drain", "Have a running gateway send new requests to other backends than this one");
    drain.add_option("BACKEND", &texts.backend, "Its name in gateway.toml", {.required = true});
    drain.add_option("--undo", &texts.undo, "Have it send requests to this backend again");
    drain.add_option("--config", &texts.gateway_config, "The gateway's configuration file",
                     {.show_default = true});
    drain.add_option("--json", &texts.json, "Print one JSON object on one line");
    drain.footer =
        "Calls in flight go on, and subscriptions and registrations stay. `sallyport status` shows "
        "how many calls are left.\n"
        "Example:\n"
        "  sallyport drain lab-a --config /etc/sallyport/gateway.toml\n"
        "Exit codes: 0 done; 1 there is no such backend; 2 no answer.";
    drain.action = [&texts] {
        return gateway::drain_backend(texts.gateway_config, texts.backend, texts.undo, texts.json);
    };
}

void add_kick(Texts& texts, gateway::Command& program) {
    gateway::Command& kick = program.add_command(
        "kick", "End the sessions of a person, or one session, at a running gateway or inside");
    kick.add_option("AUTHID|SESSION", &texts.who,
                    "As sallyport sessions shows it. A number that is the id of a session is that "
                    "session",
                    {.required = true, .check = one_line});
    kick.add_option("--realm", &texts.realm, "Only in this realm",
                    {.check = [](const std::string& name) {
                        return name.find_first_of(" \t\r\n") == std::string::npos
                                   ? ""
                                   : "a realm has no spaces in its name";
                    }});
    kick.add_option("--config", &texts.gateway_config, "Its gateway.toml or inside.toml",
                    {.show_default = true});
    kick.add_option("--json", &texts.json, "Print one JSON object on one line");
    kick.footer =
        "They are told wamp.close.killed, and may join again: to keep somebody out, disable or "
        "remove "
        "the principal. Other sessions go on, and links cannot be ended this way.\n"
        "Examples:\n"
        "  sallyport kick alice --config /etc/sallyport/gateway.toml\n"
        "  sallyport kick 4503599627370497 --config /etc/sallyport/inside.toml\n"
        "Exit codes: 0 done; 1 there is no such session; 2 no answer.";
    kick.action = [&texts] {
        return gateway::kick_sessions(texts.gateway_config, texts.realm, texts.who, texts.json);
    };
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
        policy::print_fault(gateway::reason_of(error), to);
    } else {
        gateway::log_start_failure(gateway::reason_of(error));
    }
    return gateway::exit_bad_start;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Texts texts;
    gateway::Command program{.help = "sallyport: an onion-facing WAMP gateway with two doors",
                             .version = std::string("sallyport ") + gateway::program_version};
    add_serve(texts, program);
    add_worker(texts, program);
    add_authenticator(texts, program);
    add_inside(texts, program);
    add_status(texts, program);
    gateway::add_init_command(program);
    gateway::add_dev_command(program);
    gateway::add_doctor_command(program);
    add_views(texts, program);
    gateway::add_audit_commands(program);
    gateway::add_page_command(program);
    gateway::add_check_command(program);
    add_top(texts, program);
    add_drain(texts, program);
    add_kick(texts, program);
    gateway::add_apply_commands(gateway::add_policy_commands(program));
    gateway::add_principal_commands(program);
    gateway::add_onion_command(program);
    gateway::add_client_commands(program);
    gateway::add_link_command(program);
    gateway::add_completion_command(program);
    gateway::add_manual_command(program);
    const bool json = wants_json({argv, static_cast<std::size_t>(argc)});
    const gateway::ParsedLine line = gateway::parse(program, argc, argv);
    if (!line.action) {
        if (line.error.empty()) {
            std::cout << line.text;
            return 0;
        }
        if (json) return print_failure(std::runtime_error(line.error), json);
        std::cerr << line.text;
        return gateway::exit_bad_start;
    }
    try {
        return line.action();
    } catch (const std::exception& error) {
        return print_failure(error, json);
    }
}
