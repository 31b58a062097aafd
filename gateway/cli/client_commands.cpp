#include "gateway/cli/client_commands.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/cli/bundle.h"
#include "gateway/cli/client_profile.h"
#include "gateway/cli/client_tor.h"
#include "gateway/cli/ping_report.h"
#include "gateway/client/callee.h"
#include "gateway/client/connect.h"
#include "gateway/client/ping.h"
#include "gateway/client/requests.h"
#include "gateway/host/files.h"
#include "gateway/host/random_seed.h"
#include "policy/auth/client_logins.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view tor_socks = "127.0.0.1:9050";
constexpr std::uint64_t pings_max = 1000;
constexpr double timeout_seconds_max = 86400;
/// For a tor that has never reached the network; more if --timeout says so.
constexpr std::chrono::nanoseconds bootstrap_time = std::chrono::seconds(120);

/// The options that all commands have.
struct CommonTexts {
    ClientAccess access;
    std::string profile, ticket, ticket_file;
    std::string bundle;
    ClientTor::Settings tor;
    double timeout_seconds = 30;
    bool no_reconnect = false;
};

struct CommandTexts {
    CommonTexts common;
    std::string uri;
    ArgumentTexts arguments;
    std::string match = "exact";
    std::uint64_t count = 0;
    bool no_ack = false;
    bool ack = false;
    bool echo = false;
    std::string command;
    std::string gateway;
    bool json = false;
};
using Texts = std::shared_ptr<CommandTexts>;

std::string without_line_end(std::string secret) {
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
    return secret;
}

void set_login(const CommonTexts& texts, const ClientAccess& access,
               wamp::ClientSession::Config& session) {
    std::string secret = texts.ticket;
    const bool is_ticket = !texts.ticket.empty() || !texts.ticket_file.empty();
    const std::string method = access.method.empty() ? "ticket" : access.method;
    if (is_ticket && method != "ticket")
        throw std::invalid_argument("the secret of " + method + " is given with --secret-file");
    if (!texts.ticket_file.empty()) {
        secret = read_secret(texts.ticket_file);
    } else if (secret.empty() && !access.secret_file.empty()) {
        secret = read_secret(access.secret_file);
    }
    if (access.authid.empty()) {
        if (!secret.empty()) throw std::invalid_argument("a secret needs --authid");
        return;
    }
    secret = without_line_end(std::move(secret));
    if (secret.empty()) {
        throw std::invalid_argument(
            "--authid needs the secret of that person (add --secret-file FILE; without --authid "
            "one "
            "joins as anybody)");
    }
    if (method == "ticket") {
        session.authmethod = method;
        session.ticket = std::move(secret);
        return;
    }
    auto login = policy::make_client_login(method, access.authid, std::move(secret),
                                           wamp::Random(random_seed()));
    if (!login) throw std::invalid_argument(login.error());
    session.login = *std::move(login);
}

/// What the file of --bundle says takes the place of these options.
void set_login(const Bundle& bundle, wamp::ClientSession::Config& session) {
    auto login = policy::make_client_login("cryptosign", bundle.authid, bundle.private_key,
                                           wamp::Random(random_seed()));
    if (!login) throw std::invalid_argument(login.error());
    session.authid = bundle.authid;
    session.login = *std::move(login);
}

ClientOptions make_options(const CommonTexts& texts, const std::optional<Bundle>& bundle) {
    ClientAccess access = texts.access;
    if (!texts.profile.empty()) fill_in(access, texts.profile);
    if (bundle) {
        if (!access.authid.empty() || !texts.ticket.empty() || !texts.ticket_file.empty() ||
            !access.secret_file.empty())
            throw std::invalid_argument("a bundle says who logs in: omit --authid and the secret");
        access.url = bundle->url();
        access.realm = bundle->realm;
    }
    if (access.url.empty())
        throw std::invalid_argument("needs --url, --bundle, or a --profile that has it");
    if (access.realm.empty())
        throw std::invalid_argument("needs --realm, or a --profile that has it");
    ClientOptions options;
    options.url = parse_client_url(access.url);
    if (!access.socks.empty()) options.socks = parse_socks_address(access.socks);
    if (options.socks && options.url.address.kind == backend_link::Address::Kind::unix_path) {
        throw std::invalid_argument("--socks cannot be used with a unix socket");
    }
    if (!options.socks && options.url.is_onion()) options.socks = parse_socks_address(tor_socks);
    options.serializer =
        wamp::serializer_of(std::string_view(access.serializer))
            .value_or(options.url.websocket ? wamp::Serializer::json : wamp::Serializer::msgpack);
    options.reconnects = !texts.no_reconnect;
    options.session.realm = access.realm;
    options.session.authid = access.authid;
    set_login(texts, access, options.session);
    if (bundle) set_login(*bundle, options.session);
    if (!(texts.timeout_seconds > 0) || texts.timeout_seconds > timeout_seconds_max) {
        throw std::invalid_argument("--timeout must be more than 0 and at most 86400 seconds");
    }
    options.timeout = std::chrono::nanoseconds(std::llround(texts.timeout_seconds * 1e9));
    return options;
}

