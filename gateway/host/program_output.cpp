#include "gateway/host/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "gateway/host/child.h"
#include "gateway/host/descriptor.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

std::string output_of(const std::string& program, std::vector<std::string> words,
                      std::chrono::milliseconds limit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "";
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    pid_t pid = 0;
    try {
        pid = start_child({program, std::move(words), -1, write_end.get()});
    } catch (const StartError&) {
        return "";
    }
    write_end.close();
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::string output;
    std::array<char, 4096> bytes{};
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd readable{read_end.get(), POLLIN, 0};
        const int events = ::poll(&readable, 1, std::max(0, static_cast<int>(left.count())));
        if (events < 0 && errno == EINTR) continue;
        if (events <= 0) break;
        const ssize_t count = ::read(read_end.get(), bytes.data(), bytes.size());
        if (count <= 0) break;
        output.append(bytes.data(), static_cast<std::size_t>(count));
    }
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return output;
}

}  // namespace sallyport::gateway
