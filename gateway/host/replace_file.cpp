#include "gateway/host/replace_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int reason) {
    fail_start({path, 0, 0},
               "cannot be written: " + std::error_code(reason, std::generic_category()).message(),
               may_pass(reason) ? "free space on its disk, or make it writable"
                                : "check the folder's owner and permissions",
               reason);
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(file, text.data(), text.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

}  // namespace

void replace_file(const std::string& path, std::string_view text, unsigned mode) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    struct stat old{};
    const bool exists = ::stat(real.c_str(), &old) == 0;
    std::string temporary = (real.parent_path() / ".sallyport-XXXXXX").string();
    const int file = ::mkstemp(temporary.data());
    if (file < 0) fail(path, errno);
    const bool written = ::fchmod(file, exists ? old.st_mode & 07777U : mode) == 0 &&
                         write_all(file, text) && ::fsync(file) == 0;
    int reason = written ? 0 : errno;
    // Owner and group are kept if permitted; otherwise the writer owns the new file.
    if (written && exists && ::fchown(file, old.st_uid, old.st_gid) != 0) errno = 0;
    ::close(file);
    if (written && ::rename(temporary.c_str(), real.c_str()) != 0) reason = errno;
    if (reason != 0) {
        ::unlink(temporary.c_str());
        fail(path, reason);
    }
}

}  // namespace sallyport::gateway
