#include "gateway/programs/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace sallyport::gateway {

void FileWatch::watch(const std::vector<std::string>& files) {
    States told;
    for (const std::string& file : files) {
        const auto known = told_.find(file);
        told.emplace(file, known == told_.end() ? look_at(file) : known->second);
    }
    told_ = std::move(told);
    last_ = told_;
}

bool FileWatch::changed() {
    States now;
    for (const auto& [file, state] : told_) now.emplace(file, look_at(file));
    const bool settled = now == last_;
    last_ = std::move(now);
    if (!settled || last_ == told_) return false;
    told_ = last_;
    return true;
}

FileWatch::State FileWatch::look_at(const std::string& file) {
    struct stat found{};
    if (::stat(file.c_str(), &found) != 0) return {};
    return {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

}  // namespace sallyport::gateway
