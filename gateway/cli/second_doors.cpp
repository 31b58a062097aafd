#include "gateway/cli/second_doors.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "backend-link/link/profile.h"
#include "gateway/host/start_error.h"
#include "policy/document/nearest.h"

namespace sallyport::gateway {
namespace {

using backend_link::BackendKind;

/// The paths of BACKEND=INSIDE.TOML, by backend.
std::map<std::string, std::string> paths_of(const GatewayConfig& config,
                                            const std::vector<std::string>& given) {
    std::vector<std::string_view> names;
    names.reserve(config.backends.size());
    for (const BackendText& backend : config.backends) names.push_back(backend.name);
    std::map<std::string, std::string> paths;
    policy::Diagnostics wrong;
    for (const std::string& word : given) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (equals == std::string::npos || name.empty() || equals + 1 == word.size()) {
            wrong.push_back({{"--inside " + word, 0, 0},
                             "does not name a backend and a file",
                             "write --inside BACKEND=INSIDE.TOML"});
        } else if (std::find(names.begin(), names.end(), name) == names.end()) {
            wrong.push_back({{"--inside " + word, 0, 0},
                             "there is no backend " + policy::quoted(name) + " in " + config.file,
                             policy::suggestion(name, names, "backends")});
        } else {
            paths[name] = word.substr(equals + 1);
        }
    }
    if (!wrong.empty()) throw StartError(wrong);
    return paths;
}

/// Without the keys of links, which a copy lacks.
std::vector<policy::LoadedRealm> load_policies(const std::string& path, bool principals) {
    const auto text = policy::read_file(path, false);
    if (!text) throw StartError(policy::Diagnostics{text.error()});
    const auto config = parse_inside_config(*text, path);
    if (config.has_error()) throw StartError(config.error());
    policy::LoadOptions options;
    options.routes_required = false;
    options.read_principals = principals;
    options.run_tests = false;
    std::vector<policy::LoadedRealm> realms;
    policy::Diagnostics wrong;
    for (const PathText& file : config->realms) {
        auto realm = policy::load_realm(file.path, options);
        if (realm.has_error()) {
            const policy::Diagnostics found = realm.error();
            wrong.insert(wrong.end(), found.begin(), found.end());
        } else {
            realms.push_back(*std::move(realm));
        }
    }
    if (!wrong.empty()) throw StartError(wrong);
    return realms;
}

}  // namespace

SecondDoors::SecondDoors(const GatewayConfig& config, const std::vector<std::string>& given,
                         bool principals) {
    const auto paths = paths_of(config, given);
    for (const BackendText& backend : config.backends) {
        const auto path = paths.find(backend.name);
        const bool embedded = backend.kind == BackendText::Kind::embedded;
        if (path == paths.end() && !embedded) {
            unknown_.push_back(
                {backend.name, backend.place, backend.profile == BackendKind::sallyport});
            continue;
        }
        const bool conveys = backend.convey_identity.value_or(
            backend_link::profile_of(backend.profile).conveys_identity);
        const bool copied = path != paths.end();
        const std::string& file = copied ? path->second : backend.inside_config.path;
        insides_.push_back({backend.name, conveys, load_policies(file, principals && !copied)});
    }
}

std::vector<policy::SecondDoor> SecondDoors::doors() const {
    std::vector<policy::SecondDoor> doors;
    for (const Inside& inside : insides_) {
        for (const policy::LoadedRealm& realm : inside.realms) {
            doors.push_back({inside.backend, {realm.file, *realm.policy}, inside.conveys_identity});
        }
    }
    return doors;
}

}  // namespace sallyport::gateway
