#include "gateway/cli/init_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/check_command.h"
#include "gateway/cli/init_texts.h"
#include "gateway/host/files.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "gateway/programs/dev.h"
#include "gateway/programs/first_start.h"
#include "policy/tools/edit/principal.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string folder = ".";
    std::string realm, prefix, link, tor, torrc_extra;
    std::vector<std::string> people;
    bool webhook = false;
    bool start = false;
};

std::string ask(const std::string& question, const std::string& otherwise) {
    std::cerr << question << " [" << otherwise << "] ";
    std::string line;
    if (!std::getline(std::cin, line)) return otherwise;
    return line.empty() ? otherwise : line;
}

void add_people(InitAnswers& answers, const std::string& words) {
    std::istringstream list(words);
    for (std::string word; std::getline(list, word, ',');) {
        word.erase(0, word.find_first_not_of(' '));
        const std::size_t colon = word.find(':');
        const std::string role = colon == std::string::npos ? "operator" : word.substr(colon + 1);
        answers.people.push_back({word.substr(0, colon), role});
    }
}

/// What the options leave open is asked where somebody can answer.
InitAnswers answers_to(const Options& options) {
    const bool asks = ::isatty(STDIN_FILENO) == 1;
    const auto answer = [asks](const std::string& given, const std::string& question,
                               const std::string& otherwise) {
        if (!given.empty()) return given;
        return asks ? ask(question, otherwise) : otherwise;
    };
    InitAnswers answers;
    answers.realm = answer(options.realm, "Name of the realm?", "home");
    answers.prefix =
        answer(options.prefix, "What do the names of your procedures and topics begin with?",
               answers.realm + ".");
    for (const std::string& person : options.people) add_people(answers, person);
    answers.webhook = options.webhook;
    if (options.people.empty() && !options.webhook && asks)
        add_people(answers, ask("Who? NAME:ROLE, with commas; roles: viewer, operator, device",
                                "alice:operator"));
    answers.link = options.link;
    if (options.link.empty() && asks) {
        const std::string where =
            ask("Are your services on another machine? Then the address and port of this "
                "one that it can reach, such as 10.0.0.1:4443",
                "no");
        if (where != "no") answers.link = where;
    }
    if (!answers.link.empty() && !answers.link.starts_with("tcp:")) answers.link.insert(0, "tcp:");
    answers.tor = answer(options.tor, "Tor: managed, external or off?", "managed");
    if (!options.torrc_extra.empty()) answers.torrc_extra = fs::absolute(options.torrc_extra);
    return answers;
}

class Writer {
public:
    explicit Writer(fs::path folder) : folder_(std::move(folder)) {}

