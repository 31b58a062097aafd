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

bool is_of_another_user(const std::string& folder) {
    struct stat owner{};
    return ::stat(folder.c_str(), &owner) == 0 && owner.st_uid != 0;
}

/// Back to root, with its groups. It must not go on half as somebody else.
void become_root(const std::vector<gid_t>& groups) {
    const bool back = ::seteuid(0) == 0 && ::setegid(::getgid()) == 0 &&
                      ::setgroups(groups.size(), groups.data()) == 0;
    if (!back) std::abort();
}

/// What became of a file while it was replaced.
struct Replaced {
    int file = -1;  ///< the new one, open
    int reason = 0;
    bool existed = false;
    struct stat old{};
};

Replaced replace(const fs::path& real, std::string_view text, unsigned mode) {
    Replaced done;
    done.existed = ::stat(real.c_str(), &done.old) == 0;
    std::string temporary = (real.parent_path() / ".sallyport-XXXXXX").string();
    done.file = ::mkstemp(temporary.data());
    if (done.file < 0) {
        done.reason = errno;
        return done;
    }
    const bool written = ::fchmod(done.file, done.existed ? done.old.st_mode & 0777U : mode) == 0 &&
                         write_all(done.file, text) && ::fsync(done.file) == 0;
    if (!written || ::rename(temporary.c_str(), real.c_str()) != 0) {
        done.reason = errno;
        ::unlink(temporary.c_str());
    }
    return done;
}

}  // namespace

AsOwnerOf::AsOwnerOf(const std::string& folder) {
    struct stat owner{};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0 || owner.st_uid == 0) return;
    const int count = ::getgroups(0, nullptr);
    groups_.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    if (::getgroups(static_cast<int>(groups_.size()), groups_.data()) >= 0 &&
        ::setgroups(1, &owner.st_gid) == 0) {
        changed_ = ::setegid(owner.st_gid) == 0 && ::seteuid(owner.st_uid) == 0;
        if (changed_) return;
        const int reason = errno;
        become_root(groups_);
        errno = reason;
    }
    throw StartError(
        {folder, 0, 0},
        "belongs to user " + std::to_string(owner.st_uid) +
            ", as whom nothing can be written: " + std::generic_category().message(errno),
        "run this command as that user");
}

AsOwnerOf::~AsOwnerOf() {
    if (changed_) become_root(groups_);
}

void replace_file(const std::string& path, std::string_view text, unsigned mode) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    // Whoever may make links at either end must not lead root elsewhere.
    const std::string own = folder_of(path);
    Replaced done;
    {
        const AsOwnerOf owner(is_of_another_user(own) ? own : real.parent_path().string());
        done = replace(real, text, mode);
    }
    // Owner and group are kept; a process that is not root may not do that, and owns the new file.
    const bool is_kept = done.reason != 0 || !done.existed ||
                         ::fchown(done.file, done.old.st_uid, done.old.st_gid) == 0 ||
                         ::geteuid() != 0;
    if (!is_kept) done.reason = errno;
    if (done.file >= 0) ::close(done.file);
    if (done.reason != 0) fail(path, done.reason);
}

}  // namespace sallyport::gateway
