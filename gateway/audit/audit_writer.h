#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Writes audit records, from a thread of its own: a disk that is slow or full, or a reader that
/// does not read, costs records and never the reactor's time. Promises that each record offered is
/// either written or counted as dropped, and that a line in the log says how many are missing where
/// they are missing. Memory is bounded by twice the queue.
class AuditWriter {
public:
    struct Counts {
        std::uint64_t offered = 0;
        std::uint64_t written = 0;  ///< handed to the kernel as a whole line
        std::uint64_t dropped = 0;
        int error = 0;  ///< errno of the last attempt to write, 0 when it went well
        std::uint64_t waiting() const noexcept { return offered - written - dropped; }
    };

    /// `door` is the member of that name in each line. With `journal`, targets are datagram sockets
    /// and records go to the journal's socket of that path, one datagram each.
    AuditWriter(std::string door, std::size_t queue_bytes, std::string journal = {});
    /// Stops at once.
    ~AuditWriter();
    AuditWriter(const AuditWriter&) = delete;
    AuditWriter& operator=(const AuditWriter&) = delete;

    /// Where to write from now on: a file, FIFO or device, or a socket. The first call starts the
    /// thread.
    void open(Descriptor target);

    /// Takes over packed records (policy::pack), numbered one after the other, which happened just
    /// now. Never waits.
    void offer(std::string_view packed) noexcept;

    Counts counts() const noexcept;

    /// Writes what is there still, for at most that long. What is left then is never written.
    void stop(std::chrono::milliseconds limit) noexcept;

private:
    struct Shared;
    class Writing;

    std::shared_ptr<Shared> shared_;  ///< a thread that hangs in the kernel may outlive us
    std::thread thread_;
    std::uint64_t offered_ = 0;
    std::uint64_t refused_ = 0;  ///< no room in the queue
};

/// "2026-01-31T12:00:00.000Z".
std::string utc_time(std::chrono::system_clock::time_point time);

}  // namespace sallyport::gateway
