#include "gateway/host/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sallyport::gateway {

namespace {

/// A pipe with room takes that much at once (pipe(7): PIPE_BUF).
constexpr std::size_t atomic_bytes = 4096;

bool has_room(int descriptor, int wait_ms) noexcept {
    pollfd entry{descriptor, POLLOUT, 0};
    return ::poll(&entry, 1, wait_ms) == 1 && (entry.revents & POLLOUT) != 0;
}

/// For a pipe whose flags we may not change. Linux before 6.4 cannot write without waiting to one;
/// then another process can fill it between poll() and write().
ssize_t write_shared(int descriptor, std::string_view bytes) noexcept {
    const std::string_view part = bytes.substr(0, atomic_bytes);
    const iovec vector{const_cast<char*>(part.data()), part.size()};
    const ssize_t written = ::pwritev2(descriptor, &vector, 1, -1, RWF_NOWAIT);
    if (written >= 0 || errno == EAGAIN || errno == EINTR || errno == EPIPE) return written;
    if (!has_room(descriptor, 0)) {
        errno = EAGAIN;
        return -1;
    }
    return ::write(descriptor, part.data(), part.size());
}

}  // namespace

LogOutput::LogOutput(int descriptor) : descriptor_(descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return;
    if (S_ISSOCK(status.st_mode)) {
        kind_ = Kind::socket;
    } else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        // O_NONBLOCK belongs to the open file, which others share: so it is opened a second time.
        const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
        reopened_ = Descriptor(
            ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        kind_ = reopened_ ? Kind::non_blocking : Kind::shared;
        if (reopened_) descriptor_ = reopened_.get();
    }
}

ssize_t LogOutput::attempt(std::string_view bytes) const noexcept {
    ssize_t written = -1;
    do {
        switch (kind_) {
            case Kind::file:
            case Kind::non_blocking:
                written = ::write(descriptor_, bytes.data(), bytes.size());
                break;
            case Kind::socket:
                written =
                    ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
                break;
            case Kind::shared:
                written = write_shared(descriptor_, bytes);
                break;
        }
    } while (written < 0 && errno == EINTR);
    return written;
}

/// Whether there is no rest any more.
bool LogOutput::write_rest() noexcept {
    if (rest_.empty()) return true;
    const ssize_t written = attempt(rest_);
    if (written > 0) rest_.erase(0, static_cast<std::size_t>(written));
    return rest_.empty();
}

bool LogOutput::write(std::string_view line) {
    const ssize_t written = write_rest() ? attempt(line) : -1;
    if (written <= 0) return false;
    rest_ = line.substr(static_cast<std::size_t>(written));
    return true;
}

void LogOutput::write_patiently(std::string_view text, std::chrono::milliseconds limit) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point end = Clock::now() + limit;
    rest_ += text;
    while (!write_rest()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0 || !has_room(descriptor_, static_cast<int>(left))) return;
    }
}

}  // namespace sallyport::gateway
