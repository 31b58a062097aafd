#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/audit/audit_shares.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Writes audit records on a thread of its own, so that a slow or full disk, or a reader that does
/// not read, costs records but never delays the reactor. Guarantees that each offered record is
/// either written or counted as dropped, and that a line in the log says how many are missing at
/// that point. While the queue fills, whoever has much in it is refused first (AuditShares). Memory
/// is bounded by three times the queue.
class AuditWriter {
public:
    struct Counts {
        std::uint64_t offered = 0;
        std::uint64_t written = 0;  ///< passed to the kernel as complete lines
        std::uint64_t dropped = 0;
        int error = 0;  ///< errno of the last write, 0 if it succeeded
        std::uint64_t waiting() const noexcept { return offered - written - dropped; }
    };

    enum class Format : std::uint8_t {
        lines,    ///< of JSON
        journal,  ///< datagrams of the journal's protocol; targets are connect_journal() sockets
    };
    /// `door` is the member of that name in each line.
    AuditWriter(std::string door, std::size_t queue_bytes, Format format = Format::lines);
    /// Stops immediately.
    ~AuditWriter();
    AuditWriter(const AuditWriter&) = delete;
    AuditWriter& operator=(const AuditWriter&) = delete;

    /// Sets the target: a file, FIFO or device, or a socket. The first call starts the thread.
    void open(Descriptor target);

    /// Queues packed records (policy::pack) with consecutive numbers, which have just happened.
    /// Never waits.
    void offer(std::string_view packed) noexcept;

    Counts counts() const noexcept;

    /// Writes the queued records for at most that time. The rest is dropped.
    void stop(std::chrono::milliseconds limit) noexcept;

private:
    struct Shared;
    class WriterThread;

    std::shared_ptr<Shared> shared_;  ///< a blocked thread may outlive this
    std::thread thread_;
    AuditShares shares_;
    std::uint64_t offered_ = 0;
    std::uint64_t refused_ = 0;  ///< for lack of room in the queue
};

/// "2026-01-31T12:00:00.000Z".
std::string utc_time(std::chrono::system_clock::time_point time);

}  // namespace sallyport::gateway
