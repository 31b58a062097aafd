#include "gateway/cli/onion_command.h"

#include <iostream>
#include <memory>
#include <string>

#include "gateway/cli/bundle.h"
#include "gateway/cli/onion_grants.h"

namespace sallyport::gateway {
namespace {

constexpr const char* exit_codes =
    "\nExit codes: 0 done; 1 there is no such access, or it exists already, or the running "
    "gateway\n"
    "does not follow; 2 an invalid file or invalid arguments.";

using Request = std::shared_ptr<OnionRequest>;

Command& add_verb(Command& parent, const char* name, const char* help, const char* examples,
                  int (*run)(const OnionRequest&), Request& request) {
    request = std::make_shared<OnionRequest>();
    Command& command = parent.add_command(name, help);
    command.add_option("--config", &request->config, "The gateway's configuration file",
                       {.show_default = true});
    command.footer = std::string("Examples:\n") + examples + exit_codes;
    command.action = [request, run] { return run(*request); };
    return command;
}

void add_name(Command& command, const Request& request) {
    command.add_option("name", &request->name, "Who: the authid", {.required = true});
}

void add_output(Command& command, const Request& request) {
    command.add_option("--expires", &request->expires,
                       "When the access ends by itself: 2027-01-31, or 2027-01-31T12:00:00Z");
    command.add_option("--out", &request->out, "The file to write; NAME.sallyport if not given");
    command.add_option("--show", &request->form, "Show it on stdout too",
                       {.one_of = bundle_forms()});
}

void add_show(Command& parent) {
    struct Texts {
        std::string file;
        std::string form = "text";
    };
    auto texts = std::make_shared<Texts>();
    Command& command = parent.add_command("show", "Show a file that `grant` wrote");
    command.add_option("file", &texts->file, "NAME.sallyport", {.required = true});
    command.add_option("--show", &texts->form,
                       "text; qr: a QR code of it; auth_private: the line for a tor of one's own, "
                       "and for Tor Browser; python, js, cli: a program to begin with",
                       {.show_default = true, .one_of = bundle_forms()});
    command.footer = std::string("Examples:\n") +
                     "  sallyport onion show alice.sallyport --show qr\n"
                     "  sallyport onion show alice.sallyport --show auth_private\n" +
                     exit_codes;
    command.action = [texts] {
        std::cout << show(read_bundle(texts->file), texts->form, texts->file);
        return 0;
    };
}

}  // namespace

void add_onion_command(Command& program) {
    Command& parent =
        program.add_command("onion", "Give people access to the onion service, and take it away");
    Request request;
    Command& grant = add_verb(
        parent, "grant", "Make the keys of one person, and write all that she needs into one file",
        "  sallyport onion grant alice --role operator --config /etc/sallyport/gateway.toml\n"
        "  sallyport onion grant bob --role guest --expires 2027-01-31 --show qr\n",
        grant_access, request);
    add_name(grant, request);
    grant.add_option("--role", &request->role, "Role of a new principal");
    grant.add_option("--realm", &request->realm, "Realm, if there are several");
    add_output(grant, request);
    Command& revoke =
        add_verb(parent, "revoke", "Take away keys and login, and end circuits and sessions",
                 "  sallyport onion revoke alice\n", revoke_access, request);
    add_name(revoke, request);
    Command& list = add_verb(parent, "list", "Show who has access, since when and until when",
                             "  sallyport onion list --json\n", list_access, request);
    list.add_option("--json", &request->json, "Print one JSON object on one line");
    Command& rotate = add_verb(parent, "rotate", "Replace the keys of one person",
                               "  sallyport onion rotate alice --out alice-2.sallyport\n",
                               rotate_access, request);
    add_name(rotate, request);
    add_output(rotate, request);
    add_show(parent);
    Command& expire =
        add_verb(parent, "expire", "Revoke what has expired", "", revoke_expired, request);
    expire.hidden = true;
}

}  // namespace sallyport::gateway
