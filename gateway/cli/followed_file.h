#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// A file of lines that another program appends to. The lines come once each and whole, also over
/// a rotation: when the path names another file, the rest of the old one is read first.
class FollowedFile {
public:
    using OnLine = std::function<void(std::string line)>;

    /// Throws StartError if the file cannot be opened.
    explicit FollowedFile(std::string path);

    /// Hands on the lines that have ended since the last time.
    void read(const OnLine& on_line);
    /// Reads on in the file that has the path now, if it is another or was cut. The last line of
    /// the old one is handed on even if it has not ended. True if it was so.
    bool follow_rotation(const OnLine& on_line);
    /// The last line, as far as it has been written; "" after a line end.
    std::string_view begun() const noexcept { return begun_; }

private:
    /// Where another program's cut or replacement is told from more text.
    struct Identity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const Identity&) const = default;
    };
    void adopt(Descriptor file);

    std::string path_;
    Descriptor file_;
    Identity identity_;
    std::uint64_t read_ = 0;  ///< bytes
    std::string begun_;
};

}  // namespace sallyport::gateway
