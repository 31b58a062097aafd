#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "gateway/host/unix_address.h"

namespace sallyport::gateway::test {

/// Listens on a unix socket of its own and runs `serve` over the first connection, on a thread.
class ScriptedPeer {
public:
    explicit ScriptedPeer(std::function<void(int)> serve)
        : path_(std::filesystem::temp_directory_path() /
                ("sallyport-peer-" + std::to_string(::getpid()) + ".sock")) {
        std::filesystem::remove(path_);
        const UnixAddress address(path_.string());
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::bind(listener_, address.get(), address.size()) != 0) std::abort();
        if (::listen(listener_, 1) != 0) std::abort();
        thread_ = std::thread([this, script = std::move(serve)] {
            const int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0) return;
            script(fd);
            ::close(fd);
        });
    }
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ~ScriptedPeer() {
        join();
        ::close(listener_);
        std::filesystem::remove(path_);
    }

    /// Waits until the script has ended; nobody can connect any more.
    void join() {
        ::shutdown(listener_, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
    }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
    int listener_ = -1;
    std::thread thread_;
};

inline std::string read_exactly(int fd, std::size_t bytes) {
    std::string text(bytes, '\0');
    const ssize_t count = ::recv(fd, text.data(), bytes, MSG_WAITALL);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

inline void write_all(int fd, const std::string& text) {
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace sallyport::gateway::test
