#include "gateway/config/load_config.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "gateway/config/config_reader.h"
#include "gateway/config/link_keys.h"
#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "policy/auth/client_logins.h"
#include "policy/document/document.h"

namespace sallyport::gateway {

using policy::Diagnostics;

wamp::Result<std::shared_ptr<wamp::ClientLogin>, std::string> login_of(
    const std::map<std::string, std::string>& files, const BackendText& backend,
    wamp::Random random) {
    if (!backend.secret_file) return std::shared_ptr<wamp::ClientLogin>();
    return policy::make_client_login(backend.authmethod, backend.authid,
                                     files.at(backend.secret_file.path), random);
}

std::optional<boost::asio::ssl::context> dial_context_of(
    const std::map<std::string, std::string>& files, const BackendText& backend) {
    if (backend.kind != BackendText::Kind::dial || !backend.dials_tls()) return std::nullopt;
    const std::string authorities = backend.ca_file ? files.at(backend.ca_file.path) : "";
    return wamp::make_dial_context({backend.peer_pins, authorities, backend.server_name});
}

namespace {

/// Tries all of them, so that one start reports all errors.
std::vector<policy::LoadedRealm> load_realms(const std::vector<PathText>& files,
                                             const policy::LoadOptions& options) {
    std::vector<policy::LoadedRealm> realms;
    std::set<std::string, std::less<>> names;
    Diagnostics wrong;
    for (const PathText& file : files) {
        if (const auto text = options.read(file.path, false); !text) {
            const policy::Diagnostic why = text.error();
            wrong.push_back({file.place,
                             "the policy " + policy::quoted(file.path) + ": " + why.text,
                             why.hint});
            continue;
        }
        auto realm = policy::load_realm(file.path, options);
        if (realm.has_error()) {
            const Diagnostics found = realm.error();
            wrong.insert(wrong.end(), found.begin(), found.end());
        } else if (!names.emplace(realm->policy->realm()).second) {
            wrong.push_back(
                {file.place,
                 "there is already a policy for realm " + policy::quoted(realm->policy->realm()),
                 "use one file per realm"});
        } else {
            realms.push_back(*std::move(realm));
        }
    }
    if (!wrong.empty()) throw StartError(wrong);
    return realms;
}

/// The realm that the link of each backend joins. A link is one session, so all routes to a backend
/// must use the same realm.
std::vector<std::string> realms_of_backends(const std::vector<BackendText>& backends,
                                            const std::vector<policy::LoadedRealm>& realms) {
    std::vector<std::string> found(backends.size());
    for (const auto& realm : realms) {
        for (const auto& route : realm.policy->routes()) {
            for (std::size_t i = 0; i < backends.size(); ++i) {
                const auto& names = route.backends;
                if (std::find(names.begin(), names.end(), backends[i].name) == names.end())
                    continue;
                if (!found[i].empty() && found[i] != route.realm) {
                    throw StartError(route.place,
                                     "backend " + policy::quoted(backends[i].name) +
                                         " is routed to two realms, " + policy::quoted(found[i]) +
                                         " and " + policy::quoted(route.realm),
                                     "give each realm a backend of its own");
                }
                found[i] = route.realm;
            }
        }
    }
    for (std::string& name : found) {
        if (name.empty() && !realms.empty()) name = realms.front().policy->realm();
    }
    return found;
}

using Files = std::map<std::string, std::string>;

void add_link_keys(Files& files, const PathText& state_dir, const policy::Place& needed_by,
                   const std::vector<std::string>& peer_pins) {
    wamp::KeyTexts own = read_link_keys(state_dir, needed_by, peer_pins);
    files[(own.directory / "link.key").string()] = std::move(own.key);
    files[(own.directory / "link.crt").string()] = std::move(own.certificate);
}

/// Throws StartError if it is of no use.
void add_secret(Files& files, const BackendText& backend) {
    if (!backend.secret_file) return;
    files[backend.secret_file.path] = read_ticket(backend.secret_file);
    const auto login = login_of(files, backend, wamp::Random({}));
    if (login.has_error()) {
        throw StartError(
            backend.secret_file.place,
            policy::quoted(backend.secret_file.path) + " is of no use: " + login.error(),
            "write what the router knows on its first line");
    }
}

/// Throws StartError if what the files contain is of no use.
void check_dial(const Files& files, const BackendText& backend) {
    try {
        static_cast<void>(dial_context_of(files, backend));
    } catch (const std::exception& error) {
        throw StartError(backend.ca_file.place,
                         policy::quoted(backend.ca_file.path) + " is of no use: " + error.what(),
                         "write the certificate of the authority in PEM form");
    }
}

void add_link_files(Files& files, const GatewayConfig& config, const BackendText& backend) {
    switch (backend.kind) {
        case BackendText::Kind::embedded:
            break;
        case BackendText::Kind::accept:
            if (backend.address.kind == backend_link::Address::Kind::tcp)
                add_link_keys(files, config.state_dir, backend.address_place, backend.peer_pins);
            add_secret(files, backend);
            break;
        case BackendText::Kind::dial:
            add_secret(files, backend);
            if (backend.ca_file)
                files[backend.ca_file.path] =
                    read_file(backend.ca_file.path, backend.ca_file.place);
            check_dial(files, backend);
            break;
    }
}

}  // namespace

GatewayConfig load_gateway_config(const std::string& path) {
    auto config = parse_gateway_config(read_file(path), path);
    if (config.has_error()) throw StartError(config.error());
    return *std::move(config);
}

namespace {

/// Reads a configuration of either kind as far as `read` does, whatever else is in it.
template <class Read>
auto read_part(const std::string& path, Read read) {
    const auto text = policy::read_file(path, false);
    if (!text) throw StartError(Diagnostics{text.error()});
    const auto document = policy::parse_document(*text, path);
    if (!document) throw StartError(Diagnostics{document.error()});
    ConfigReader reader(path);
    Diagnostics unknown_keys;  // ignored
    policy::Section root(*document, "this file", {}, path, unknown_keys);
    reader.state_dir(root);
    return read(root, reader);
}

}  // namespace

AuditOfConfig load_audit(const std::string& path) {
    const auto text = policy::read_file(path, false);
    if (!text) throw StartError(Diagnostics{text.error()});
    const auto document = policy::parse_document(*text, path);
    if (!document) throw StartError(Diagnostics{document.error()});
    static constexpr std::array<std::string_view, 3> keys{"state_dir", "realms", "audit"};
    ConfigReader reader(path);
    Diagnostics unknown_keys;  // ignored
    policy::Section root(*document, "this file", keys, path, unknown_keys);
    reader.state_dir(root);
    AuditOfConfig found;
    found.log = reader.audit(root);
    for (const PathText& realm : reader.realms(root)) {
        const auto policy = policy::read_file(realm.path, false);
        if (!policy) continue;
        const auto tree = policy::parse_document(*policy, realm.path);
        const policy::Item* const name = tree ? tree->find("realm") : nullptr;
        if (name != nullptr) found.policies[name->text] = realm.path;
    }
    if (!reader.sound()) throw StartError(reader.take());
    return found;
}

std::string load_state_dir(const std::string& path) {
    return read_part(
        path, [](policy::Section&, ConfigReader& reader) { return reader.state_dir().path; });
}

PathText load_admin_socket(const std::string& path) {
    constexpr std::string_view key = "admin";
    constexpr std::string_view otherwise = "run/admin.sock";
    return read_part(path, [&](policy::Section& root, ConfigReader& reader) -> PathText {
        const policy::Item* const listen = root.find("listen");
        if (listen == nullptr || listen->kind != policy::Item::Kind::table)
            return reader.listener(root, key, otherwise);  // of an inside, or by default
        Diagnostics unknown_keys;
        policy::Section section(*listen, "[listen]", {}, path, unknown_keys);
        return reader.listener(section, key, otherwise);
    });
}

namespace {

/// The paths in its list of realms; nothing if it cannot be read.
std::optional<std::vector<std::string>> realms_in(const std::string& text,
                                                  const std::string& path) {
    const auto document = policy::parse_document(text, path);
    if (!document) return std::nullopt;
    std::vector<std::string> paths;
    if (const policy::Item* list = document->find("realms")) {
        paths.reserve(list->items.size());
        for (const policy::Item& item : list->items) paths.push_back(item.text);
    }
    return paths;
}

}  // namespace

std::string config_note(const std::string& path, const std::string& on_disk,
                        const std::string& running) {
    const auto wanted = realms_in(on_disk, path);
    if (!wanted || *wanted == realms_in(running, path))
        return path + " has changed, which takes effect at the next start";
    return path +
           " has changed, and so has its list of realms, which takes effect at the next start";
}

namespace {

std::string read_config(const std::string& path, const policy::ReadFile& read) {
    auto text = read(path, false);
    if (!text) throw StartError(Diagnostics{text.error()});
    return *std::move(text);
}

}  // namespace

namespace {

GatewayConfig read_gateway_config(const std::string& path, const policy::ReadFile& read) {
    auto config = parse_gateway_config(read_config(path, read), path);
    if (config.has_error()) throw StartError(config.error());
    return *std::move(config);
}

InsideProgramConfig read_inside_config(const std::string& path, const policy::ReadFile& read) {
    auto config = parse_inside_config(read_config(path, read), path);
    if (config.has_error()) throw StartError(config.error());
    return *std::move(config);
}

}  // namespace

InsideProgramConfig load_relay_config(const std::string& path) {
    auto config = parse_relay_config(read_config(path, policy::read_file), path);
    if (config.has_error()) throw StartError(config.error());
    return *std::move(config);
}

namespace {

std::vector<policy::LoadedRealm> load_realms_of(const GatewayConfig& config,
                                                const policy::ReadFile& read,
                                                PrincipalsAs principals) {
    std::vector<std::string> names;
    names.reserve(config.backends.size());
    for (const BackendText& backend : config.backends) names.push_back(backend.name);
    policy::LoadOptions options;
    options.backends = names;
    options.read = read;
    options.rosters = principals == PrincipalsAs::rosters;
    return load_realms(config.realms, options);
}

std::vector<policy::LoadedRealm> load_realms_of(const InsideProgramConfig& config,
                                                const policy::ReadFile& read,
                                                PrincipalsAs principals) {
    policy::LoadOptions options;
    options.routes_required = false;
    options.read = read;
    options.rosters = principals == PrincipalsAs::rosters;
    return load_realms(config.realms, options);
}

}  // namespace

std::vector<policy::LoadedRealm> load_gateway_realms(const std::string& path,
                                                     const policy::ReadFile& read) {
    return load_realms_of(read_gateway_config(path, read), read, PrincipalsAs::files);
}

std::vector<policy::LoadedRealm> load_inside_realms(const std::string& path,
                                                    const policy::ReadFile& read) {
    return load_realms_of(read_inside_config(path, read), read, PrincipalsAs::files);
}

LoadedGateway load_gateway(const std::string& path, const policy::ReadFile& read,
                           PrincipalsAs principals) {
    LoadedGateway loaded;
    loaded.config = read_gateway_config(path, read);
    loaded.realms = load_realms_of(loaded.config, read, principals);
    loaded.backend_realms = realms_of_backends(loaded.config.backends, loaded.realms);
    loaded.insides.resize(loaded.config.backends.size());
    for (std::size_t index = 0; index < loaded.config.backends.size(); ++index) {
        const BackendText& backend = loaded.config.backends[index];
        if (principals == PrincipalsAs::files)
            add_link_files(loaded.link_files, loaded.config, backend);
        if (backend.kind != BackendText::Kind::embedded) continue;
        loaded.insides[index] = load_inside(backend.inside_config.path, read, principals);
        loaded.insides[index].realms.clear();  // of the inside alone
    }
    return loaded;
}

LoadedInside load_inside(const std::string& path, const policy::ReadFile& read,
                         PrincipalsAs principals) {
    LoadedInside loaded;
    loaded.config = read_inside_config(path, read);
    loaded.realms = load_realms_of(loaded.config, read, principals);
    for (const LinkText& link : loaded.config.links) {
        if (link.gateway.kind == backend_link::Address::Kind::tcp &&
            principals == PrincipalsAs::files)
            add_link_keys(loaded.link_files, loaded.config.state_dir, link.place, link.peer_pins);
    }
    return loaded;
}

wamp::KeyTexts link_keys_in(const Files& files, const PathText& state_dir) {
    wamp::KeyTexts own;
    own.directory = state_dir.path + "/link";
    const auto text = [&](const char* name) {
        const auto found = files.find((own.directory / name).string());
        return found == files.end() ? std::string() : found->second;
    };
    own.key = text("link.key");
    own.certificate = text("link.crt");
    return own;
}

std::string read_ticket(const PathText& file) {
    std::string ticket = read_secret(file.path, file.place, 4096);
    ticket.erase(
        std::find_if(ticket.begin(), ticket.end(), [](char c) { return c == '\n' || c == '\r'; }),
        ticket.end());
    if (ticket.empty())
        throw StartError(file.place, policy::quoted(file.path) + " has no ticket in its first line",
                         "write the ticket that the router expects on one line");
    return ticket;
}

}  // namespace sallyport::gateway
