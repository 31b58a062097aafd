#include "gateway/cli/init_texts.h"

#include <algorithm>
#include <string_view>

#include "policy/document/diagnostic.h"
#include "policy/document/names.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view zero_pin =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Replaces each `$1`, `$2` … by the word at that place.
std::string filled(std::string_view text, const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool stands_for =
            text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
        if (stands_for) {
            out += words[static_cast<std::size_t>(text[++i] - '1')];
        } else {
            out += text[i];
        }
    }
    return out;
}

bool has(const InitAnswers& answers, std::string_view role) {
    return std::any_of(answers.people.begin(), answers.people.end(),
                       [&](const auto& person) { return person.role == role; });
}

bool is_prefix(std::string_view text) {
    return text.size() > 1 && text.ends_with('.') && !text.starts_with('.') &&
           !text.starts_with("wamp.") && text.find("..") == std::string_view::npos &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") ==
               std::string_view::npos;
}

constexpr std::string_view viewers = R"(
# --- viewers: see what happens, and change nothing ---------------------------------------------------------------------

[[allow]]
id = "viewers-watch"
roles = ["viewer"]
actions = ["subscribe"]
match = "prefix"
uri = "$1"

[[test]]
as = { role = "viewer" }
subscribe = "$1news"
expect = "allow viewers-watch"

[[test]]
as = { role = "viewer" }
call = "$1work"
expect = "deny"
)";

constexpr std::string_view operators = R"(
# --- operators: call everything, see everything, and report ------------------------------------------------------------

[[allow]]
id = "operators-work"
roles = ["operator"]
actions = ["call", "subscribe", "publish"]
match = "prefix"
uri = "$1"
limits = { rate = "50/s", timeout = "30s" }

[[test]]
as = { role = "operator" }
call = "$1work"
expect = "allow operators-work"

[[test]]
as = { role = "operator" }
register = "$1work"
expect = "deny"
)";

constexpr std::string_view devices = R"(
# --- devices: each below its own name, and nowhere else ----------------------------------------------------------------

[[allow]]
id = "devices-report"
roles = ["device"]
actions = ["publish", "subscribe"]
match = "prefix"
uri = "$1${authid}."
limits = { rate = "20/s" }

[[test]]
as = { authid = "pump", role = "device" }
publish = "$1pump.state"
expect = "allow devices-report"

[[test]]
as = { authid = "pump", role = "device" }
publish = "$1door.state"
expect = "deny"
)";

constexpr std::string_view strangers = R"(
# --- strangers: one procedure, seldom, with few bytes ------------------------------------------------------------------

[[allow]]
id = "strangers-call-the-hook"
roles = ["guest"]
actions = ["call"]
uri = "$1hook"
limits = { rate = "1/s", circuit = { rate = "2/s" }, timeout = "10s", payload = "16KiB" }

[[test]]
as = { role = "guest" }
call = "$1hook"
expect = "allow strangers-call-the-hook"

[[test]]
as = { role = "guest" }
call = "$1work"
expect = "deny"
)";

}  // namespace

const std::vector<std::string>& init_roles() {
    static const std::vector<std::string> roles{"viewer", "operator", "device"};
    return roles;
}

std::string fault_of(const InitAnswers& answers) {
    if (!policy::is_valid_name(answers.realm))
        return "a realm has 1 to 64 letters, digits and any of - _ . @";
    if (!is_prefix(answers.prefix)) {
        return "a prefix is of small letters, digits, _ and dots, and ends with a dot, such as "
               "\"home.\"";
    }
    if (answers.people.empty() && !answers.webhook)
        return "nobody could use it (add --person NAME:ROLE, or --webhook)";
    for (const auto& person : answers.people) {
        const auto& roles = init_roles();
        if (!policy::is_valid_name(person.name))
            return "\"" + person.name +
                   "\" cannot be a name (use letters, digits and any of - _ . @)";
        if (std::find(roles.begin(), roles.end(), person.role) == roles.end())
            return "a person is NAME:ROLE with the role viewer, operator or device";
    }
    return {};
}

namespace {

std::string tor_lines(const InitAnswers& answers) {
    if (answers.tor != "managed") return {};
    std::string lines =
        "socks = \"run/socks.sock\"             # for the client commands on this machine\n";
    if (!answers.torrc_extra.empty())
        lines += "torrc_extra = " + policy::quoted(answers.torrc_extra) + "\n";
    return lines;
}

}  // namespace

