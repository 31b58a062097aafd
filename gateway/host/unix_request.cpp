#include "gateway/host/unix_request.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "gateway/host/descriptor.h"
#include "gateway/host/unix_address.h"

namespace sallyport::gateway {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::string unix_request(const std::string& socket_path, std::string_view question,
                         const UnixRequestLimits& limits) {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) fail("socket");
    const timeval timeout{limits.timeout.count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    const UnixAddress address(socket_path);
    if (::connect(socket.get(), address.get(), address.size()) != 0) fail("connect");
    if (!question.empty() && ::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) !=
                                 static_cast<ssize_t>(question.size())) {
        fail("send");
    }
    std::string answer;
    std::array<char, 4096> bytes{};
    while (answer.size() < limits.answer_bytes_max) {
        const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
        if (count <= 0) break;
        answer.append(bytes.data(), std::min(static_cast<std::size_t>(count),
                                             limits.answer_bytes_max - answer.size()));
    }
    return answer;
}

}  // namespace sallyport::gateway
