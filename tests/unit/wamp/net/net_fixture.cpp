#include "tests/unit/wamp/net/net_fixture.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <unistd.h>

namespace sallyport::wamp::test {

namespace {

[[maybe_unused]] const auto no_signal = std::signal(SIGPIPE, SIG_IGN);  // as main() does

}  // namespace

void RawPair::close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
}

void RawPair::write(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string RawPair::read() {
    std::string all;
    std::array<char, 65536> block;
    for (;;) {
        const ssize_t count = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count == 0 || (count < 0 && errno == ECONNRESET)) ended = true;
        if (count <= 0) return all;
        all.append(block.data(), static_cast<std::size_t>(count));
    }
}

bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        if (io.stopped()) io.restart();
        io.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
}

std::pair<Socket, Socket> socket_pair(boost::asio::io_context& io) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    const boost::asio::generic::stream_protocol protocol(AF_UNIX, 0);
    return {Socket(io, protocol, ends[0]), Socket(io, protocol, ends[1])};
}

std::string hex_bytes(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

}  // namespace sallyport::wamp::test
