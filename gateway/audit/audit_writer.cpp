#include "gateway/audit/audit_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>
#include <vector>

#include "gateway/audit/audit_journal.h"
#include "gateway/audit/audit_queue.h"
#include "policy/audit/audit.h"

namespace sallyport::gateway {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t chunk_bytes = 64 * 1024;  // of text for each write

std::int64_t wall_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Descriptor make_event() {
    Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) throw std::system_error(errno, std::generic_category(), "eventfd");
    return event;
}

void ring(const Descriptor& event) noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t count = ::write(event.get(), &one, sizeof(one));
}

void silence(const Descriptor& event) noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = ::read(event.get(), &count, sizeof(count));
}

}  // namespace

std::string utc_time(std::chrono::system_clock::time_point time) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<int>(ms % 1000));
    return {text.data(), static_cast<std::size_t>(size)};
}

/// State that the reactor and the writer share.
struct AuditWriter::Shared {
    Shared(std::string the_door, std::size_t queue_bytes, Format format)
        : door(std::move(the_door)),
          journal(format == Format::journal),
          queue(queue_bytes),
          wake(make_event()),
          done(make_event()) {}
    ~Shared() { Descriptor(next_target.exchange(-1)).close(); }

    const std::string door;
    const bool journal;
    AuditQueue queue;
    const Descriptor wake;                 ///< wakes up the writer
    const Descriptor done;                 ///< the writer has ended
    std::atomic<std::uint64_t> newest{0};  ///< the number of the last offered record, queued or not
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<int> error{0};
    std::atomic<int> next_target{-1};
    std::atomic<bool> asleep{false};
    std::atomic<bool> stopping{false};
    std::atomic<Clock::rep> stop_at{0};
};

/// Runs on the writer's thread.
class AuditWriter::WriterThread {
public:
    explicit WriterThread(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    void run() {
        for (;;) {
            adopt_target();
            // Read before the queue: a lower number that is then not in the queue was dropped.
            const std::uint64_t newest = shared_->newest.load(std::memory_order_acquire);
            if (shared_->queue.take(batch_)) {
                write_batch();
                continue;
            }
            if (newest > accounted_) {
                add_gap(newest + 1, utc_time(std::chrono::system_clock::now()));
                if (write_chunk()) continue;
            }
            if (shared_->stopping.load()) break;
            sleep(newest);
        }
        ring(shared_->done);
    }

private:
    /// One line of the text to be written.
    struct Entry {
        std::size_t end;        ///< offset in the text
        std::uint64_t account;  ///< the value of accounted_ after it
        bool record;            ///< false: a line about dropped records
    };

    /// Sleeps until there is something newer than record `newest`.
    void sleep(std::uint64_t newest) noexcept {
        // The reactor uses an exchange too, so at least one side sees the other's change.
        shared_->asleep.exchange(true, std::memory_order_acq_rel);
        const bool busy = shared_->newest.load(std::memory_order_acquire) != newest ||
                          shared_->stopping.load() || shared_->next_target.load() >= 0;
        if (busy) return;
        pollfd wake{shared_->wake.get(), POLLIN, 0};
        ::poll(&wake, 1, -1);
        silence(shared_->wake);
    }

    void adopt_target() {
        const int next = shared_->next_target.exchange(-1);
        if (next < 0) return;
        target_ = Descriptor(next);
        partial_line_ = false;
    }

    void write_batch() {
        for (std::string_view rest = batch_; !rest.empty();) {
            std::int64_t ms = 0;
            std::memcpy(&ms, rest.data(), sizeof(ms));
            rest.remove_prefix(sizeof(ms));
            policy::AuditRecord record;
            rest.remove_prefix(policy::unpack(rest, record));
            add(record, ms);
            if (text_.size() >= chunk_bytes) write_chunk();
        }
        write_chunk();
    }

    void add(const policy::AuditRecord& record, std::int64_t ms) {
        if (ms != last_ms_) {
            last_ms_ = ms;
            last_time_ =
                utc_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(ms)));
        }
        const std::uint64_t before = entries_.empty() ? accounted_ : entries_.back().account;
        if (record.number > before + 1) add_gap(record.number, last_time_);
        if (!shared_->journal) {
            policy::append_json(text_, record, last_time_, shared_->door);
        } else {
            append_journal(text_, record, last_time_, shared_->door);
        }
        entries_.push_back({text_.size(), record.number, true});
    }

    void add_gap(std::uint64_t next, std::string_view time) {
        const std::uint64_t before = entries_.empty() ? accounted_ : entries_.back().account;
        const std::uint64_t missing = next - before - 1;
        if (!shared_->journal) {
            policy::append_gap_json(text_, missing, time, shared_->door);
        } else {
            append_journal_gap(text_, missing, time, shared_->door);
        }
        entries_.push_back({text_.size(), next - 1, false});
    }

    /// Writes the text and drops what cannot be written. Returns whether everything was written.
    bool write_chunk() {
        while (!entries_.empty()) {
            const std::size_t done = !shared_->journal ? write_lines() : send_entries();
            const bool moves_on = done < entries_.size() && shared_->next_target.load() >= 0;
            std::uint64_t written = 0, failed = 0;
            for (std::size_t i = 0; i < entries_.size(); ++i) {
                if (i < done) accounted_ = entries_[i].account;
                if (entries_[i].record) ++(i < done ? written : failed);
            }
            shared_->written += written;
            if (moves_on) {
                keep_from(done);
                adopt_target();
                continue;
            }
            shared_->failed += failed;
            const bool all = done == entries_.size();
            if (all) shared_->error = 0;
            text_.clear();
            entries_.clear();
            return all;
        }
        return true;
    }

    void keep_from(std::size_t entry) {
        const std::size_t begin = entry == 0 ? 0 : entries_[entry - 1].end;
        text_.erase(0, begin);
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(entry));
        for (Entry& each : entries_) each.end -= begin;
    }

    /// Returns how many entries were written completely.
    std::size_t write_lines() {
        const std::size_t bytes = write_bytes();
        std::size_t done = 0;
        while (done < entries_.size() && entries_[done].end <= bytes) ++done;
        const std::size_t whole = done == 0 ? 0 : entries_[done - 1].end;
        // It stays, as the sandbox has no ftruncate(): what is written cannot be taken back.
        if (whole < bytes) partial_line_ = true;
        return done;
    }

    std::size_t send_entries() {
        std::size_t done = 0;
        for (std::size_t begin = 0; done < entries_.size(); begin = entries_[done++].end) {
            if (!send_entry(begin, entries_[done].end)) break;
        }
        return done;
    }

    /// Returns how many bytes of the text were written.
    std::size_t write_bytes() {
        if (partial_line_ && !write_newline()) return 0;
        std::size_t at = 0;
        while (at < text_.size()) {
            const ssize_t count = ::write(target_.get(), text_.data() + at, text_.size() - at);
            if (count > 0) {
                at += static_cast<std::size_t>(count);
            } else if (!may_retry()) {
                break;
            }
        }
        return at;
    }

    bool write_newline() {
        while (::write(target_.get(), "\n", 1) != 1) {
            if (!may_retry()) return false;
        }
        partial_line_ = false;
        return true;
    }

    bool send_entry(std::size_t begin, std::size_t end) {
        while (
            !send_to_journal(target_.get(), std::string_view(text_).substr(begin, end - begin))) {
            if (!may_retry()) return false;
        }
        return true;
    }

    /// Whether to try again after a failed attempt.
    bool may_retry() {
        const int reason = errno;
        if (reason == EINTR) return true;
        if (reason != EAGAIN) {
            shared_->error = reason;
            return false;
        }
        for (;;) {
            int wait_ms = -1;
            if (shared_->stopping.load()) {
                const Clock::duration left =
                    Clock::duration(shared_->stop_at.load()) - Clock::now().time_since_epoch();
                wait_ms = static_cast<int>(
                    std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
                if (wait_ms <= 0) return false;
            }
            std::array<pollfd, 2> events{
                {{target_.get(), POLLOUT, 0}, {shared_->wake.get(), POLLIN, 0}}};
            shared_->asleep = true;  // so that stop() and open() wake it up
            ::poll(events.data(), events.size(), wait_ms);
            silence(shared_->wake);
            if (events[0].revents != 0) return true;
            if (shared_->next_target.load() >= 0) return false;
        }
    }

    std::shared_ptr<Shared> shared_;
    Descriptor target_;
    bool partial_line_ = false;    ///< the target ends with an incomplete line
    std::uint64_t accounted_ = 0;  ///< the last record that is written or reported as dropped
    std::int64_t last_ms_ = -1;
    std::string last_time_;
    std::string batch_;
    std::string text_;
    std::vector<Entry> entries_;
};