    /// Refuses before anything is written.
    void expect_new(const std::string& name) const {
        if (!fs::exists(folder_ / name)) return;
        throw StartError({(folder_ / name).string(), 0, 0}, "exists already",
                         "choose another folder, or remove it");
    }
    void write(const std::string& name, const std::string& text, unsigned mode = 0644) {
        const fs::path path = folder_ / name;
        fs::create_directories(path.parent_path());
        replace_file(path.string(), text, mode);
        std::cout << "wrote " << path.string() << '\n';
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

private:
    fs::path folder_;
};

/// Adds a person, and keeps the secret in a file of its own.
void add_person(Writer& files, const std::string& principals, const InitAnswers::Person& person) {
    policy::PrincipalRequest request;
    request.verb = policy::PrincipalRequest::Verb::add;
    request.file = files.path(principals);
    request.create = !fs::exists(request.file);
    request.authid = person.name;
    request.role = person.role;
    wamp::Random random(random_seed());
    std::ostringstream secret;
    std::ostringstream said;
    const auto write = [&request](const std::string& text) {
        replace_file(request.file, text, 0600);
    };
    if (policy::principal(request, random, write, {secret, said, false}) != 0)
        throw StartError({request.file, 0, 0}, said.str(), "choose another name");
    files.write(person.name + ".ticket", secret.str(), 0600);
}

/// The words of the first commands, beginning with that of sallyport.
struct FirstCommands {
    std::vector<std::string> service, call, onion_call;
};

FirstCommands first_commands(const InitAnswers& answers, const Writer& files) {
    const std::string procedure = answers.prefix + (answers.webhook ? "hook" : "work");
    const std::string services = answers.link.empty() ? files.path("state/inside/run/services.sock")
                                                      : "state/run/services.sock";
    FirstCommands commands;
    commands.service = {"register", "--url", "rs+unix:" + services, "--realm", answers.realm,
                        procedure,  "--echo"};
    std::vector<std::string> rest{"--realm", answers.realm};
    for (const auto& person : answers.people) {
        if (person.role != "operator" || answers.webhook) continue;
        rest.insert(rest.end(), {"--authid", person.name, "--secret-file",
                                 files.path(person.name + ".ticket")});
        break;
    }
    rest.insert(rest.end(), {procedure, "hello"});
    commands.call = {"call", "--url", "rs+unix:" + files.path("state/run/local.sock")};
    commands.call.insert(commands.call.end(), rest.begin(), rest.end());
    if (answers.tor == "managed") {
        commands.onion_call = {"call", "--url", "ws://ADDRESS/", "--socks",
                               "unix:" + files.path("state/run/socks.sock")};
        commands.onion_call.insert(commands.onion_call.end(), rest.begin(), rest.end());
    }
    return commands;
}

std::string line_of(const std::vector<std::string>& words) {
    std::string line = "  sallyport";
    for (const std::string& word : words) line += ' ' + word;
    return line + '\n';
}

void tell_what_is_next(const InitAnswers& answers, const Writer& files, const std::string& inside) {
    const std::string config = files.path("gateway.toml");
    std::cout << "\nNext:\n";
    if (!answers.link.empty()) {
        std::cout << "  copy " << files.path(inside) << " to the other machine\n"
                  << "  sallyport link invite --config " << config
                  << "        # here: prints the line to run there, in that folder\n"
                  << "  sallyport inside --config inside.toml                  # there\n";
    }
    std::cout << "  sallyport serve --config " << config << "\n"
              << "  sallyport status --config " << config
              << "             # the address, and what works\n";
    const FirstCommands first = first_commands(answers, files);
    std::cout << line_of(first.service) << line_of(first.call);
    if (!first.onion_call.empty())
        std::cout << "Through Tor, with the address that `sallyport status` shows:\n"
                  << line_of(first.onion_call);
}

std::string inside_folder(const InitAnswers& answers) {
    return answers.link.empty() ? "" : "inside/";
}

/// Returns the exit code of the check.
int write_all(Writer& files, const InitAnswers& answers) {
    if (const std::string fault = fault_of(answers); !fault.empty())
        throw StartError("error: " + fault);
    const std::string inside = inside_folder(answers);
    const std::string policy = answers.realm + ".toml";
    const std::string inside_policy = inside + "inside-" + answers.realm + ".toml";
    const std::string principals = answers.realm + ".principals.toml";
    for (const std::string& name :
         {std::string("gateway.toml"), inside + "inside.toml", policy, inside_policy, principals})
        files.expect_new(name);
    files.write("gateway.toml", gateway_text(answers));
    files.write(policy, policy_text(answers));
    files.write(inside + "inside.toml", inside_text(answers));
    files.write(inside_policy, inside_policy_text(answers));
    for (const auto& person : answers.people) add_person(files, principals, person);
    if (!answers.link.empty()) return 0;
    std::cout << '\n';
    return check_all(files.path("gateway.toml"), {}, {std::cout, std::cerr, false});
}

fs::path folder_of(const std::string& text) {
    return fs::absolute(text).lexically_normal();
}

bool has_operator(const InitAnswers& answers) {
    return std::any_of(answers.people.begin(), answers.people.end(),
                       [](const auto& person) { return person.role == "operator"; });
}

int run(const Options& options) {
    const InitAnswers answers = answers_to(options);
    Writer files(folder_of(options.folder));
    const bool can_call = answers.webhook || has_operator(answers);
    if (options.start && (!answers.link.empty() || !can_call)) {
        throw StartError(answers.link.empty()
                             ? "error: --start has nobody who may call (add --person "
                               "NAME:operator, or --webhook)"
                             : "error: --start is for one machine (leave it out, and run the "
                               "commands that are printed at the end on both)");
    }
    const int code = write_all(files, answers);
    if (!options.start) {
        tell_what_is_next(answers, files, inside_folder(answers));
        return code;
    }
    std::cout << "\nstarting; the first call comes when the service can be reached\n" << std::flush;
    FirstCommands first = first_commands(answers, files);
    return run_first_start({files.path("gateway.toml"), std::move(first.service),
                            std::move(first.call), std::move(first.onion_call)});
}

struct DevOptions {
    std::string folder = ".";
    std::uint64_t port = 8080;
};

int develop(const DevOptions& options) {
    if (options.port > std::numeric_limits<std::uint16_t>::max())
        throw StartError("error: --port is a number from 0 to 65535");
    Writer files(folder_of(options.folder));
    if (!fs::exists(files.path("gateway.toml"))) {
        InitAnswers answers;
        answers.people = {{"alice", "operator"}};
        answers.webhook = true;
        answers.tor = "off";
        write_all(files, answers);
    }
    return run_dev(files.path("gateway.toml"), static_cast<std::uint16_t>(options.port));
}

}  // namespace

