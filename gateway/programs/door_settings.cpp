#include "gateway/programs/door_settings.h"

#include <algorithm>

namespace sallyport::gateway {

namespace {

constexpr std::size_t login_message_bytes = 64u << 10;
constexpr std::size_t turn_messages = 64;

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
    for (const auto& realm : realms) doors.push_back({realm.policy, realm.terms});
    return doors;
}

std::size_t data_bytes_max(const LimitsText& limits) {
    // Large policies, of which a reload holds two, and the stacks of threads.
    constexpr std::size_t beside_connections = std::size_t{2} << 30;
    return beside_connections + 4 * limits.memory;
}

policy::DoorLimits door_limits(const LimitsText& limits, const AuditText& audit) {
    policy::DoorLimits door;
    door.peers_max = limits.sessions;
    door.guests_max = limits.sessions - std::min(limits.reserved_sessions, limits.sessions - 1);
    door.join_timeout = limits.handshake_timeout;
    door.audit = audit_level(audit);
    door.audit_lines_per_s = audit.lines_per_second;
    door.callee_bytes_max = limits.queue_bytes / 2;
    door.session_bytes_max = limits.queue_bytes;
    door.denials_per_s = limits.denials_per_second;
    door.joins_per_s = limits.circuit_joins_per_second;
    return door;
}

wamp::flow::Places client_places(const LimitsText& limits) {
    return wamp::flow::Places(limits.sessions, limits.circuit_connections);
}

wamp::ConnectionOptions client_options(const LimitsText& limits) {
    wamp::ConnectionOptions options;
    options.message_bytes = limits.message_bytes;
    options.login_message_bytes = login_message_bytes;
    options.turn_messages = turn_messages;
    options.unread_bytes_max = limits.queue_bytes;
    options.handshake_timeout = limits.handshake_timeout;
    options.stall_timeout = limits.stall_timeout;
    options.silence = {limits.ping_interval, limits.ping_timeout};
    options.pings_rawsocket = limits.rawsocket_pings;
    return options;
}

wamp::ConnectionOptions link_options() {
    wamp::ConnectionOptions options;
    options.message_bytes = std::size_t{16} << 20;
    options.essential = true;
    return options;
}

}  // namespace sallyport::gateway