template <class Run, class... Arguments>
int run(const CommonTexts& common, Arguments&&... arguments) {
    std::optional<Bundle> bundle;
    if (!common.bundle.empty()) bundle = read_bundle(common.bundle);
    ClientOptions options = make_options(common, bundle);
    try {
        std::optional<ClientTor> tor;
        if (bundle && common.access.socks.empty()) {
            tor.emplace(*bundle, common.tor, std::max(options.timeout, bootstrap_time));
            options.socks = parse_socks_address("unix:" + tor->socks_socket());
        }
        return Run(std::move(options), std::forward<Arguments>(arguments)...).run();
    } catch (const ClientFailure& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return failure.exit_code;
    }
}

void add_common(Command& command, CommonTexts& texts) {
    ClientAccess& access = texts.access;
    command.add_option("--url", &access.url,
                       "ws://HOST[:PORT]/PATH, rs://HOST[:PORT], ws+unix:/PATH or rs+unix:/PATH");
    command.add_option("--realm", &access.realm, "Realm to join");
    command.add_option("--bundle", &texts.bundle,
                       "The file that you were given, instead of --url, --realm and --authid; "
                       "without --socks the command starts a tor of its own",
                       {.excludes = "--url"});
    command.add_option("--tor", &texts.tor.program, "The program of that tor",
                       {.show_default = true});
    command.add_option("--torrc-extra", &texts.tor.extra_file,
                       "File with further lines for that tor, such as bridges");
    command.add_option(
        "--profile", &texts.profile,
        "File with url, socks, realm, serializer, authid, method and secret_file, where these are "
        "not given; NAME stands for ~/.config/sallyport/NAME.toml");
    command.add_option(
        "--socks", &access.socks,
        "SOCKS5 proxy, HOST:PORT or unix:/PATH; for .onion 127.0.0.1:9050 if not given");
    command.add_option("--serializer", &access.serializer, "Default: json for ws, msgpack for rs",
                       {.one_of = {"json", "msgpack", "cbor"}});
    command.add_option("--authid", &access.authid, "authid to log in with; anybody without");
    command.add_option("--method", &access.method, "How to log in; default: ticket",
                       {.one_of = {"ticket", "wampcra", "wamp-scram", "scram", "cryptosign"}});
    command.add_option("--secret-file", &access.secret_file,
                       "File with the secret, readable by its owner only: the ticket or password, "
                       "or for cryptosign the private key as 64 hexadecimal digits");
    command.add_option("--ticket", &texts.ticket,
                       "Ticket (other users of this machine may see it; prefer a file)");
    command.add_option("--ticket-file", &texts.ticket_file, "As --secret-file, for a ticket",
                       {.excludes = "--ticket"});
    command.add_option("--timeout", &texts.timeout_seconds,
                       "Seconds to connect, to join and to be answered", {.show_default = true});
}

void add_reconnect(Command& command, CommonTexts& texts) {
    command.add_option("--no-reconnect", &texts.no_reconnect,
                       "End when the connection is lost, instead of joining again");
}

void add_arguments(Command& command, ArgumentTexts& texts) {
    command.add_option("args", &texts.positional, "Arguments: JSON, or else strings");
    command.add_option("--args", &texts.list, "All positional arguments as one JSON array");
    command.add_option("--kw", &texts.keywords,
                       "Keyword argument NAME=JSON; may be given several times",
                       {.one_value_each = true});
}

Command& add_command(Command& program, const Texts& texts, const char* name, const char* help,
                     const char* uri) {
    Command& command = program.add_command(name, help);
    command.add_option(uri, &texts->uri, "", {.required = true});
    add_common(command, texts->common);
    return command;
}

void add_call(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    Command& command = add_command(program, texts, "call",
                                   "Call a procedure and print its result as JSON", "procedure");
    add_arguments(command, texts->arguments);
    command.action = [texts] {
        return run<CallRun>(texts->common, texts->uri, parse_arguments(texts->arguments));
    };
}

