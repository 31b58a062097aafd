#include "gateway/cli/link_command.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/client/connect.h"
#include "gateway/client/invitation.h"
#include "gateway/client/pairing.h"
#include "gateway/config/link_keys.h"
#include "gateway/config/link_text.h"
#include "gateway/config/load_config.h"
#include "gateway/host/files.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;

constexpr std::uint64_t minutes_default = 15;
constexpr std::uint64_t minutes_max = 24U * 60U;

struct Invite {
    std::string config = "gateway.toml";
    std::string backend;
    std::string listen;
    std::uint64_t minutes = minutes_default;
};

struct Join {
    std::string invitation;
    std::string config = "inside.toml";
};

template <class T>
T value_or_throw(wamp::Result<T, policy::Diagnostic> result) {
    if (result.has_error()) throw StartError(policy::Diagnostics{result.error()});
    return *std::move(result);
}

std::string new_secret() {
    wamp::Random random(random_seed());
    std::array<std::uint8_t, invitation_secret_digits / 2> bytes;
    random.fill(bytes);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string secret;
    for (const std::uint8_t byte : bytes) {
        secret += digits[byte >> 4U];
        secret += digits[byte & 0xFU];
    }
    return secret;
}

std::string utc(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text.data();
}

std::string keys_of(const std::string& config) {
    return load_state_dir(config) + "/link";
}

/// `text` as a TCP address of this network. `of` names it in the error.
Address local_address(const std::string& text, const policy::Place& of) {
    const auto address = backend_link::parse_address(text);
    const auto reach = address && address->kind == Address::Kind::tcp
                           ? backend_link::reach_of_literal(address->host_or_path)
                           : std::nullopt;
    if (!reach || *reach == backend_link::Reach::global) {
        throw StartError(of, policy::quoted(text) + " is not a local address of this machine",
                         "use one as in tcp:10.0.0.1:4443: loopback, private or link-local");
    }
    return *address;
}

/// A listener at the address of the link, which a running gateway has.
Descriptor wait_at(const Address& address, const policy::Place& place) {
    try {
        return listen_tcp(address, place);
    } catch (const StartError& error) {
        if (error.diagnostics().empty()) throw;
        policy::Diagnostic diagnostic = error.diagnostics().front();
        diagnostic.hint +=
            "; beside a gateway that runs, wait elsewhere: --listen "
            "tcp:ADDRESS:OTHER-PORT";
        throw StartError(policy::Diagnostics{diagnostic});
    }
}

int invite(const Invite& options) {
    if (options.minutes < 1 || options.minutes > minutes_max)
        throw StartError("--minutes: from 1 to " + std::to_string(minutes_max));
    const AcceptingBackend backend = value_or_throw(
        find_accepting_backend(read_file(options.config), options.config, options.backend));
    Invitation invitation;
    invitation.link = local_address(backend.listen.text(), backend.place);
    invitation.at = options.listen.empty()
                        ? invitation.link
                        : local_address(options.listen, policy::Place{"--listen", 0, 0});
    const std::string directory = keys_of(options.config);
    invitation.pin = make_link_keys(directory).pin;
    // That the other end's pin can be written is known before anybody is invited.
    static_cast<void>(value_or_throw(
        with_backend_pin(read_file(options.config), options.config, backend.name, invitation.pin)));
    invitation.secret = new_secret();
    const auto lifetime = std::chrono::minutes(options.minutes);
    invitation.expires = std::chrono::duration_cast<std::chrono::seconds>(
                             (std::chrono::system_clock::now() + lifetime).time_since_epoch())
                             .count();
    const Descriptor listener = options.listen.empty()
                                    ? wait_at(invitation.at, backend.place)
                                    : listen_tcp(invitation.at, policy::Place{"--listen", 0, 0});
    std::cout << "sallyport link join '" << to_string(invitation) << "'\n" << std::flush;
    std::cerr << "Run that line on the other machine, in the folder of its inside.toml, before "
              << utc(invitation.expires) << ". Waiting for it at " << invitation.at.text()
              << " …\n";

    std::string pin;
    const auto keep = [&](const std::string& theirs) {
        replace_file(options.config,
                     value_or_throw(with_backend_pin(read_file(options.config), options.config,
                                                     backend.name, theirs)));
        pin = theirs;
    };
    const auto tell = [](const std::string& line) { std::cerr << line << '\n'; };
    if (!await_join(listener, directory, invitation.secret, lifetime, keep, tell)) {
        std::cerr << "Nobody joined in time; make a new invitation.\n";
        return 1;
    }
    std::cerr << "Paired. Backend " << policy::quoted(backend.name) << " in " << options.config
              << " has the pin " << pin << ".\nStart the gateway, or restart it if it runs: "
              << "sallyport serve --config " << options.config << "\n";
    return 0;
}

