#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/audit/audit_writer.h"
#include "gateway/config/config.h"
#include "gateway/host/descriptor.h"
#include "policy/audit/audit.h"

namespace sallyport::gateway {

/// Opens the destination of that [audit]; nothing for kinds that have none to open. A new file gets
/// mode 0600. A FIFO needs no reader, and the journal need not run yet. Throws StartError.
Descriptor open_audit_target(const AuditText& audit);

/// Ends the last line of that target if an earlier process wrote a part of it only, as the next one
/// would go on with it. False if that fails, on a full disk: then nobody may write yet.
[[nodiscard]] bool end_last_line(const AuditText& audit, const Descriptor& target) noexcept;

/// Delivers a program's audit records: to its own log if [audit] names no other destination;
/// otherwise to a writer, and logs from time to time how many were lost.
class AuditOutlet {
public:
    /// `lost` is called when the journal does not take records any more, at most once a second:
    /// then open() is wanted.
    AuditOutlet(boost::asio::io_context& io, const AuditText& audit, std::string door,
                std::function<void()> lost);

    bool active() const noexcept { return writer_ != nullptr; }
    /// For the first time, or again after a rotation.
    void open(Descriptor target);
    void offer(std::string_view packed);
    /// The state of the records; nothing if there is no writer.
    std::optional<AuditWriter::Counts> counts() const;
    void stop(std::chrono::milliseconds limit);

private:
    static void log_all(std::string_view packed);
    void watch();
    void log_dropped();

    std::unique_ptr<AuditWriter> writer_;
    std::function<void()> lost_;
    bool journal_;
    boost::asio::steady_timer timer_;
    bool watching_ = false;
    std::uint64_t drops_logged_ = 0;  ///< the number of dropped records already logged
};

}  // namespace sallyport::gateway
