#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "gateway/supervision/process.h"

namespace sallyport::gateway::supervision {

/// The number of a reload. Numbers only increase, so an answer to an older round is recognized as
/// late.
using Round = std::uint64_t;
/// Identifies a reload request on the control socket; assigned by the shell.
using RequestId = std::uint64_t;
inline constexpr RequestId nobody_waits = 0;  ///< a reload by SIGHUP: its outcome is only logged
/// One attempt to connect a backend.
using AttemptId = std::uint64_t;

/// The state of the onion service; part of `sallyport status`.
struct OnionStatus {
    std::string mode;     ///< "managed", "external" or "off"
    std::string address;  ///< "" if not known yet
    int percent = 0;      ///< of the bootstrap
    std::string summary;
    std::string warning;
    bool reachable = false;  ///< the descriptor was uploaded

    bool operator==(const OnionStatus&) const = default;
};

/// The effects of the supervision machines. The shell carries them out in order, after the call
/// that appended them has returned; failures are reported as events.
namespace effect {

enum class Level : std::uint8_t { info, warning, error };

struct Log {
    Level level;
    std::string text;
    bool operator==(const Log&) const = default;
};

/// Start that process. Failure: on_start_failed().
struct Start {
    ProcessId process;
    bool operator==(const Start&) const = default;
};
struct Terminate {  ///< SIGTERM
    ProcessId process;
    bool operator==(const Terminate&) const = default;
};
struct Kill {  ///< SIGKILL
    ProcessId process;
    bool operator==(const Kill&) const = default;
};

/// Send a packet without a descriptor (gateway/supervision/message.h). Failure: on_unreachable().
struct SendPacket {
    ProcessId to;
    std::string text;
    bool operator==(const SendPacket&) const = default;
};
/// Ask that process for an answer of its loop: message::Alive, or of tor on_tor_verified(). There
/// is none if it hangs.
struct Ping {
    ProcessId process;
    bool operator==(const Ping&) const = default;
};
/// Send the state of the onion service to the worker.
struct SendOnion {
    OnionStatus status;
    bool operator==(const SendOnion&) const = default;
};

/// Everything has started: notify the service manager.
struct NotifyReady {
    bool operator==(const NotifyReady&) const = default;
};
struct NotifyStopping {
    bool operator==(const NotifyStopping&) const = default;
};
struct NotifyStatus {
    std::string line;
    bool operator==(const NotifyStatus&) const = default;
};
/// Close the listeners and remove their sockets, so that new connections are refused instead of
/// waiting for an answer.
struct CloseListeners {
    bool operator==(const CloseListeners&) const = default;
};
/// A line for stderr with the reason why the start failed.
struct PrintFailure {
    std::string line;
    bool operator==(const PrintFailure&) const = default;
};
/// No process is left: end the program.
struct Finish {
    int exit_code;
    bool operator==(const Finish&) const = default;
};

/// Read the current policy files (`previous`: use the version before the running one) and store
/// them as the candidate of this round. Answer: on_version_read(), on_version_unreadable(),
/// on_no_previous_version().
struct ReadVersion {
    Round round;
    bool previous;
    bool operator==(const ReadVersion&) const = default;
};
/// Send `prepare ROUND` with the candidate. Failure: on_unreachable().
struct SendPrepare {
    ProcessId to;
    Round round;
    bool operator==(const SendPrepare&) const = default;
};
/// Make the candidate the running version: processes start with it, and it is stored.
struct AdoptVersion {
    Round round;
    bool operator==(const AdoptVersion&) const = default;
};
struct DiscardVersion {  ///< drop the candidate
    Round round;
    bool operator==(const DiscardVersion&) const = default;
};
/// Answer the request on the control socket.
struct Reply {
    RequestId request;
    int exit_code;
    std::string text;
    bool operator==(const Reply&) const = default;
};
/// Open the audit log's files again, as after a rotation.
struct ReopenAudit {
    bool operator==(const ReopenAudit&) const = default;
};

/// Open the audit log of that process again and pass it on.
struct SendAudit {
    ProcessId to;
    bool operator==(const SendAudit&) const = default;
};

/// Connect the address of that backend. Answer: on_dial_connected() or on_dial_failed().
struct DialAddress {
    AttemptId attempt;
    std::uint32_t backend;
    bool operator==(const DialAddress&) const = default;
};
/// Pass one end of a new socket pair to that inside, and keep the other as the connection of this
/// attempt. Answer: as for DialAddress.
struct DialInside {
    AttemptId attempt;
    std::uint32_t backend;
    bool operator==(const DialInside&) const = default;
};
/// Send the worker `connected BACKEND` with the connection of that attempt.
struct SendConnection {
    AttemptId attempt;
    std::uint32_t backend;
    bool operator==(const SendConnection&) const = default;
};
struct CloseConnection {  ///< the connection of that attempt is no longer needed
    AttemptId attempt;
    bool operator==(const CloseConnection&) const = default;
};

/// Connect tor's control socket. Answer: on_tor_attached(), later on_tor_verified() or
/// on_unconfigured(); or on_attach_failed().
struct AttachTor {
    bool operator==(const AttachTor&) const = default;
};
/// Read the address that tor has written. Answer: on_onion_address(), or none if it does not exist
/// yet.
struct ReadOnionAddress {
    bool operator==(const ReadOnionAddress&) const = default;
};

}  // namespace effect

using Effect =
    std::variant<effect::Log, effect::Start, effect::Terminate, effect::Kill, effect::SendPacket,
                 effect::Ping, effect::SendOnion, effect::NotifyReady, effect::NotifyStopping,
                 effect::NotifyStatus, effect::CloseListeners, effect::PrintFailure, effect::Finish,
                 effect::ReadVersion, effect::SendPrepare, effect::AdoptVersion,
                 effect::DiscardVersion, effect::Reply, effect::ReopenAudit, effect::SendAudit,
                 effect::DialAddress, effect::DialInside, effect::SendConnection,
                 effect::CloseConnection, effect::AttachTor, effect::ReadOnionAddress>;
using Outbox = std::vector<Effect>;

}  // namespace sallyport::gateway::supervision
