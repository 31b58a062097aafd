// What the supervisor does when its policy is to be read again.
#include <algorithm>
#include <exception>
#include <filesystem>
#include <sstream>
#include <utility>

#include "gateway/audit/audit_outlet.h"
#include "gateway/config/load_config.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "gateway/programs/supervisor.h"

namespace sallyport::gateway {

std::vector<Reloader::Child> Supervisor::policy_children() {
    std::vector<Reloader::Child> children{{"worker", worker_channel_.get()}};
    for (std::size_t index = 0; index < insides_.size(); ++index) {
        if (!insides_[index]) continue;
        children.push_back(
            {"inside " + loaded_.config.backends[index].name, insides_[index]->channel.get()});
    }
    return children;
}

void Supervisor::on_control(const std::string& line, Control::Reply reply) {
    if (stopping_ || !all_ready_)
        return reply(1, "the gateway is starting or stopping; try again\n");
    if (line == "apply" || line == "check") return reload(line == "check", std::move(reply));
    if (line != "rollback") return reply(2, "cannot do that\n");
    if (!versions_->previous()) return reply(1, "there is no version before this one\n");
    log(LogLevel::warning,
        "going back to the version of the policy before; its files on disk are newer");
    reloader_->begin(*versions_->previous(), false, std::move(reply));
}

void Supervisor::on_hangup() {
    reopen_audit();
    if (!all_ready_) {
        log(LogLevel::warning, "the policy is not read again before everything has started");
        return;
    }
    reload(false, [](int, std::string_view) {});
}

void Supervisor::reopen_audit() {
    try {
        Descriptor target = open_audit_target(loaded_.config.audit);
        if (target && worker_channel_) worker_channel_->send("audit", target.get());
        audit_target_ = std::move(target);
    } catch (const std::exception& error) {
        log(LogLevel::error, error.what());  // the file before is written on
    }
    for (auto& inside : insides_) {
        if (inside && inside->channel) inside->channel->send("reopen");
    }
}

void Supervisor::reload(bool only_check, Control::Reply reply) {
    PolicyVersion version;
    std::string notes;
    try {
        version = read_version(notes);
    } catch (const std::exception& error) {
        std::istringstream lines(error.what());
        for (std::string line; std::getline(lines, line);) log(LogLevel::error, line);
        log(LogLevel::error, "the policy was not reloaded: the version before stays");
        reply(1, std::string(error.what()) + "\nnothing was changed: the version before stays\n");
        return;
    }
    reloader_->begin(std::move(version), only_check,
                     [notes, reply = std::move(reply)](int code, std::string_view text) {
                         reply(code, std::string(text) + notes);
                     });
}

/// `notes` gets a line for each configuration that is another on disk.
PolicyVersion Supervisor::read_version(std::string& notes) {
    const PolicyVersion& running = versions_->running();
    const auto is_config = [this](const std::string& path) {
        const auto& backends = loaded_.config.backends;
        return path == loaded_.config.file ||
               std::any_of(backends.begin(), backends.end(),
                           [&](const auto& backend) { return backend.inside_config.path == path; });
    };
    // Sockets, backends and limits stay what they are until the next start.
    const auto read = [&](const std::string& path,
                          bool secret) -> wamp::Result<std::string, policy::Diagnostic> {
        auto text = policy::read_file(path, secret);
        if (!is_config(path)) return text;
        if (!text || *text != *running.find(path)) {
            const std::string note =
                config_note(path, text.has_error() ? "" : *text, *running.find(path));
            log(LogLevel::warning, note);
            notes += note + "\n";
        }
        return *running.find(path);
    };
    PolicyVersion version;
    const LoadedGateway loaded = load_gateway(loaded_.config.file, version.recorder(read));
    for (std::size_t index = 0; index < loaded.backend_realms.size(); ++index) {
        if (loaded.backend_realms[index] == loaded_.backend_realms[index]) continue;
        throw StartError(
            loaded_.config.backends[index].place,
            "routes lead backend " + policy::quoted(loaded_.config.backends[index].name) +
                " to realm " + policy::quoted(loaded.backend_realms[index]) +
                ", and its link has joined " + policy::quoted(loaded_.backend_realms[index]),
            "start sallyport again for that");
    }
    return version;
}

}  // namespace sallyport::gateway
