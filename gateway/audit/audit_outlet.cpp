#include "gateway/audit/audit_outlet.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/audit/audit_journal.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "policy/audit/audit_line.h"

namespace sallyport::gateway {

namespace {

constexpr std::chrono::seconds look_every{1};

}  // namespace

Descriptor open_audit_target(const AuditText& audit) {
    if (audit.kind == AuditText::Kind::journald)
        return connect_journal(audit.path.empty() ? std::string(system_journal) : audit.path);
    if (audit.kind != AuditText::Kind::file) return {};
    constexpr int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct stat status{};
    const bool exists = ::stat(audit.path.c_str(), &status) == 0;
    // Read and write: a FIFO without a reader can then be opened and never breaks. A file is only
    // appended to, so that the process that gets it cannot change what it holds.
    const int access = exists && S_ISFIFO(status.st_mode) ? O_RDWR : O_WRONLY;
    Descriptor target(::open(audit.path.c_str(), access | O_APPEND | O_CREAT | flags, 0600));
    if (!target) {
        fail_start(audit.place,
                   "cannot write the audit log " + policy::quoted(audit.path) + ": " +
                       std::strerror(errno),
                   "check the path and its permissions", errno);
    }
    static_cast<void>(end_last_line(audit, target));
    return target;
}

bool end_last_line(const AuditText& audit, const Descriptor& target) noexcept {
    struct stat status{};
    if (::fstat(target.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return true;
    const Descriptor file(::open(audit.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    char last = '\n';
    if (::pread(file.get(), &last, 1, status.st_size - 1) != 1 || last == '\n') return true;
    return ::write(target.get(), "\n", 1) == 1;
}

AuditOutlet::AuditOutlet(boost::asio::io_context& io, const AuditText& audit, std::string door,
                         std::function<void()> lost)
    : lost_(std::move(lost)), journal_(audit.kind == AuditText::Kind::journald), timer_(io) {
    if (audit.kind != AuditText::Kind::file && !journal_) return;
    const auto format = journal_ ? AuditWriter::Format::journal : AuditWriter::Format::lines;
    writer_ = std::make_unique<AuditWriter>(std::move(door), audit.queue_bytes, format);
}

void AuditOutlet::open(Descriptor target) {
    if (!writer_) return;
    if (!target) return lost_();  // there was no free descriptor to receive it
    writer_->open(std::move(target));
}

void AuditOutlet::offer(std::string_view packed) {
    if (!writer_) return log_all(packed);
    writer_->offer(packed);
    if (!watching_) watch();
}

// The core has logged reloads already.
void AuditOutlet::log_all(std::string_view packed) {
    policy::AuditRecord record;
    while (const std::size_t bytes = policy::unpack(packed, record)) {
        packed.remove_prefix(bytes);
        if (record.outcome != policy::Outcome::reload) log(LogLevel::info, policy::line_of(record));
    }
}

// Only while records arrive, so that an idle gateway does not wake up.
void AuditOutlet::watch() {
    watching_ = true;
    timer_.expires_after(look_every);
    timer_.async_wait([this](boost::system::error_code error) {
        watching_ = false;
        if (error) return;
        log_dropped();
        const AuditWriter::Counts counts = writer_->counts();
        if (journal_ && counts.error != 0) lost_();
        if (counts.waiting() > 0) watch();
    });
}

void AuditOutlet::log_dropped() {
    const AuditWriter::Counts counts = writer_->counts();
    if (counts.dropped == drops_logged_) return;
    const std::string why = counts.error != 0 ? std::strerror(counts.error)
                                              : "records arrive faster than they are written";
    log(LogLevel::error, "audit log: " + std::to_string(counts.dropped - drops_logged_) +
                             " records dropped: " + why);
    drops_logged_ = counts.dropped;
}

std::optional<AuditWriter::Counts> AuditOutlet::counts() const {
    if (!writer_) return std::nullopt;
    return writer_->counts();
}

void AuditOutlet::stop(std::chrono::milliseconds limit) {
    timer_.cancel();
    if (!writer_) return;
    writer_->stop(limit);
    const AuditWriter::Counts counts = writer_->counts();
    const std::uint64_t lost = counts.dropped + counts.waiting();
    if (lost > drops_logged_) {
        log(LogLevel::error, "audit log: " + std::to_string(lost) + " of " +
                                 std::to_string(counts.offered) + " records dropped");
    }
}

}  // namespace sallyport::gateway