void add_publish(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    Command& command = add_command(program, texts, "publish", "Publish to a topic", "topic");
    add_arguments(command, texts->arguments);
    command.add_option("--no-ack", &texts->no_ack,
                       "Do not wait for the router's answer; a refusal then stays unknown");
    command.add_option("--ack", &texts->ack, "", {.hidden = true});  // what it does anyway
    command.action = [texts] {
        return run<PublishRun>(texts->common, texts->uri, parse_arguments(texts->arguments),
                               !texts->no_ack);
    };
}

void add_subscribe(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    Command& command =
        add_command(program, texts, "subscribe", "Print events, one JSON line each", "topic");
    command.add_option("--match", &texts->match, "How the topic is matched",
                       {.one_of = {"exact", "prefix", "wildcard"}});
    command.add_option("--count", &texts->count, "Exit after this number of events; 0: never");
    add_reconnect(command, texts->common);
    command.action = [texts] {
        return run<SubscribeRun>(texts->common, texts->uri, texts->match, texts->count);
    };
}

void add_register(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    Command& command = add_command(program, texts, "register", "Register a procedure", "procedure");
    command.add_option("--exec", &texts->command,
                       "Shell command run per call: {\"args\":…,\"kwargs\":…} on "
                       "stdin, the result as JSON on stdout");
    command.add_option("--echo", &texts->echo, "Answer with the arguments themselves",
                       {.excludes = "--exec"});
    add_reconnect(command, texts->common);
    command.action = [texts] {
        if (texts->command.empty() && !texts->echo)
            throw std::invalid_argument("register needs --exec COMMAND or --echo");
        return run<RegisterRun>(texts->common, texts->uri, texts->command);
    };
}

/// What the gateway has counted, if it is asked.
std::optional<CallSums> calls_of(const std::string& gateway) {
    return gateway.empty() ? std::nullopt : call_sums(ask_metrics(gateway));
}

int ping(const CommandTexts& texts) {
    if (texts.count == 0 || texts.count > pings_max)
        throw std::invalid_argument("--count must be from 1 to " + std::to_string(pings_max));
    PingReport report;
    report.asked_gateway = !texts.gateway.empty();
    report.before = calls_of(texts.gateway);
    PingRun::Times times;
    const int code =
        run<PingRun>(texts.common, texts.uri, parse_arguments(texts.arguments), texts.count, times);
    if (times.marks.joined == wamp::Instant{}) return code;
    report.after = calls_of(texts.gateway);
    if (report.asked_gateway) report.link_s = link_round_trip_s(ask_admin(texts.gateway, "status"));
    report.connect = times.marks.connected - times.marks.begun;
    report.handshake = times.marks.opened - times.marks.connected;
    report.join = times.marks.joined - times.marks.opened;
    report.calls.assign(times.calls.begin(), times.calls.end());
    const std::string text = texts.json ? ping_line(report) : ping_text(report);
    std::fputs(text.c_str(), stdout);
    return code;
}

void add_ping(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    texts->count = 5;
    Command& command =
        program.add_command("ping", "Measure the way to a callee and back, part by part");
    command.add_option("procedure", &texts->uri, "Procedure to call; without it, only join");
    add_common(command, texts->common);
    add_arguments(command, texts->arguments);
    command.add_option("--count", &texts->count, "Calls, one after the other",
                       {.show_default = true});
    command.add_option("--config", &texts->gateway,
                       "The gateway's configuration file, on its machine: it is asked what it and "
                       "what is behind it took of the calls");
    command.add_option("--json", &texts->json, "Print one line of JSON");
    command.footer =
        "It tells how long it took to connect (with --bundle or an onion address through Tor), to "
        "open the transport, to join, and to call. The procedure is really called: take one that "
        "only reads. Link, inside and callee cannot be told apart, nor can the two directions, nor "
        "Tor and the network.\n"
        "Examples:\n"
        "  sallyport ping --bundle alice.sallyport lab.look\n"
        "  sallyport ping --url ws+unix:/run/sallyport/local.sock --realm lab lab.look --config "
        "/etc/sallyport/gateway.toml\n"
        "Exit codes: as of call: 0 answered; 1 an error; 2 the command line; 3 not connected; 4 "
        "not "
        "joined; 5 no answer in time.";
    command.action = [texts] { return ping(*texts); };
}

}  // namespace

void add_client_commands(Command& program) {
    add_call(program);
    add_publish(program);
    add_subscribe(program);
    add_register(program);
    add_ping(program);
}

}  // namespace sallyport::gateway