AuditWriter::AuditWriter(std::string door, std::size_t queue_bytes, Format format)
    : shared_(std::make_shared<Shared>(std::move(door), queue_bytes, format)),
      shares_(shared_->queue.capacity()) {}

AuditWriter::~AuditWriter() {
    stop(std::chrono::milliseconds(0));
}

void AuditWriter::open(Descriptor target) {
    Descriptor(shared_->next_target.exchange(target.release())).close();
    if (thread_.joinable()) {
        ring(shared_->wake);
        return;
    }
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are handled by the reactor
    thread_ = std::thread([shared = shared_] { WriterThread(shared).run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void AuditWriter::offer(std::string_view packed) noexcept {
    const std::int64_t ms = wall_ms();
    const std::string_view time(reinterpret_cast<const char*>(&ms), sizeof(ms));
    std::uint64_t newest = 0;
    policy::AuditRecord record;
    shares_.taken(shared_->queue.begin());
    while (!packed.empty()) {
        const std::size_t bytes = policy::unpack(packed, record);
        if (bytes == 0) break;
        ++offered_;
        newest = record.number;
        const std::size_t size = time.size() + bytes;
        if (shares_.has_room(record, size) && shared_->queue.put(time, packed.substr(0, bytes))) {
            shares_.entered(record, size, shared_->queue.end());
        } else {
            ++refused_;
        }
        packed.remove_prefix(bytes);
    }
    if (newest == 0) return;
    shared_->newest.store(newest, std::memory_order_release);
    if (shared_->asleep.exchange(false, std::memory_order_acq_rel)) ring(shared_->wake);
}

AuditWriter::Counts AuditWriter::counts() const noexcept {
    return {offered_, shared_->written.load(), refused_ + shared_->failed.load(),
            shared_->error.load()};
}

void AuditWriter::stop(std::chrono::milliseconds limit) noexcept {
    if (!thread_.joinable()) return;
    shared_->stop_at = (Clock::now() + limit).time_since_epoch().count();
    shared_->stopping = true;
    ring(shared_->wake);
    pollfd done{shared_->done.get(), POLLIN, 0};
    constexpr int grace_ms = 100;  // for a slow kernel between two checks of the clock
    if (::poll(&done, 1, static_cast<int>(limit.count()) + grace_ms) > 0) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

}  // namespace sallyport::gateway
