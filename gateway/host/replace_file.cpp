#include "gateway/host/replace_file.h"

#include <grp.h>
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

std::string folder_of(const std::string& path) {
    const std::string folder = fs::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace

AsOwnerOf::AsOwnerOf(const std::string& folder) {
    struct stat owner{};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0 || owner.st_uid == 0) return;
    const int count = ::getgroups(0, nullptr);
    groups_.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    changed_ = ::getgroups(static_cast<int>(groups_.size()), groups_.data()) >= 0 &&
               ::setgroups(1, &owner.st_gid) == 0 && ::setegid(owner.st_gid) == 0 &&
               ::seteuid(owner.st_uid) == 0;
    if (changed_) return;
    const int reason = errno;
    throw StartError(
        {folder, 0, 0},
        "belongs to user " + std::to_string(owner.st_uid) +
            ", as whom nothing can be written: " + std::generic_category().message(reason),
        "run this command as that user");
}

AsOwnerOf::~AsOwnerOf() {
    if (!changed_) return;
    const bool back = ::seteuid(0) == 0 && ::setegid(::getgid()) == 0 &&
                      ::setgroups(groups_.size(), groups_.data()) == 0;
    if (!back) std::abort();  // it must not go on half as somebody else
}

void replace_file(const std::string& path, std::string_view text, unsigned mode) {
    const AsOwnerOf owner(folder_of(path));
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
