#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// While it lives, a process of root acts as the user of that folder, so that nobody who may write
/// there has root change another place by a symbolic link. Does nothing for another process, for a
/// folder of root, and where there is no such folder. Throws StartError if it may not change its
/// user.
class AsOwnerOf {
public:
    explicit AsOwnerOf(const std::string& folder);
    ~AsOwnerOf();
    AsOwnerOf(const AsOwnerOf&) = delete;
    AsOwnerOf& operator=(const AsOwnerOf&) = delete;

private:
    bool changed_ = false;
    std::vector<gid_t> groups_;
};

/// Replaces a file with `text` and keeps its mode (`mode` for a new one). The change is atomic: a
/// reader, or a machine that loses power, sees all of the old text or all of the new one. Symbolic
/// links are followed. Root writes as AsOwnerOf the file's folder. Throws StartError and keeps the
/// old text if it fails.
void replace_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace sallyport::gateway
