#include "gateway/config/policy_reader.h"

#include <map>
#include <string_view>
#include <utility>

#include "gateway/config/link_plan.h"
#include "gateway/host/start_error.h"
#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

namespace {

/// The configuration files of a program, each with the key of its links.
using ConfigFiles = std::map<std::string, std::string_view>;

ConfigFiles files_of(const LoadedGateway& loaded) {
    ConfigFiles files{{loaded.config.file, "backend"}};
    for (const BackendText& backend : loaded.config.backends) {
        if (backend.inside_config) files.emplace(backend.inside_config.path, "link");
    }
    return files;
}

ConfigFiles files_of(const LoadedInside& loaded) {
    return {{loaded.config.file, "link"}};
}

LoadedGateway load(const LoadedGateway& loaded, const policy::ReadFile& read) {
    return load_gateway(loaded.config.file, read);
}

LoadedInside load(const LoadedInside& loaded, const policy::ReadFile& read) {
    return load_inside(loaded.config.file, read);
}

template <class Loaded>
VersionRead<Loaded> read_again(const Loaded& loaded, const PolicyVersion& running,
                               std::string& notes) {
    const ConfigFiles configs = files_of(loaded);
    const auto read = [&](const std::string& path,
                          bool secret) -> wamp::Result<std::string, policy::Diagnostic> {
        auto text = policy::read_file(path, secret);
        const auto config = configs.find(path);
        if (!text || config == configs.end()) return text;
        return config_for_reload(path, *text, *running.find(path), config->second, notes);
    };
    VersionRead<Loaded> again;
    again.loaded = load(loaded, again.files.recorder(read));
    return again;
}

template <class Loaded>
VersionRead<Loaded> read_earlier(const Loaded& loaded, const PolicyVersion& running,
                                 const PolicyVersion& previous, std::string& notes) {
    const ConfigFiles configs = files_of(loaded);
    const auto read = [&](const std::string& path,
                          bool secret) -> wamp::Result<std::string, policy::Diagnostic> {
        const auto config = configs.find(path);
        if (config == configs.end()) return previous.reader()(path, secret);
        const std::string* const text = previous.find(path);
        const std::string& now = *running.find(path);
        return text == nullptr ? now : config_for_rollback(path, *text, now, config->second, notes);
    };
    VersionRead<Loaded> earlier;
    earlier.loaded = load(loaded, earlier.files.recorder(read));
    return earlier;
}

}  // namespace

VersionRead<LoadedGateway> read_policy_again(const LoadedGateway& loaded,
                                             const PolicyVersion& running, std::string& notes) {
    return read_again(loaded, running, notes);
}

VersionRead<LoadedInside> read_policy_again(const LoadedInside& loaded,
                                            const PolicyVersion& running, std::string& notes) {
    return read_again(loaded, running, notes);
}

VersionRead<LoadedGateway> read_previous(const LoadedGateway& loaded, const PolicyVersion& running,
                                         const PolicyVersion& previous, std::string& notes) {
    return read_earlier(loaded, running, previous, notes);
}

VersionRead<LoadedInside> read_previous(const LoadedInside& loaded, const PolicyVersion& running,
                                        const PolicyVersion& previous, std::string& notes) {
    return read_earlier(loaded, running, previous, notes);
}

}  // namespace sallyport::gateway
