#include "gateway/cli/client_commands.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/client/callee.h"
#include "gateway/client/connect.h"
#include "gateway/client/requests.h"
#include "gateway/host/files.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view tor_socks = "127.0.0.1:9050";
constexpr double timeout_seconds_max = 86400;

/// The options that all four commands have.
struct CommonTexts {
    std::string url, socks, realm, serializer, authid, ticket, ticket_file;
    double timeout_seconds = 30;
};

struct CommandTexts {
    CommonTexts common;
    std::string uri;
    ArgumentTexts arguments;
    std::string match = "exact";
    std::uint64_t count = 0;
    bool acknowledge = false;
    bool echo = false;
    std::string command;
};
using Texts = std::shared_ptr<CommandTexts>;

void set_ticket(const CommonTexts& texts, wamp::ClientSession::Config& session) {
    if (texts.ticket.empty() && texts.ticket_file.empty()) return;
    if (texts.authid.empty()) throw std::invalid_argument("a ticket needs --authid");
    session.authmethod = "ticket";
    session.ticket = texts.ticket_file.empty() ? texts.ticket : read_secret(texts.ticket_file);
    while (session.ticket.ends_with('\n') || session.ticket.ends_with('\r'))
        session.ticket.pop_back();
}

ClientOptions make_options(const CommonTexts& texts) {
    ClientOptions options;
    options.url = parse_client_url(texts.url);
    if (!texts.socks.empty()) options.socks = parse_socks_address(texts.socks);
    if (options.socks && options.url.address.kind == backend_link::Address::Kind::unix_path) {
        throw std::invalid_argument("--socks cannot be used with a unix socket");
    }
    if (!options.socks && options.url.is_onion()) options.socks = parse_socks_address(tor_socks);
    options.serializer =
        wamp::serializer_of(std::string_view(texts.serializer))
            .value_or(options.url.websocket ? wamp::Serializer::json : wamp::Serializer::msgpack);
    options.session.realm = texts.realm;
    options.session.authid = texts.authid;
    set_ticket(texts, options.session);
    if (!(texts.timeout_seconds > 0) || texts.timeout_seconds > timeout_seconds_max) {
        throw std::invalid_argument("--timeout must be more than 0 and at most 86400 seconds");
    }
    options.timeout = std::chrono::nanoseconds(std::llround(texts.timeout_seconds * 1e9));
    return options;
}

template <class Run, class... Arguments>
int run(const CommonTexts& common, Arguments&&... arguments) {
    ClientOptions options = make_options(common);
    try {
        return Run(std::move(options), std::forward<Arguments>(arguments)...).run();
    } catch (const ClientFailure& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return failure.exit_code;
    }
}

void add_common(Command& command, CommonTexts& texts) {
    command.add_option("--url", &texts.url,
                       "ws://HOST[:PORT]/PATH, rs://HOST[:PORT], ws+unix:/PATH or rs+unix:/PATH",
                       {.required = true});
    command.add_option("--realm", &texts.realm, "Realm to join", {.required = true});
    command.add_option(
        "--socks", &texts.socks,
        "SOCKS5 proxy, HOST:PORT or unix:/PATH; for .onion 127.0.0.1:9050 if not given");
    command.add_option("--serializer", &texts.serializer, "Default: json for ws, msgpack for rs",
                       {.one_of = {"json", "msgpack", "cbor"}});
    command.add_option("--authid", &texts.authid, "authid to log in with");
    command.add_option("--ticket", &texts.ticket,
                       "Ticket (other users of this machine may see it; prefer a file)");
    command.add_option("--ticket-file", &texts.ticket_file,
                       "File with the ticket, readable by its owner only",
                       {.excludes = "--ticket"});
    command.add_option("--timeout", &texts.timeout_seconds,
                       "Seconds to connect, to join and to be answered", {.show_default = true});
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
    command.add_option("--ack", &texts->acknowledge, "Wait for the acknowledgement of the router");
    command.action = [texts] {
        return run<PublishRun>(texts->common, texts->uri, parse_arguments(texts->arguments),
                               texts->acknowledge);
    };
}

void add_subscribe(Command& program) {
    auto texts = std::make_shared<CommandTexts>();
    Command& command =
        add_command(program, texts, "subscribe", "Print events, one JSON line each", "topic");
    command.add_option("--match", &texts->match, "How the topic is matched",
                       {.one_of = {"exact", "prefix", "wildcard"}});
    command.add_option("--count", &texts->count, "Exit after this number of events; 0: never");
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
    command.action = [texts] {
        if (texts->command.empty() && !texts->echo)
            throw std::invalid_argument("register needs --exec COMMAND or --echo");
        return run<RegisterRun>(texts->common, texts->uri, texts->command);
    };
}

}  // namespace

void add_client_commands(Command& program) {
    add_call(program);
    add_publish(program);
    add_subscribe(program);
    add_register(program);
}

}  // namespace sallyport::gateway