std::string gateway_text(const InitAnswers& answers) {
    const bool one_machine = answers.link.empty();
    return filled(
        R"(# The gateway: onion service, first door and limits. docs/operations.md has every key.

state_dir = "state"                    # keys, the onion address, sockets; created with mode 0700
realms = ["$1.toml"]                   # the policy: who may do what

[listen]
local = "run/local.sock"               # clients on this machine, without tor

[tor]
mode = "$2"                            # managed: sallyport runs tor; external: your tor connects; off
$3
[[backend]]
name = "inside"                        # the name that routes of the policy use
$4)",
        {answers.realm, answers.tor, tor_lines(answers),
         one_machine ? "kind = \"embedded\"\nconfig = \"inside.toml\"\n"
                     : filled("kind = \"accept\"\n"
                              "listen = \"$1\"\n"
                              "peer_pin = \"$2\"  # `sallyport link invite` sets it\n",
                              {answers.link, std::string(zero_pin)})});
}

std::string inside_text(const InitAnswers& answers) {
    const bool one_machine = answers.link.empty();
    return filled(R"(# The inside: the router to which services connect, and the second door.

state_dir = "$1"
realms = ["inside-$2.toml"]

[[listen]]                             # services connect here, over RawSocket or WebSocket
address = "unix:run/services.sock"     # relative to state_dir
$3)",
                  {one_machine ? "state/inside" : "state", answers.realm,
                   one_machine ? ""
                               : filled("\n[[link]]\ngateway = \"$1\"\n"
                                        "peer_pin = \"$2\"  # `sallyport link join` sets it\n",
                                        {answers.link, std::string(zero_pin)})});
}

std::string policy_text(const InitAnswers& answers) {
    std::string text = filled(
        R"(# Who may do what through the gateway. What no rule allows does not exist for a client.
# docs/policy-language.md describes the language; check a change with `sallyport policy check $1.toml`.

realm = "$1"

[auth]
)",
        {answers.realm});
    if (answers.webhook)
        text += "anonymous = { role = \"guest\" }       # whoever does not log in\n";
    if (!answers.people.empty()) {
        text +=
            filled("principals = \"$1.principals.toml\"    # add people: sallyport principal add\n",
                   {answers.realm});
    }
    text += filled(R"(
[[route]]
id = "services"
match = "prefix"
uri = "$1"
to = "inside"                          # a backend of gateway.toml
)",
                   {answers.prefix});
    for (const auto& [role, rules] :
         {std::pair{"viewer", viewers}, std::pair{"operator", operators},
          std::pair{"device", devices}}) {
        if (has(answers, role)) text += filled(rules, {answers.prefix});
    }
    if (answers.webhook) text += filled(strangers, {answers.prefix});
    return text;
}

std::string inside_policy_text(const InitAnswers& answers) {
    std::string text = filled(
        R"(# The second door: the inside decides again about what the gateway conveys, and about its own services.

realm = "$1"

[auth]
anonymous = { role = "service" }       # nobody else reaches the inside's sockets

[[allow]]
id = "services"
roles = ["service"]
actions = ["register", "call", "subscribe", "publish"]
match = "prefix"
uri = "$2"

[[allow]]                              # subscriptions are made by the gateway, for all its clients
id = "gateway-watches"
roles = ["gateway"]
actions = ["subscribe"]
match = "prefix"
uri = "$2"
)",
        {answers.realm, answers.prefix});
    if (has(answers, "operator")) {
        text += filled(R"(
[[allow]]
id = "operators-work"
roles = ["operator"]
actions = ["call", "publish"]
match = "prefix"
uri = "$1"
)",
                       {answers.prefix});
    }
    if (has(answers, "device")) {
        text += filled(R"(
[[allow]]
id = "devices-report"
roles = ["device"]
actions = ["publish"]
match = "prefix"
uri = "$1${authid}."
)",
                       {answers.prefix});
    }
    if (answers.webhook) {
        text += filled(R"(
[[allow]]
id = "strangers-call-the-hook"
roles = ["guest"]
actions = ["call"]
uri = "$1hook"
)",
                       {answers.prefix});
    }
    return text;
}

}  // namespace sallyport::gateway
