#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/admin/control.h"
#include "gateway/admin/services.h"
#include "gateway/admin/status.h"
#include "gateway/admin/views.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/config.h"
#include "gateway/host/log.h"
#include "gateway/host/version.h"
#include "gateway/metrics/snapshot.h"
#include "gateway/programs/auth_client.h"
#include "gateway/programs/shell.h"
#include "gateway/supervision/message.h"
#include "wamp/base/timestamp.h"

namespace sallyport::gateway {

/// What the gateway and an inside tell of themselves in the same way: for the status and for the
/// metrics.
class ProgramState {
public:
    ProgramState(std::string program, const LimitsText& limits)
        : program_(std::move(program)),
          limits_{limits.sessions, limits.memory, limits.message_bytes, limits.queue_bytes},
          started_(civil_now()) {}

    void on_reload() {
        ++reloads_;
        reloaded_ = civil_now();
    }

    ProgramStatus status(const policy::Door& door) const {
        ProgramStatus status{program_,
                             program_version,
                             wamp::to_rfc3339(started_),
                             reloads_ == 0 ? "" : wamp::to_rfc3339(reloaded_),
                             {},
                             limits_};
        for (const std::string_view name : door.realm_names())
            status.realms.push_back({std::string(name), std::string(door.realm(name)->hash())});
        return status;
    }

    /// For `sallyport sessions`: those that have joined from without, links included.
    static std::string sessions(const policy::Door& door) {
        std::vector<SessionView> views;
        std::size_t more = 0;
        door.sessions().for_each([&](const policy::Session& session) {
            if (session.connection == nullptr) return;  // the door's own, or one that leaves
            if (views.size() == sessions_shown_max) {
                ++more;
                return;
            }
            views.push_back({session.id, std::string(session.policy->realm()),
                             session.principal.authid, session.principal.role,
                             session.principal.method, session.circuit});
        });
        return sessions_line(std::move(views), more);
    }

    /// For `sallyport services`: what the sessions have registered and subscribed to.
    template <class Core>
    static std::string services(const Core& core) {
        std::vector<ServiceView> views;
        std::size_t more = 0;
        for (const std::string_view realm : core.door().realm_names()) {
            for (const bool procedures : {true, false}) {
                const auto& objects = procedures ? core.holdings().registrations(realm)
                                                 : core.holdings().subscriptions(realm);
                for (const auto* const object : objects.all()) {
                    if (views.size() == services_shown_max) {
                        ++more;
                        continue;
                    }
                    views.push_back({std::string(realm), procedures, object->uri,
                                     std::string(to_string(object->match)),
                                     std::string(object->invoke), wamp::to_rfc3339(object->created),
                                     holders(core.door(), object->members),
                                     object->members.size()});
                }
            }
        }
        return services_line(std::move(views), more);
    }

    /// Answers the rest of a line `kick REALM WHO` at the admin socket; realm `*` is any.
    template <class Core>
    static void kick(Shell<Core>& shell, std::string_view words, const Control::Reply& reply) {
        const std::string_view realm = supervision::next_word(words);
        const std::size_t kicked = shell.kick(realm == "*" ? "" : realm, words);
        const std::string name = policy::quoted(words);
        if (kicked == 0) {
            return reply(1, "no session of a client is called " + name +
                                " (`sallyport sessions` lists those that are there)\n");
        }
        const std::string done =
            (kicked == 1 ? "1 session of " + name + " has"
                         : std::to_string(kicked) + " sessions of " + name + " have") +
            " been ended";
        log(LogLevel::info, done + " through the admin socket");
        reply(0, done + "\n");
    }

    static std::optional<AuditStatus> audit_status(const AuditOutlet& audit) {
        const auto counts = audit.counts();
        if (!counts) return std::nullopt;
        return AuditStatus{counts->offered, counts->written, counts->dropped, counts->waiting(),
                           counts->error == 0 ? "" : std::strerror(counts->error)};
    }

    template <class Core>
    MetricsSnapshot snapshot(Shell<Core>& shell, const AuthClient& authenticator,
                             const AuditOutlet& audit) const {
        MetricsSnapshot snapshot;
        snapshot.program = program_;
        snapshot.version = program_version;
        snapshot.started_s = std::chrono::duration<double>(started_).count();
        snapshot.reloads = reloads_;
        snapshot.door = shell.core().door().snapshot();
        snapshot.links = shell.core().link_snapshots();
        const wamp::flow::Budget& memory = shell.connections().memory();
        snapshot.memory = {memory.limit(),
                           memory.used(),
                           memory.held(),
                           memory.peak(),
                           shell.connections().closed_for_memory(),
                           shell.displaced()};
        if (const auto counts = audit.counts())
            snapshot.audit = {counts->written, counts->dropped, counts->waiting(),
                              counts->error != 0};
        const wamp::Dict asked = authenticator.status();
        snapshot.authenticator = {asked.get_bool("running", false), asked.get_uint("asked", 0),
                                  asked.get_uint("waiting", 0), asked.get_uint("dropped", 0),
                                  asked.get_uint("ended", 0)};
        return snapshot;
    }

private:
    static std::vector<ServiceView::Holder> holders(const policy::Door& door,
                                                    const std::vector<wamp::SessionId>& members) {
        std::vector<ServiceView::Holder> shown;
        for (const wamp::SessionId member : members) {
            if (shown.size() == holders_shown_max) break;
            const policy::Session* const session = door.sessions().find(member);
            if (session == nullptr) continue;
            shown.push_back({member, session->principal.authid, session->principal.role});
        }
        return shown;
    }

    static wamp::Timestamp civil_now() {
        return std::chrono::duration_cast<wamp::Timestamp>(
            std::chrono::system_clock::now().time_since_epoch());
    }

    std::string program_;
    ProgramStatus::Limits limits_;
    wamp::Timestamp started_;
    std::uint64_t reloads_ = 0;
    wamp::Timestamp reloaded_{};
};

/// What /readyz says: one line for each fault.
inline std::string fault_lines(const std::vector<Fault>& faults) {
    std::string lines;
    for (const Fault& fault : faults) lines += fault.text + "; " + fault.cure + "\n";
    return lines;
}

}  // namespace sallyport::gateway
