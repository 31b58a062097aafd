#include "gateway/programs/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace sallyport::gateway {

void FileWatch::watch(std::vector<std::string> files) {
    files_ = std::move(files);
    told_ = last_ = look();
}

bool FileWatch::changed() {
    std::vector<State> now = look();
    const bool settled = now == last_;
    last_ = std::move(now);
    if (!settled || last_ == told_) return false;
    told_ = last_;
    return true;
}

std::vector<FileWatch::State> FileWatch::look() const {
    std::vector<State> states;
    states.reserve(files_.size());
    for (const std::string& file : files_) {
        struct stat found{};
        if (::stat(file.c_str(), &found) != 0) {
            states.emplace_back();
            continue;
        }
        states.push_back(
            {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec});
    }
    return states;
}

}  // namespace sallyport::gateway