void add_init_command(Command& program) {
    const auto options = std::make_shared<Options>();
    Command& init = program.add_command(
        "init",
        "Write a first configuration: gateway, inside, both policies with tests, and people");
    init.add_option("folder", &options->folder, "Where to write it", {.show_default = true});
    init.add_option("--realm", &options->realm, "Name of the realm; default: home");
    init.add_option(
        "--prefix", &options->prefix,
        "What the names of procedures and topics begin with; default: the realm and a dot");
    init.add_option(
        "--person", &options->people,
        "NAME:ROLE, a person with a new secret; roles: viewer, operator, device; may be "
        "given several times",
        {.one_value_each = true});
    init.add_option("--webhook", &options->webhook, "Strangers may call one procedure, PREFIXhook");
    init.add_option("--link", &options->link,
                    "Services are on another machine, whose inside dials this address and port");
    init.add_option("--tor", &options->tor, "Default: managed",
                    {.one_of = {"managed", "external", "off"}});
    init.add_option("--torrc-extra", &options->torrc_extra,
                    "A file with further lines for the torrc of a managed tor, such as bridges");
    init.add_option(
        "--start", &options->start,
        "Then start it with a first service, and call that, through Tor if it is managed");
    init.footer =
        "What is not given is asked, where there is a terminal. Nothing that exists is replaced.\n"
        "Examples:\n"
        "  sallyport init\n"
        "  sallyport init /etc/sallyport --realm lab --person alice:operator --person ben:viewer\n"
        "  sallyport init demo --tor off --webhook\n"
        "  sallyport init --person alice:operator --start\n"
        "Exit codes: 0 written; 1 written, and the check has a warning or, with --start, no call "
        "was "
        "answered; 2 not written.";
    init.action = [options] { return run(*options); };
}

void add_dev_command(Command& program) {
    const auto options = std::make_shared<DevOptions>();
    Command& dev = program.add_command(
        "dev",
        "Run gateway and inside on this machine, and apply each change of the files at once");
    dev.add_option("folder", &options->folder, "Where gateway.toml is, or shall be",
                   {.show_default = true});
    dev.add_option("--port", &options->port, "Of 127.0.0.1, for clients; 0: any",
                   {.show_default = true});
    dev.footer =
        "For those who write services, policies or clients. There is no Tor: clients connect to "
        "the "
        "port, as if they came through the onion address, and everything is logged here. Where "
        "there "
        "is no gateway.toml yet, one is written, with the realm home, the operator alice, and "
        "home.hook for strangers.\n"
        "Examples:\n"
        "  sallyport dev demo\n"
        "  sallyport call --url ws://127.0.0.1:8080/ --realm home home.hook hello\n"
        "Exit codes: 0 stopped; 1 the gateway ended by a fault; 2 not started.";
    dev.action = [options] { return develop(*options); };
}

}  // namespace sallyport::gateway
