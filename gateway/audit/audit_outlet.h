#pragma once

#include <chrono>
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

/// Opens where the records of that [audit] go; nothing for kinds that have no such place. Made with
/// mode 0600 where there is none. A FIFO needs nobody who reads. Throws StartError.
Descriptor open_audit_target(const AuditText& audit);

/// The way of a program's audit records out: into its own log where [audit] names no other place;
/// else hands them to a writer, and tells the log, now and then, when some are lost.
class AuditOutlet {
public:
    AuditOutlet(boost::asio::io_context& io, const AuditText& audit, std::string door);

    bool active() const noexcept { return writer_ != nullptr; }
    /// First or again, as after a rotation.
    void open(Descriptor target);
    void offer(std::string_view packed);
    /// What is known of the records; nothing when no writer has them.
    std::optional<AuditWriter::Counts> counts() const;
    void stop(std::chrono::milliseconds limit);

private:
    static void log_all(std::string_view packed);
    void watch();
    void tell();

    std::unique_ptr<AuditWriter> writer_;
    boost::asio::steady_timer timer_;
    bool watching_ = false;
    std::uint64_t told_ = 0;  ///< how many dropped ones the log knows of
};

}  // namespace sallyport::gateway