Invitation read_invitation(std::string line) {
    if (line == "-") std::getline(std::cin, line);
    const auto invitation = parse_invitation(line);
    if (!invitation) {
        throw StartError(policy::quoted(line.substr(0, 200)) +
                         " is not an invitation: copy the whole line that `sallyport link invite` "
                         "printed on the gateway");
    }
    for (const Address& address : {invitation->link, invitation->at}) {
        const auto reach = backend_link::reach_of_literal(address.host_or_path);
        if (!reach || *reach == backend_link::Reach::global)
            throw StartError(policy::quoted(address.text()) + " is not a local address");
    }
    return *invitation;
}

int join(const Join& options) {
    const Invitation invitation = read_invitation(options.invitation);
    const std::string directory = keys_of(options.config);
    const auto with_the_link = [&] {
        return value_or_throw(
            with_link(read_file(options.config), options.config, invitation.link, invitation.pin));
    };
    static_cast<void>(with_the_link());  // it is known to work before the gateway is asked
    make_link_keys(directory);
    try {
        join_link(invitation, directory);
    } catch (const ClientFailure& failure) {
        std::cerr << failure.what();
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        if (std::chrono::duration_cast<std::chrono::seconds>(now).count() > invitation.expires)
            std::cerr << " (the invitation expired at " << utc(invitation.expires) << ")";
        std::cerr << '\n';
        return 1;
    }
    try {
        replace_file(options.config, with_the_link());
    } catch (const StartError& error) {
        std::cerr << error.what() << "\nThe gateway is paired with this end. Add this to "
                  << options.config
                  << ":\n[[link]]\ngateway = " << policy::quoted(invitation.link.text())
                  << "\npeer_pin = " << policy::quoted(invitation.pin) << "\n";
        return 1;
    }
    std::cout << "Paired. " << options.config << " has the link to " << invitation.link.text()
              << ".\nStart it, or restart it if it runs: sallyport inside --config "
              << options.config << "\n";
    return 0;
}

}  // namespace

int pair_link(const std::string& directory, std::ostream& out) {
    const LinkKeys pair = make_link_keys(directory);
    out << (pair.made ? "Created" : "Found") << " the key pair of this end in " << directory
        << ".\n"
        << "Its pin: " << pair.pin << "\n\n"
        << "If this end is the gateway, put this into the other end's inside.toml:\n"
        << "  [[link]]\n"
        << "  gateway = \"tcp:ADDRESS-OF-THIS-END:PORT\"\n"
        << "  peer_pin = \"" << pair.pin << "\"\n\n"
        << "If this end is the inside, put this into the other end's gateway.toml:\n"
        << "  [[backend]]\n"
        << "  name = \"NAME\"\n"
        << "  kind = \"accept\"\n"
        << "  listen = \"tcp:ADDRESS-OF-THE-OTHER-END:PORT\"\n"
        << "  peer_pin = \"" << pair.pin << "\"\n";
    out.flush();
    return 0;
}

void add_link_command(Command& program) {
    Command& link = program.add_command("link",
                                        "Pair the two ends of a link, which trust each "
                                        "other's keys alone");
    Command& invite_command =
        link.add_command("invite", "Let another machine join as a backend of this gateway");
    auto inviting = std::make_shared<Invite>();
    invite_command.add_option("--config", &inviting->config, "gateway.toml, which gets the pin",
                              {.show_default = true});
    invite_command.add_option("--backend", &inviting->backend,
                              "Name of the backend, if several accept their link over TCP");
    invite_command.add_option("--minutes", &inviting->minutes, "How long the invitation is good",
                              {.show_default = true});
    invite_command.add_option("--listen", &inviting->listen,
                              "Where to wait if a running gateway has the address of the link: "
                              "tcp:ADDRESS:PORT");
    invite_command.footer =
        "Prints the command for the other machine, waits until it was run there, and writes the "
        "other end's pin into the configuration. The line holds a secret that is good once.\n"
        "Exit codes: 0 paired; 1 nobody joined in time; 2 invalid configuration or arguments.";
    invite_command.action = [inviting] { return invite(*inviting); };

    Command& join_command =
        link.add_command("join", "Answer an invitation of a gateway, at the end that dials it");
    auto joining = std::make_shared<Join>();
    join_command.add_option("invitation", &joining->invitation,
                            "What `sallyport link invite` printed; - reads it from stdin, where "
                            "other users of this machine do not see it",
                            {.required = true});
    join_command.add_option("--config", &joining->config, "inside.toml, which gets the link",
                            {.show_default = true});
    join_command.footer =
        "Exit codes: 0 paired; 1 not paired, or not written; 2 invalid configuration or "
        "arguments.";
    join_command.action = [joining] { return join(*joining); };

    Command& pair = link.add_command("pair",
                                     "Create the key of this end and show its pin, where "
                                     "the two ends cannot reach each other now");
    auto directory = std::make_shared<std::string>();
    pair.add_option("--dir", directory.get(), "Folder of link.key and link.crt: STATE_DIR/link",
                    {.required = true});
    pair.action = [directory] { return pair_link(*directory, std::cout); };
}

}  // namespace sallyport::gateway
