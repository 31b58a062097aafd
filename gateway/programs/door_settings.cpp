#include "gateway/programs/door_settings.h"

namespace sallyport::gateway {

namespace {

policy::AuditTrail::Level audit_level(const AuditText& audit) noexcept {
    using Level = policy::AuditTrail::Level;
    switch (audit.kind) {
        case AuditText::Kind::log:
            return Level::denied;
        case AuditText::Kind::off:
            return Level::nothing;
        case AuditText::Kind::file:
        case AuditText::Kind::journald:
            return audit.all ? Level::all : Level::denied;
    }
    return Level::denied;
}

}  // namespace

std::vector<policy::DoorRealm> door_realms(const std::vector<policy::LoadedRealm>& realms) {
    std::vector<policy::DoorRealm> doors;
    doors.reserve(realms.size());
    for (const auto& realm : realms) doors.push_back({realm.policy, realm.authenticator});
    return doors;
}

policy::DoorLimits door_limits(const LimitsText& limits, const AuditText& audit) {
    policy::DoorLimits door;
    door.peers_max = limits.sessions;
    door.join_timeout = limits.handshake_timeout;
    door.audit = audit_level(audit);
    door.callee_bytes_max = limits.queue_bytes / 2;
    return door;
}

}  // namespace sallyport::gateway
