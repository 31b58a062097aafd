#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host/sandbox.h"
#include "gateway/supervision/effect.h"

namespace sallyport::gateway {

/// The status as JSON, for the packet from the supervisor to the worker.
std::string to_json(const supervision::OnionStatus& status);

/// The status in such a text.
supervision::OnionStatus onion_of(std::string_view json);
/// The same in the line that a gateway answers to "status"; nothing in that of an inside.
std::optional<supervision::OnionStatus> onion_in(std::string_view line);

/// The state of the audit log.
struct AuditStatus {
    std::uint64_t recorded = 0;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    std::uint64_t waiting = 0;
    std::string error;  ///< of the last attempt to write; "" if it succeeded
};

/// The running program and the versions that it runs.
struct ProgramStatus {
    std::string program;  ///< "gateway" or "inside"
    std::string version;
    std::string started;   ///< as RFC 3339 has it
    std::string reloaded;  ///< when the active version became active; "" at the start
    struct Realm {
        std::string name;
        std::string policy;  ///< the hash
    };
    std::vector<Realm> realms;
    struct Limits {
        std::size_t sessions = 0;
        std::size_t memory = 0;
        std::size_t message_bytes = 0;
        std::size_t queue_bytes = 0;
    };
    Limits limits;
};

/// A snapshot of a running gateway or inside, as `sallyport status` shows it.
struct GatewayStatus {
    ProgramStatus program;
    std::string_view onion;            ///< to_json() of the OnionStatus
    std::string_view front;            ///< status_json() of the Front or the Inside
    std::optional<AuditStatus> audit;  ///< nothing if no records are written
    Sandbox sandbox;                   ///< of the worker
};

/// The snapshot as one line of JSON with the line end, for the admin socket.
std::string status_line(const GatewayStatus& status);

/// What keeps people from being served, and what to do about it.
struct Fault {
    std::string text;
    std::string cure;
};
/// The faults in that line, the worst first; one if the line is invalid.
std::vector<Fault> faults_in(std::string_view line);

/// The snapshot in that line as text for people; nothing if the line is invalid.
std::optional<std::string> status_text(std::string_view line);

}  // namespace sallyport::gateway
