#include "gateway/config/load_config.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "policy/document/document.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

using policy::Diagnostics;

namespace {

/// All of them are tried, so that one start tells of everything that is wrong.
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
                             why.cure});
            continue;
        }
        auto realm = policy::load_realm(file.path, options);
        if (realm.has_error()) {
            const Diagnostics found = realm.error();
            wrong.insert(wrong.end(), found.begin(), found.end());
        } else if (!names.emplace(realm->policy->realm()).second) {
            wrong.push_back({file.place,
                             "there is a policy for realm " +
                                 policy::quoted(realm->policy->realm()) + " already",
                             "one file per realm"});
        } else {
            realms.push_back(*std::move(realm));
        }
    }
    if (!wrong.empty()) throw StartError(wrong);
    return realms;
}

/// Which realm each backend's link joins. A link is one session, so all routes to a backend lead to
/// one realm there.
std::vector<std::string> realms_of_backends(const std::vector<BackendText>& backends,
                                            const std::vector<policy::LoadedRealm>& realms) {
    std::vector<std::string> found(backends.size());
    for (const auto& realm : realms) {
        for (const auto& route : realm.policy->routes()) {
            const auto backend = std::find_if(
                backends.begin(), backends.end(),
                [&](const auto& candidate) { return candidate.name == route.backend; });
            if (backend == backends.end()) continue;  // refused by the loader
            std::string& name = found[static_cast<std::size_t>(backend - backends.begin())];
            if (!name.empty() && name != route.realm) {
                throw StartError(route.place,
                                 "backend " + policy::quoted(route.backend) +
                                     " is led to two realms there, " + policy::quoted(name) +
                                     " and " + policy::quoted(route.realm),
                                 "give each realm a backend of its own");
            }
            name = route.realm;
        }
    }
    for (std::string& name : found) {
        if (name.empty() && !realms.empty()) name = realms.front().policy->realm();
    }
    return found;
}

void check_backend(const GatewayConfig& config, const BackendText& backend) {
    switch (backend.kind) {
        case BackendText::Kind::embedded:
            break;
        case BackendText::Kind::accept:
            if (backend.address.kind == backend_link::Address::Kind::tcp)
                check_link_key(config.state_dir, backend.address_place, backend.peer_pin);
            break;
        case BackendText::Kind::dial:
            if (backend.ticket_file) read_ticket(backend.ticket_file);
            break;
    }
}

policy::AuditTrail::Wanted wanted_records(const AuditText& audit) noexcept {
    using Wanted = policy::AuditTrail::Wanted;
    switch (audit.kind) {
        case AuditText::Kind::log:
            return Wanted::denied;
        case AuditText::Kind::off:
            return Wanted::nothing;
        case AuditText::Kind::file:
        case AuditText::Kind::journald:
            return audit.all ? Wanted::all : Wanted::denied;
    }
    return Wanted::denied;
}

}  // namespace

GatewayConfig load_gateway_config(const std::string& path) {
    auto config = parse_gateway_config(read_file(path), path);
    if (config.has_error()) throw StartError(config.error());
    return *std::move(config);
}

namespace {

/// The paths of its list of realms; none when it cannot be read.
std::optional<std::vector<std::string>> realms_in(const std::string& text,
                                                  const std::string& path) {
    const auto document = policy::parse_document(text, path);
    if (!document) return std::nullopt;
    std::vector<std::string> paths;
    if (const policy::Item* list = document->find("realms")) {
        for (const policy::Item& item : list->items) paths.push_back(item.text);
    }
    return paths;
}

}  // namespace

std::string config_note(const std::string& path, const std::string& on_disk,
                        const std::string& running) {
    const auto wanted = realms_in(on_disk, path);
    if (!wanted || *wanted == realms_in(running, path))
        return path + " has changed: that takes effect at the next start";
    return path +
           " has changed, and its list of realms: realms are read at the start only, so "
           "start the program again for that";
}

namespace {

std::string read_config(const std::string& path, const policy::ReadFile& read) {
    auto text = read(path, false);
    if (!text) throw StartError(Diagnostics{text.error()});
    return *std::move(text);
}

}  // namespace

LoadedGateway load_gateway(const std::string& path, const policy::ReadFile& read) {
    LoadedGateway loaded;
    auto config = parse_gateway_config(read_config(path, read), path);
    if (config.has_error()) throw StartError(config.error());
    loaded.config = *std::move(config);
    std::vector<std::string> names;
    for (const BackendText& backend : loaded.config.backends) names.push_back(backend.name);
    policy::LoadOptions options;
    options.backends = names;
    options.read = read;
    loaded.realms = load_realms(loaded.config.realms, options);
    loaded.backend_realms = realms_of_backends(loaded.config.backends, loaded.realms);
    loaded.insides.resize(loaded.config.backends.size());
    for (std::size_t index = 0; index < loaded.config.backends.size(); ++index) {
        const BackendText& backend = loaded.config.backends[index];
        check_backend(loaded.config, backend);
        if (backend.kind == BackendText::Kind::embedded)
            loaded.insides[index] = load_inside(backend.inside_config.path, read).config;
    }
    return loaded;
}

LoadedInside load_inside(const std::string& path, const policy::ReadFile& read) {
    auto config = parse_inside_config(read_config(path, read), path);
    if (config.has_error()) throw StartError(config.error());
    LoadedInside loaded;
    loaded.config = *std::move(config);
    policy::LoadOptions options;
    options.routes_required = false;
    options.read = read;
    loaded.realms = load_realms(loaded.config.realms, options);
    for (const LinkText& link : loaded.config.links) {
        if (link.gateway.kind == backend_link::Address::Kind::tcp)
            check_link_key(loaded.config.state_dir, link.place, link.peer_pin);
    }
    return loaded;
}

std::vector<policy::DoorRealm> door_realms(const std::vector<policy::LoadedRealm>& realms) {
    std::vector<policy::DoorRealm> doors;
    for (const auto& realm : realms) doors.push_back({realm.policy, realm.authenticator});
    return doors;
}

policy::DoorLimits door_limits(const LimitsText& limits, const AuditText& audit) {
    policy::DoorLimits door;
    door.peers_max = limits.sessions;
    door.join_timeout = limits.handshake_timeout;
    door.audit = wanted_records(audit);
    return door;
}

std::string link_key_file(const std::string& state_dir) {
    return state_dir + "/link/link.key";
}
std::string link_certificate_file(const std::string& state_dir) {
    return state_dir + "/link/link.crt";
}

void check_link_key(const PathText& state_dir, const policy::Place& needed_by,
                    const std::string& peer_pin) {
    for (const std::string& file :
         {link_key_file(state_dir.path), link_certificate_file(state_dir.path)}) {
        if (::access(file.c_str(), F_OK) != 0) {
            throw StartError(needed_by, "a link over tcp needs " + policy::quoted(file),
                             "make it with: sallyport link pair --dir " + state_dir.path + "/link");
        }
    }
    refuse_open_to_others(link_key_file(state_dir.path), {});
    wamp::make_tls_context(wamp::TlsSession::End::server, state_dir.path + "/link",
                           {peer_pin});  // throws
}

std::string read_ticket(const PathText& file) {
    std::string ticket = read_secret(file.path, file.place, 4096);
    ticket.erase(
        std::find_if(ticket.begin(), ticket.end(), [](char c) { return c == '\n' || c == '\r'; }),
        ticket.end());
    if (ticket.empty())
        throw StartError(file.place,
                         policy::quoted(file.path) + " holds no ticket in its first line",
                         "write the ticket that the router knows us by, in one line");
    return ticket;
}

}  // namespace sallyport::gateway
