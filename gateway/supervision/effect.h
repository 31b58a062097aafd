#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "gateway/supervision/process.h"

namespace sallyport::gateway::supervision {

/// A number of one reload. Rounds only grow, so an answer to an older one is recognized as late.
using Round = std::uint64_t;
/// Who asked for a reload on the control socket; the shell gives the numbers.
using RequestId = std::uint64_t;
inline constexpr RequestId nobody_waits =
    0;  ///< a reload by SIGHUP: only the log tells its outcome
/// One attempt to connect a backend.
using AttemptId = std::uint64_t;

/// What is known of the onion service; part of `sallyport status`.
struct OnionStatus {
    std::string mode;     ///< "managed", "external" or "off"
    std::string address;  ///< "" as long as it is not known
    int percent = 0;      ///< of the bootstrap
    std::string summary;
    std::string warning;
    bool reachable = false;  ///< the descriptor was uploaded

    bool operator==(const OnionStatus&) const = default;
};

/// What a supervision machine wants done. The shell carries effects out in order, after the call
/// that appended them has returned; what fails on the way is reported as an event.
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
/// Send the worker what is known of the onion service.
struct SendOnion {
    OnionStatus status;
    bool operator==(const SendOnion&) const = default;
};

/// Everything has started: tell the service manager.
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
/// Close the listeners and remove their sockets, so that whoever comes now finds nobody instead of
/// waiting for an answer.
struct CloseListeners {
    bool operator==(const CloseListeners&) const = default;
};
/// A line for stderr: why the start has failed.
struct PrintFailure {
    std::string line;
    bool operator==(const PrintFailure&) const = default;
};
/// No process is left: end the program.
struct Finish {
    int exit_code;
    bool operator==(const Finish&) const = default;
};

/// Read the files of the policy as they are now (`previous`: take the version before the one that
/// runs) and keep them as the candidate of this round. Answer: on_version_read(),
/// on_version_unreadable(), on_no_previous_version().
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
/// The candidate is the version that runs from now on: processes start with it, and it is stored.
struct AdoptVersion {
    Round round;
    bool operator==(const AdoptVersion&) const = default;
};
struct DiscardVersion {  ///< drop the candidate
    Round round;
    bool operator==(const DiscardVersion&) const = default;
};
/// Answer whoever asked on the control socket.
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

/// Connect the address of that backend. Answer: on_dial_connected() or on_dial_failed().
struct DialAddress {
    AttemptId attempt;
    std::uint32_t backend;
    bool operator==(const DialAddress&) const = default;
};
/// Hand one end of a new pair of sockets to that inside, and keep the other as the connection of
/// this attempt. Answer: as for DialAddress.
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
struct CloseConnection {  ///< nobody wants the connection of that attempt any more
    AttemptId attempt;
    bool operator==(const CloseConnection&) const = default;
};

/// Connect tor's control socket. Answer: on_tor_attached() or on_tor_attach_failed().
struct AttachTor {
    bool operator==(const AttachTor&) const = default;
};
/// Look for the address that tor has written. Answer: on_onion_address(), or none when it is not
/// there yet.
struct ReadOnionAddress {
    bool operator==(const ReadOnionAddress&) const = default;
};

}  // namespace effect

using Effect =
    std::variant<effect::Log, effect::Start, effect::Terminate, effect::Kill, effect::SendPacket,
                 effect::SendOnion, effect::NotifyReady, effect::NotifyStopping,
                 effect::NotifyStatus, effect::CloseListeners, effect::PrintFailure, effect::Finish,
                 effect::ReadVersion, effect::SendPrepare, effect::AdoptVersion,
                 effect::DiscardVersion, effect::Reply, effect::ReopenAudit, effect::DialAddress,
                 effect::DialInside, effect::SendConnection, effect::CloseConnection,
                 effect::AttachTor, effect::ReadOnionAddress>;
using Outbox = std::vector<Effect>;

}  // namespace sallyport::gateway::supervision
