#include "gateway/programs/door_settings.h"

namespace sallyport::gateway {

namespace {

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
    door.audit = wanted_records(audit);
    return door;
}

}  // namespace sallyport::gateway
