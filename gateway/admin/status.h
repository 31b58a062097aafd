#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/host/sandbox.h"
#include "gateway/supervision/effect.h"

namespace sallyport::gateway {

/// The status as JSON, for the packet from the supervisor to the worker.
std::string to_json(const supervision::OnionStatus& status);

/// The state of the audit log.
struct AuditStatus {
    std::uint64_t recorded = 0;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    std::uint64_t waiting = 0;
    std::string error;  ///< of the last attempt to write; "" if it succeeded
};

/// A snapshot of a running gateway, as `sallyport status` shows it.
struct GatewayStatus {
    std::string_view onion;            ///< to_json() of the OnionStatus
    std::string_view front;            ///< Front::status_json()
    std::optional<AuditStatus> audit;  ///< nothing if no records are written
    Sandbox sandbox;                   ///< of the worker
};

/// The snapshot as one line of JSON with the line end, for the admin socket.
std::string status_line(const GatewayStatus& status);

/// The snapshot in that line as text for people; nothing if the line is invalid.
std::optional<std::string> status_text(std::string_view line);

}  // namespace sallyport::gateway
