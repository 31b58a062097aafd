#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sallyport::gateway {

/// Notices that files were changed by looking at them now and then, in whatever way an editor
/// replaces them. A file may be missing.
class FileWatch {
public:
    /// Looks at these files from now on. One that it has looked at before is compared with what was
    /// told of it, a new one with how it is now.
    void watch(const std::vector<std::string>& files);
    std::size_t size() const noexcept { return told_.size(); }

    /// Whether a file is another one than was told before, and is the same as at the last call:
    /// what somebody writes at this moment is told by a later call.
    bool changed();

private:
    struct State {
        ino_t inode = 0;
        off_t bytes = -1;  ///< of a missing file
        std::int64_t modified_s = 0;
        std::int64_t modified_ns = 0;
        bool operator==(const State&) const = default;
    };
    using States = std::map<std::string, State>;  ///< by path
    static State look_at(const std::string& file);

    States told_;
    States last_;
};

}  // namespace sallyport::gateway
