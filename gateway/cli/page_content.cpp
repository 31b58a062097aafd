#include "gateway/cli/page_content.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/admin/control.h"
#include "gateway/cli/principal_command.h"
#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "policy/file/load.h"
#include "policy/tools/analysis/diff.h"
#include "wamp/base/timestamp.h"

namespace sallyport::gateway {

namespace {

constexpr std::streamoff audit_bytes_max = 1 << 20;
constexpr std::size_t denied_max = 20;
constexpr std::size_t records_max = 20;

void ask(PageContent& content, const std::string& config_file) {
    try {
        content.status = ask_admin(config_file, "status");
        content.sessions = ask_admin(config_file, "sessions");
    } catch (const StartError& error) {
        content.unanswered = error.what();
    }
}

void read_records(PageContent& content, const AuditOfConfig& audit) {
    if (audit.log.kind != AuditText::Kind::file) {
        content.no_records =
            audit.log.kind == AuditText::Kind::journald
                ? "The audit log is in the journal: journalctl SALLYPORT_OUTCOME=deny"
                : "There is no file of an audit log. Add [audit] with to = \"file:audit.jsonl\" "
                  "to the configuration and restart.";
        return;
    }
    std::ifstream in(audit.log.path, std::ios::ate);
    if (!in) {
        content.no_records = "The audit log " + audit.log.path + " cannot be opened.";
        return;
    }
    const std::streamoff size = in.tellg();
    const std::streamoff from = std::max<std::streamoff>(0, size - audit_bytes_max);
    in.seekg(from);
    std::string line;
    if (from > 0) std::getline(in, line);
    policy::DenialGroups groups;
    std::deque<std::string> last;
    while (std::getline(in, line)) {
        groups.add(line);
        last.push_front(std::move(line));
        if (last.size() > records_max) last.pop_back();
    }
    for (const std::string& record : last) {
        if (auto text = policy::readable_record(record))
            content.records.push_back(*std::move(text));
    }
    for (const policy::DeniedRequests& denied : groups.latest(denied_max)) {
        const auto policy = audit.policies.find(denied.realm);
        content.denied.push_back(
            {denied, policy == audit.policies.end()
                         ? ""
                         : "sallyport policy explain " + policy->second + " " + denied.question()});
    }
}

std::string lines_of(const policy::Diagnostics& errors) {
    std::string text;
    for (const policy::Diagnostic& error : errors) text += policy::to_string(error) + "\n";
    return text;
}

std::string difference_between(const PolicyVersion& before, const PolicyVersion& after,
                               const std::string& path) {
    const auto load = [&path](const PolicyVersion& version) {
        policy::LoadOptions options;
        options.routes_required = false;
        options.any_backend = true;
        options.read_principals = false;
        options.run_tests = false;
        options.read = version.reader();
        return policy::load_realm(path, options);
    };
    if (before.find(path) == nullptr) return "a new file\n";
    const auto old_realm = load(before);
    const auto new_realm = load(after);
    if (!old_realm) return lines_of(old_realm.error());
    if (!new_realm) return lines_of(new_realm.error());
    std::ostringstream out;
    policy::print_differences(*old_realm, *new_realm, {out, out, false});
    return out.str();
}

void compare_versions(PageContent& content, const AuditOfConfig& audit,
                      const std::string& state_dir) {
    const auto running = stored_version(running_version_folder(state_dir));
    const auto previous = stored_version(previous_version_folder(state_dir));
    content.has_previous = previous.has_value();
    if (!running) return;
    for (const auto& [path, text] : running->files()) {
        if (running->is_secret(path)) content.files.push_back(path);
    }
    if (!previous || *running == *previous) return;
    for (const auto& [realm, path] : audit.policies) {
        if (running->find(path) != nullptr)
            content.policies.push_back({path, difference_between(*previous, *running, path)});
    }
    for (const std::string& path : content.files) {
        const std::string* const before = previous->find(path);
        if (before == nullptr || *before != *running->find(path))
            content.policies.push_back({path, "the principals in it changed\n"});
    }
}

std::string command(const std::string& socket, const std::string& line) {
    constexpr UnixRequestLimits limits{std::chrono::seconds(60), std::size_t{1} << 20};
    try {
        std::string answer = unix_request(socket, line + "\n", limits);
        const int code = take_exit_code(answer);
        if (code < 0) return "no answer: see the program's log";
        return answer.empty() ? (code == 0 ? "done" : "not done: see the program's log") : answer;
    } catch (const std::system_error& error) {
        return "cannot connect to " + socket + ": " + error.code().message() +
               " (is the program running, and are you its user?)";
    }
}

/// The sockets take one command a line.
bool is_one_line(const std::string& text) {
    return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
}

std::string disable(const std::string& config_file, const std::string& file,
                    const std::string& authid) {
    const std::string state_dir = load_state_dir(config_file);
    const auto running = stored_version(running_version_folder(state_dir));
    if (!running || running->find(file) == nullptr || !running->is_secret(file))
        return file + " is not a principals file of the running version";
    policy::PrincipalRequest request;
    request.verb = policy::PrincipalRequest::Verb::disable;
    request.file = file;
    request.authid = authid;
    std::ostringstream out;
    const int code = edit_principals(std::move(request), {out, out, false});
    if (code != 0) return out.str();
    return out.str() + command(control_socket(state_dir), "apply");
}

}  // namespace

PageContent page_content(const std::string& config_file) {
    PageContent content;
    content.read_at = wamp::to_rfc3339(std::chrono::duration_cast<wamp::Timestamp>(
        std::chrono::system_clock::now().time_since_epoch()));
    ask(content, config_file);
    const AuditOfConfig audit = load_audit(config_file);
    read_records(content, audit);
    compare_versions(content, audit, load_state_dir(config_file));
    return content;
}

std::string act_on(const std::string& config_file, const Form& form) {
    const std::string act = field(form, "act");
    const std::string name = field(form, "name");
    const std::string control = control_socket(load_state_dir(config_file));
    if (act == "reload") return command(control, "apply");
    if (act == "rollback") return command(control, "rollback");
    if (!is_one_line(name)) return "whom, or what? a name is missing";
    if (act == "drain" || act == "undrain")
        return command(load_admin_socket(config_file).path, act + " " + name);
    if (act == "kick") return command(load_admin_socket(config_file).path, "kick * " + name);
    if (act == "close") return command(control, "onion close " + name);
    if (act == "disable") return disable(config_file, field(form, "file"), name);
    return "there is no such act";
}

}  // namespace sallyport::gateway
