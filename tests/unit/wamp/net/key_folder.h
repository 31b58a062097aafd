#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace sallyport::wamp::test {

/// A folder of its own for one test, gone afterwards.
struct KeyFolder {
    explicit KeyFolder(const std::string& name)
        : path(std::filesystem::temp_directory_path() /
               ("sallyport-net-test-" + std::to_string(::getpid()) + "-" + name)) {
        std::filesystem::remove_all(path);
    }
    KeyFolder(const KeyFolder&) = delete;
    KeyFolder& operator=(const KeyFolder&) = delete;
    ~KeyFolder() {
        std::error_code none;
        std::filesystem::remove_all(path, none);
    }

    std::filesystem::path path;
};

}  // namespace sallyport::wamp::test
