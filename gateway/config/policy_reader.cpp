#include "gateway/config/policy_reader.h"

#include <algorithm>
#include <utility>

#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

namespace {

bool is_config(const LoadedGateway& loaded, const std::string& path) {
    const auto& backends = loaded.config.backends;
    return path == loaded.config.file ||
           std::any_of(backends.begin(), backends.end(),
                       [&](const auto& backend) { return backend.inside_config.path == path; });
}

/// The link of a backend never leaves the realm that it joined.
void check_backend_realms(const LoadedGateway& loaded, const LoadedGateway& again) {
    for (std::size_t index = 0; index < again.backend_realms.size(); ++index) {
        const std::string& before = loaded.backend_realms[index];
        if (again.backend_realms[index] == before) continue;
        const BackendText& backend = loaded.config.backends[index];
        throw StartError(backend.place,
                         "the routes send backend " + policy::quoted(backend.name) + " to realm " +
                             policy::quoted(again.backend_realms[index]) +
                             ", but its link has joined " + policy::quoted(before),
                         "restart sallyport to change it");
    }
}

}  // namespace

std::string note_of_changed_config(const std::string& file, const PolicyVersion& running) {
    const auto text = policy::read_file(file, false);
    const std::string& before = *running.find(file);
    if (text && *text == before) return "";
    return config_note(file, text ? *text : "", before);
}

PolicyVersion read_policy_again(const LoadedGateway& loaded, const PolicyVersion& running,
                                std::string& notes) {
    const auto read = [&](const std::string& path,
                          bool secret) -> wamp::Result<std::string, policy::Diagnostic> {
        if (!is_config(loaded, path)) return policy::read_file(path, secret);
        const std::string note = note_of_changed_config(path, running);
        if (!note.empty()) {
            log(LogLevel::warning, note);
            notes += note + "\n";
        }
        return *running.find(path);
    };
    PolicyVersion version;
    check_backend_realms(loaded, load_gateway(loaded.config.file, version.recorder(read)));
    return version;
}

PolicyVersion read_policy_again(const std::string& inside_file, const PolicyVersion& running) {
    const auto read = [&](const std::string& path,
                          bool secret) -> wamp::Result<std::string, policy::Diagnostic> {
        if (path == inside_file) return *running.find(path);
        return policy::read_file(path, secret);
    };
    PolicyVersion version;
    load_inside(inside_file, version.recorder(read));
    return version;
}

}  // namespace sallyport::gateway
