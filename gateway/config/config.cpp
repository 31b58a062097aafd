#include "gateway/config/config.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "gateway/config/config_reader.h"
#include "gateway/tor/torrc.h"
#include "policy/document/nearest.h"
#include "policy/document/section.h"
#include "wamp/base/uri.h"

namespace sallyport::gateway {

using backend_link::Address;
using policy::Item;
using policy::quoted;
using policy::Section;
using Names = std::span<const std::string_view>;

namespace {

/// The index of the value in `names`; reports any other value.
std::optional<std::size_t> choice(Section& section, std::string_view key, Names names) {
    const auto text = section.text(key, "\"" + std::string(names.front()) + "\"");
    if (!text) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    section.error(*section.find(key), quoted(*text) + " is not a valid " + std::string(key),
                  policy::suggestion(*text, names, "values"));
    return std::nullopt;
}

void read_listen(Section& root, ConfigReader& reader, GatewayConfig& config) {
    static constexpr std::array<std::string_view, 3> keys{"front", "local", "admin"};
    static const Item nothing;
    const Item* table = root.find("listen", Item::Kind::table, "{}");
    Section section(table != nullptr ? *table : nothing, "[listen]", keys, reader.file(),
                    reader.diagnostics());
    config.front = reader.listener(section, "front", "run/front.sock");
    config.local = reader.listener(section, "local", "");
    config.admin = reader.listener(section, "admin", "run/admin.sock");
}

void refuse_for_tor(Section& section, const PathText& path) {
    if (!path) return;
    if (const auto why = unfit_for_torrc(path.path)) {
        section.error(quoted(path.path) + " " + *why, "choose another path when tor is managed");
    }
}

void read_tor(Section& root, ConfigReader& reader, GatewayConfig& config) {
    static constexpr std::array<std::string_view, 7> keys{
        "mode", "binary", "virtual_port", "torrc_extra", "socks", "single_onion", "browser_page"};
    static constexpr std::array<std::string_view, 3> modes{"managed", "external", "off"};
    const Item* table = root.find("tor", Item::Kind::table, "{}");
    if (table == nullptr) {
        if (root.find("tor") == nullptr)
            root.error("this file has no [tor]",
                       "add [tor] with mode = \"managed\", \"external\" or \"off\"");
        return;
    }
    Section section(*table, "[tor]", keys, reader.file(), reader.diagnostics());
    config.tor.place = section.place();
    section.need("mode", "\"managed\"");
    if (const auto mode = choice(section, "mode", modes))
        config.tor.mode = static_cast<TorText::Mode>(*mode);
    if (const auto binary = section.text("binary", "\"tor\"")) config.tor.binary = *binary;
    config.tor.binary_place = section.find("binary") != nullptr
                                  ? section.place(*section.find("binary"))
                                  : section.place();
    if (const auto port = reader.integer(section, "virtual_port", 1, 65535)) {
        config.tor.virtual_port = static_cast<std::uint16_t>(*port);
    }
    config.tor.extra = reader.path(section, "torrc_extra", "\"extra.torrc\"");
    config.tor.socks = reader.socket(section, "socks", "");
    config.tor.single_onion = section.boolean("single_onion").value_or(false);
    config.tor.browser_page = section.boolean("browser_page").value_or(true);
    if (config.tor.single_onion && config.tor.socks) {
        section.error(*section.find("socks"), "a single onion's tor offers no SOCKS port",
                      "remove socks or single_onion");
    }
    // An external tor runs as another user. Without a mode its group may connect, and the folder
    // determines that group.
    if (config.tor.mode == TorText::Mode::external && !config.front.access.mode)
        config.front.access.mode = 0660;
    if (config.tor.mode == TorText::Mode::managed) {
        refuse_for_tor(section, reader.state_dir());
        refuse_for_tor(section, config.front);
        refuse_for_tor(section, config.tor.socks);
        refuse_for_tor(section, config.tor.extra);
    }
}

constexpr std::array<std::string_view, 3> kinds{"embedded", "accept", "dial"};

/// Keys that only some kinds have; a key of another kind would be ignored, so it is an error.
void refuse_keys_of_other_kinds(Section& section, const Item& table, BackendText::Kind kind) {
    static constexpr std::array<std::string_view, 1> embedded{"config"};
    static constexpr std::array<std::string_view, 13> accept{
        "listen",      "peer_pin",    "mode",       "group",  "heartbeat",
        "dead_after",  "profile",     "serializer", "authid", "authmethod",
        "ticket_file", "secret_file", "websocket"};
    static constexpr std::array<std::string_view, 14> dial{
        "address",     "profile",     "serializer", "authid",    "authmethod",
        "ticket_file", "secret_file", "peer_pin",   "ca_file",   "server_name",
        "websocket",   "plaintext",   "heartbeat",  "dead_after"};
    static constexpr std::array<std::string_view, 6> all{"name",  "kind",     "convey_identity",
                                                         "eject", "eject_at", "slow_return"};
    const std::array<Names, 3> own{embedded, accept, dial};
    const Names& mine = own[static_cast<std::size_t>(kind)];
    for (const Item& entry : table.items) {
        const auto in = [&entry](const Names& names) {
            return std::find(names.begin(), names.end(), entry.key) != names.end();
        };
        const bool foreign = std::any_of(own.begin(), own.end(), in) && !in(mine) && !in(all);
        if (!foreign) continue;
        section.error_at_key(entry,
                             "a backend of kind " + quoted(kinds[static_cast<std::size_t>(kind)]) +
                                 " has no " + quoted(entry.key),
                             "remove it or choose another kind");
    }
}

/// Host names are checked after they are resolved.
bool on_this_machine(const Address& address) {
    if (address.kind == Address::Kind::unix_path) return true;
    const auto reach = backend_link::reach_of_literal(address.host_or_path);
    return !reach || *reach == backend_link::Reach::loopback;
}

/// "" over tcp.
std::string_view path_of(const Address& address) {
    return address.kind == Address::Kind::unix_path ? address.host_or_path : std::string_view();
}

void read_login(Section& section, ConfigReader& reader, BackendText& backend) {
    static constexpr std::array<std::string_view, 6> methods{
        "anonymous", "ticket", "wampcra", "scram", "wamp-scram", "cryptosign"};
    const Item* const ticket = section.find("ticket_file");
    const Item* const secret = section.find("secret_file");
    const Item* const method = section.find("authmethod");
    if (const auto chosen = choice(section, "authmethod", methods))
        backend.authmethod = methods[*chosen];
    if (ticket != nullptr && method == nullptr) backend.authmethod = "ticket";
    const bool by_ticket = backend.authmethod == "ticket";
    backend.secret_file = by_ticket ? reader.path(section, "ticket_file", "\"lab.ticket\"")
                                    : reader.path(section, "secret_file", "\"lab.secret\"");
    if (ticket != nullptr && !by_ticket) {
        section.error(*ticket, "\"ticket_file\" is for authmethod = \"ticket\"",
                      "write secret_file for other methods");
    } else if (secret != nullptr && (by_ticket || backend.authmethod == "anonymous")) {
        section.error(*secret,
                      "\"secret_file\" is not for authmethod = " + quoted(backend.authmethod),
                      "write ticket_file for a ticket, or another authmethod");
    } else if (method != nullptr && backend.authmethod != "anonymous" &&
               (by_ticket ? ticket : secret) == nullptr) {
        section.error(
            *method, quoted(backend.authmethod) + " needs a secret",
            by_ticket ? "add ticket_file = \"lab.ticket\"" : "add secret_file = \"lab.secret\"");
    }
    if (backend.secret_file && backend.authid.empty() && backend.authmethod != "cryptosign") {
        section.error(by_ticket ? *ticket : *secret,
                      quoted(by_ticket ? "ticket_file" : "secret_file") + " needs an authid",
                      "add authid = \"gateway\"");
    }
}

void read_dial_tls(Section& section, ConfigReader& reader, BackendText& backend) {
    backend.peer_pins = reader.pins(section, "peer_pin");
    backend.ca_file = reader.path(section, "ca_file", "\"ca.pem\"");
    backend.server_name = section.text("server_name", "\"router.lan\"").value_or("");
    const Item* const pin = section.find("peer_pin");
    const Item* const authority = section.find("ca_file");
    const Item* const name = section.find("server_name");
    if (pin != nullptr && authority != nullptr)
        section.error(*authority, "the router is known by its pin already",
                      "remove ca_file or peer_pin");
    if (name != nullptr && authority == nullptr)
        section.error(*name, "\"server_name\" is what a certificate is checked for",
                      "add ca_file, or remove server_name");
    const Item* const any = pin != nullptr ? pin : authority;
    if (any != nullptr && backend.address.kind == Address::Kind::unix_path &&
        !backend.address.host_or_path.empty())
        section.error(*any, "a link over a unix socket has no TLS", "remove it");
    if (backend.ca_file && backend.server_name.empty())
        backend.server_name = backend.address.host_or_path;
}

/// What the gateway is told of a router to which it speaks as a client.
void read_router(Section& section, ConfigReader& reader, BackendText& backend,
                 backend_link::BackendKind otherwise) {
    static constexpr std::array<std::string_view, 4> profiles{"sallyport", "crossbar", "nexus",
                                                              "generic"};
    static constexpr std::array<std::string_view, 3> serializers{"msgpack", "json", "cbor"};
    const auto profile = choice(section, "profile", profiles);
    backend.profile =
        profile ? backend_link::backend_kind(profiles[*profile]).value_or(otherwise) : otherwise;
    if (const auto serializer = choice(section, "serializer", serializers))
        backend.serializer =
            wamp::serializer_of(serializers[*serializer]).value_or(backend.serializer);
    backend.authid = section.text("authid", "\"gateway\"").value_or("");
    read_login(section, reader, backend);
    backend.websocket = section.text("websocket", "\"/ws\"").value_or("");
    if (section.find("websocket") != nullptr && !backend.websocket.starts_with('/'))
        section.error(*section.find("websocket"), "\"websocket\" is not the path of a URL",
                      "write websocket = \"/ws\"");
}

void read_dial(Section& section, ConfigReader& reader, BackendText& backend) {
    if (auto address = reader.address(section, "address", true))
        backend.address = *std::move(address);
    read_router(section, reader, backend, backend_link::BackendKind::generic);
    read_dial_tls(section, reader, backend);
    backend.plaintext = section.text("plaintext", "\"why there is no TLS\"").value_or("");
    if (section.find("address") != nullptr && backend.plaintext.empty() && !backend.dials_tls() &&
        section.find("peer_pin") == nullptr && section.find("ca_file") == nullptr &&
        !on_this_machine(backend.address)) {
        section.error(
            *section.find("address"),
            quoted(backend.address.text()) + " is on another machine, and this link has no TLS",
            "add peer_pin or ca_file, state why plaintext is acceptable with plaintext = "
            "\"…\", or let the inside dial the gateway");
    }
}

BackendText read_backend(const Item& table, ConfigReader& reader) {
    static constexpr std::array<std::string_view, 24> keys{
        "authmethod", "secret_file", "ca_file",   "server_name",     "websocket",
        "name",       "kind",        "config",    "listen",          "peer_pin",
        "mode",       "group",       "address",   "profile",         "serializer",
        "authid",     "ticket_file", "plaintext", "convey_identity", "heartbeat",
        "dead_after", "eject",       "eject_at",  "slow_return"};
    Section section(table, "[[backend]]", keys, reader.file(), reader.diagnostics());
    BackendText backend;
    backend.place = section.place();
    backend.name = section.need_text("name", "\"inside\"").value_or("");
    section.need("kind", "\"embedded\"");
    backend.convey_identity = section.boolean("convey_identity");
    const auto kind = choice(section, "kind", kinds);
    if (!kind) return backend;
    backend.kind = static_cast<BackendText::Kind>(*kind);
    refuse_keys_of_other_kinds(section, table, backend.kind);
    if (backend.kind != BackendText::Kind::embedded) backend.pulse = reader.pulse(section);
    backend.health = reader.health(section);
    switch (backend.kind) {
        case BackendText::Kind::embedded:
            section.need("config", "\"inside.toml\"");
            backend.inside_config = reader.path(section, "config", "\"inside.toml\"");
            break;
        case BackendText::Kind::accept:
            if (auto address = reader.address(section, "listen", false)) {
                backend.address = *std::move(address);
                backend.access = reader.access(section, path_of(backend.address));
            }
            backend.peer_pins = reader.pins(section, "peer_pin");
            read_router(section, reader, backend, backend_link::BackendKind::sallyport);
            if (backend.address.kind == Address::Kind::tcp && section.find("peer_pin") == nullptr) {
                section.error("a backend that connects over tcp needs a pin",
                              "run `sallyport link invite`, which pairs both ends, or add "
                              "peer_pin = \"sha256:…\" as `sallyport link pair` printed it at "
                              "the other end");
            }
            break;
        case BackendText::Kind::dial:
            read_dial(section, reader, backend);
            break;
    }
    for (const std::string_view key : {"address", "listen"}) {
        if (const Item* item = section.find(key)) backend.address_place = section.place(*item);
    }
    return backend;
}

constexpr std::size_t backends_max = 64;  // backend_link::LinkSet::links_max

void read_backends(Section& root, ConfigReader& reader, GatewayConfig& config) {
    std::set<std::string> names;
    for (const Item* table : root.tables("backend")) {
        BackendText backend = read_backend(*table, reader);
        if (!backend.name.empty() && !names.insert(backend.name).second) {
            root.error(*table, "there is already a backend " + quoted(backend.name),
                       "choose another name");
        }
        if (config.backends.size() == backends_max) {
            root.error(*table, "there are more than " + std::to_string(backends_max) + " backends",
                       "leave out those that no route names");
            break;
        }
        config.backends.push_back(std::move(backend));
    }
    if (root.find("backend") == nullptr)
        root.error("this file has no [[backend]]",
                   "add one with kind = \"embedded\", \"accept\" or \"dial\"");
}

constexpr std::int64_t history_events_max = 100'000;
constexpr std::size_t history_bytes_min = std::size_t{1} << 10;
constexpr std::size_t history_bytes_max = std::size_t{1} << 30;

void read_history(Section& root, ConfigReader& reader, InsideProgramConfig& config) {
    static constexpr std::array<std::string_view, 5> keys{"uri", "match", "events", "bytes", "age"};
    static constexpr std::array<std::string_view, 3> matches{"exact", "prefix", "wildcard"};
    for (const Item* table : root.tables("history")) {
        Section section(*table, "[[history]]", keys, reader.file(), reader.diagnostics());
        HistoryText history;
        if (const auto match = choice(section, "match", matches))
            history.match = static_cast<wamp::MatchPolicy>(*match);
        if (const auto events = reader.integer(section, "events", 1, history_events_max))
            history.events = static_cast<std::size_t>(*events);
        ConfigReader::bytes(section, "bytes", history_bytes_min, history_bytes_max, history.bytes);
        ConfigReader::duration(section, "age", history.age);
        const auto uri = section.need_text("uri", "\"lab.weather\"");
        if (!uri) continue;
        history.uri = *uri;
        const Item& written = *section.find("uri");
        if (!wamp::is_valid_pattern(*uri, history.match)) {
            section.error(written, quoted(*uri) + " is not a valid URI for this match",
                          "such as \"lab.weather\", or \"lab.\" with match = \"prefix\"");
        } else if (wamp::is_reserved(*uri)) {
            section.error(written, "events below \"wamp.\" are not kept", "name other topics");
        }
        const bool twice = std::any_of(
            config.history.begin(), config.history.end(),
            [&](const auto& other) { return other.uri == *uri && other.match == history.match; });
        if (twice)
            section.error(written, "there is already a [[history]] for " + quoted(*uri),
                          "remove one of them");
        config.history.push_back(std::move(history));
    }
}

/// The keys that both files have.
template <class Config>
void read_common(Section& root, ConfigReader& reader, Config& config) {
    config.file = reader.file();
    reader.state_dir(root);
    config.state_dir = reader.state_dir();
    config.limits = reader.limits(root);
    config.audit = reader.audit(root);
    config.metrics = reader.metrics(root);
    static constexpr std::array<std::string_view, 2> modes{"required", "preferred"};
    if (const auto mode = choice(root, "sandbox", modes))
        config.sandbox = static_cast<SandboxMode>(*mode);
    static constexpr std::array<std::string_view, 3> id_rules{"strict", "monotonic", "off"};
    if (const auto rule = choice(root, "request_ids", id_rules))
        config.request_ids = static_cast<wamp::IdRule>(*rule);
}

}  // namespace

wamp::Result<GatewayConfig, policy::Diagnostics> parse_gateway_config(std::string_view text,
                                                                      const std::string& file) {
    static constexpr std::array<std::string_view, 10> keys{
        "state_dir", "realms",  "listen",  "limits",      "audit",
        "tor",       "backend", "sandbox", "request_ids", "metrics"};
    const auto document = policy::parse_document(text, file);
    if (document.has_error()) return policy::Diagnostics{document.error()};
    ConfigReader reader(file);
    GatewayConfig config;
    Section root(*document, "this file", keys, file, reader.diagnostics());
    read_common(root, reader, config);
    config.realms = reader.realms(root);
    read_listen(root, reader, config);
    read_tor(root, reader, config);
    read_backends(root, reader, config);
    if (!reader.sound()) return reader.take();
    return config;
}

namespace {

wamp::Result<InsideProgramConfig, policy::Diagnostics> parse_inside(std::string_view text,
                                                                    const std::string& file,
                                                                    bool needs_realms) {
    static constexpr std::array<std::string_view, 12> keys{
        "state_dir", "realms",      "listen",
        "link",      "limits",      "audit",
        "sandbox",   "request_ids", "disclose_outside_callers",
        "history",   "metrics",     "admin"};
    static constexpr std::array<std::string_view, 3> listen_keys{"address", "mode", "group"};
    static constexpr std::array<std::string_view, 4> link_keys{"gateway", "peer_pin", "heartbeat",
                                                               "dead_after"};
    const auto document = policy::parse_document(text, file);
    if (document.has_error()) return policy::Diagnostics{document.error()};
    ConfigReader reader(file);
    InsideProgramConfig config;
    Section root(*document, "this file", keys, file, reader.diagnostics());
    read_common(root, reader, config);
    if (needs_realms) config.realms = reader.realms(root);
    config.disclose_outside_callers = root.boolean("disclose_outside_callers").value_or(true);
    config.admin = reader.listener(root, "admin", "run/admin.sock");
    read_history(root, reader, config);
    for (const Item* table : root.tables("listen")) {
        Section section(*table, "[[listen]]", listen_keys, file, reader.diagnostics());
        if (auto address = reader.address(section, "address", false)) {
            SocketAccess access = reader.access(section, path_of(*address));
            config.listens.push_back(
                {*std::move(address), section.place(*section.find("address")), std::move(access)});
        }
    }
    for (const Item* table : root.tables("link")) {
        Section section(*table, "[[link]]", link_keys, file, reader.diagnostics());
        LinkText link;
        link.place = section.place();
        link.peer_pins = reader.pins(section, "peer_pin");
        link.pulse = reader.pulse(section);
        auto address = reader.address(section, "gateway", true);
        if (!address) continue;
        link.gateway = *std::move(address);
        if (link.gateway.kind == Address::Kind::tcp && section.find("peer_pin") == nullptr) {
            section.error("a link over tcp needs a pin",
                          "run the line that `sallyport link invite` prints on the gateway, or add "
                          "peer_pin = "
                          "\"sha256:…\" as `sallyport link pair` printed it there");
        }
        config.links.push_back(std::move(link));
    }
    if (!reader.sound()) return reader.take();
    return config;
}

}  // namespace

wamp::Result<InsideProgramConfig, policy::Diagnostics> parse_inside_config(
    std::string_view text, const std::string& file) {
    return parse_inside(text, file, true);
}

wamp::Result<InsideProgramConfig, policy::Diagnostics> parse_relay_config(std::string_view text,
                                                                          const std::string& file) {
    return parse_inside(text, file, false);
}

}  // namespace sallyport::gateway
