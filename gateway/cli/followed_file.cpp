#include "gateway/cli/followed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {

namespace {

constexpr std::size_t read_bytes = std::size_t{64} << 10;

Descriptor opened(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

FollowedFile::FollowedFile(std::string path) : path_(std::move(path)) {
    Descriptor file = opened(path_);
    if (!file) {
        throw StartError({path_, 0, 0}, std::string("cannot be opened: ") + std::strerror(errno),
                         "has the program run with this configuration, and are you its user?");
    }
    adopt(std::move(file));
}

void FollowedFile::adopt(Descriptor file) {
    struct stat now{};
    // Of the open file: its path may name another one already.
    if (::fstat(file.get(), &now) == 0) identity_ = {now.st_dev, now.st_ino};
    file_ = std::move(file);
    read_ = 0;
    begun_.clear();
}

void FollowedFile::read(const OnLine& on_line) {
    std::array<char, read_bytes> buffer{};
    for (;;) {
        const ssize_t bytes = ::read(file_.get(), buffer.data(), buffer.size());
        if (bytes < 0 && errno == EINTR) continue;
        if (bytes <= 0) return;
        read_ += static_cast<std::uint64_t>(bytes);
        std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
        for (std::size_t end = text.find('\n'); end != std::string_view::npos;
             end = text.find('\n')) {
            begun_ += text.substr(0, end);
            on_line(std::exchange(begun_, {}));
            text.remove_prefix(end + 1);
        }
        begun_ += text;
    }
}

bool FollowedFile::follow_rotation(const OnLine& on_line) {
    struct stat now{};
    if (::stat(path_.c_str(), &now) != 0) return false;
    const bool another = Identity{now.st_dev, now.st_ino} != identity_;
    if (!another && static_cast<std::uint64_t>(now.st_size) >= read_) return false;
    Descriptor next = opened(path_);
    if (!next) return false;
    // Nobody writes to the old file after the new one is there.
    if (another) read(on_line);
    if (!begun_.empty()) on_line(std::exchange(begun_, {}));
    adopt(std::move(next));
    return true;
}

}  // namespace sallyport::gateway
