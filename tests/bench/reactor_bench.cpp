// What a message costs the thread that serves sockets, by wamp::Connections (an epoll of its own)
// and by Asio's sockets, used in the two ways that Asio has. All three serve the same echo over
// RawSocket with the same framing, queues and gathered writes (wamp::Channel); only who waits for
// the sockets differs. Prints CPU time and system calls per message, and heap per idle connection,
// the ways taking turns in one run. See docs/decisions/0006.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/bench/timing.h"
#include "wamp/base/check.h"
#include "wamp/net/channel.h"
#include "wamp/net/connections.h"

namespace {

std::uint64_t system_calls = 0;

}  // namespace

// The linker leads these calls of the whole program here (--wrap, tests/bench/CMakeLists.txt).
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define SALLYPORT_COUNTED(result, name, parameters, arguments) \
    extern "C" result __real_##name parameters;                \
    extern "C" result __wrap_##name parameters {               \
        ++system_calls;                                        \
        return __real_##name arguments;                        \
    }
SALLYPORT_COUNTED(ssize_t, recv, (int fd, void* to, size_t size, int flags), (fd, to, size, flags))
SALLYPORT_COUNTED(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
SALLYPORT_COUNTED(ssize_t, send, (int fd, const void* from, size_t size, int flags),
                  (fd, from, size, flags))
SALLYPORT_COUNTED(ssize_t, sendmsg, (int fd, const msghdr* message, int flags),
                  (fd, message, flags))
SALLYPORT_COUNTED(ssize_t, read, (int fd, void* to, size_t size), (fd, to, size))
SALLYPORT_COUNTED(ssize_t, readv, (int fd, const iovec* to, int count), (fd, to, count))
SALLYPORT_COUNTED(ssize_t, write, (int fd, const void* from, size_t size), (fd, from, size))
SALLYPORT_COUNTED(ssize_t, writev, (int fd, const iovec* from, int count), (fd, from, count))
SALLYPORT_COUNTED(int, epoll_wait, (int fd, epoll_event* events, int most, int ms),
                  (fd, events, most, ms))
SALLYPORT_COUNTED(int, epoll_ctl, (int fd, int what, int of, epoll_event* event),
                  (fd, what, of, event))
#undef SALLYPORT_COUNTED
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

namespace asio = boost::asio;
using namespace sallyport;
using wamp::Channel;
using wamp::Socket;

constexpr std::size_t message_bytes = 64;
constexpr std::size_t frame_bytes = wamp::Frame::prefix_bytes + message_bytes;
constexpr int rounds = 5;

/// Counts messages, and measures from the first tenth of them to the last.
class Meter {
public:
    Meter(asio::io_context& io, std::uint64_t messages) : io_(io), messages_(messages) {}

    void count() {
        ++seen_;
        const std::uint64_t warm_up = messages_ / 10;
        if (seen_ == warm_up) {
            calls_ = system_calls;
            cpu_ms_ = bench::cpu_milliseconds();
        }
        if (seen_ < messages_) return;
        const auto measured = static_cast<double>(messages_ - warm_up);
        cpu_us_per_message = (bench::cpu_milliseconds() - cpu_ms_) * 1000 / measured;
        calls_per_message = static_cast<double>(system_calls - calls_) / measured;
        io_.stop();
    }

    double cpu_us_per_message = 0;
    double calls_per_message = 0;

private:
    asio::io_context& io_;
    std::uint64_t messages_;
    std::uint64_t seen_ = 0;
    std::uint64_t calls_ = 0;
    double cpu_ms_ = 0;
};

/// wamp::Connections.
class OwnEpoll : public wamp::Host {
public:
    OwnEpoll(asio::io_context& io, Meter& meter) : meter_(meter), connections_(io, *this) {}

    void add(Socket socket) { connections_.accept(std::move(socket), {}); }

    void on_open(wamp::PeerId, const wamp::Opened&) override {}
    void on_message(wamp::PeerId peer, std::string_view bytes) override {
        connections_.send(peer, wamp::Frame::copy_of(bytes));
        meter_.count();
    }
    void on_alive(wamp::PeerId) override {}
    void on_batch_end() override {}
    void on_closed(wamp::PeerId, std::string_view) override {}

private:
    Meter& meter_;
    wamp::Connections connections_;
};

constexpr std::size_t gather_max = 64;

/// What both uses of Asio's sockets have in common.
struct AsioShared {
    AsioShared(asio::io_context& io, Meter& the_meter)
        : meter(the_meter), channels{io, messages, plaintext} {}

    Meter& meter;
    std::array<asio::const_buffer, gather_max> buffers;  ///< of writes that do not wait
    std::vector<char> scratch = std::vector<char>(std::size_t{128} << 10);
    std::vector<char> messages = std::vector<char>(std::size_t{64} << 10);
    std::vector<char> plaintext = std::vector<char>(std::size_t{16} << 10);
    Channel::Shared channels;
};

class AsioSession {
public:
    AsioSession(Socket socket, AsioShared& shared)
        : socket_(std::move(socket)), shared_(shared), channel_(shared.channels, {}) {}

protected:
    void take(std::string_view bytes) {
        channel_.feed(bytes);
        for (;;) {
            const Channel::Event event = channel_.next();
            if (event.kind == Channel::Kind::none) return;
            SALLYPORT_CHECK(event.kind != Channel::Kind::failed);
            if (event.kind != Channel::Kind::message) continue;
            channel_.send(wamp::Frame::copy_of(event.bytes));
            shared_.meter.count();
        }
    }
    /// What is to be written, as Asio has it; empty when there is nothing.
    std::span<const asio::const_buffer> gathered(std::span<asio::const_buffer> buffers) {
        std::array<iovec, gather_max> pieces;
        const std::size_t count = channel_.wire().gather(pieces);
        for (std::size_t i = 0; i < count; ++i)
            buffers[i] = {pieces[i].iov_base, pieces[i].iov_len};
        return buffers.first(count);
    }

    Socket socket_;
    AsioShared& shared_;
    Channel channel_;
};

/// async_read_some() into a buffer that each connection has, async_write_some().
class ProactorSession : public AsioSession {
public:
    using AsioSession::AsioSession;
    void start() {
        socket_.async_read_some(asio::buffer(input_),
                                [this](boost::system::error_code ec, std::size_t bytes) {
                                    if (ec) return;
                                    take({input_.data(), bytes});
                                    write();
                                    start();
                                });
    }

private:
    void write() {
        if (writing_) return;
        const auto buffers = gathered(buffers_);
        if (buffers.empty()) return;
        writing_ = true;
        socket_.async_write_some(buffers, [this](boost::system::error_code ec, std::size_t bytes) {
            if (ec) return;
            writing_ = false;
            channel_.wire().consume(bytes);
            write();
        });
    }

    std::array<char, 16 << 10> input_;
    std::array<asio::const_buffer, gather_max> buffers_;
    bool writing_ = false;
};

/// async_wait(), then calls that do not block, into a buffer that all connections share.
class ReactorSession : public AsioSession {
public:
    ReactorSession(Socket socket, AsioShared& shared) : AsioSession(std::move(socket), shared) {
        socket_.non_blocking(true);
    }
    void start() {
        socket_.async_wait(Socket::wait_read, [this](boost::system::error_code ec) {
            if (ec) return;
            const std::size_t bytes = socket_.read_some(asio::buffer(shared_.scratch), ec);
            if (ec && ec != asio::error::would_block) return;
            take({shared_.scratch.data(), bytes});
            write();
            start();
        });
    }

private:
    void write() {
        if (waiting_) return;
        for (;;) {
            const auto buffers = gathered(shared_.buffers);
            if (buffers.empty()) return;
            boost::system::error_code ec;
            const std::size_t bytes = socket_.write_some(buffers, ec);
            if (ec && ec != asio::error::would_block) return;
            channel_.wire().consume(bytes);
            if (!ec) continue;
            waiting_ = true;
            socket_.async_wait(Socket::wait_write, [this](boost::system::error_code failed) {
                waiting_ = false;
                if (!failed) write();
            });
            return;
        }
    }

    bool waiting_ = false;
};

template <class Session>
class AsioServer {
public:
    AsioServer(asio::io_context& io, Meter& meter) : shared_(io, meter) {}
    void add(Socket socket) {
        sessions_.push_back(std::make_unique<Session>(std::move(socket), shared_));
        sessions_.back()->start();
    }

private:
    AsioShared shared_;
    std::vector<std::unique_ptr<Session>> sessions_;
};

struct Load {
    int connections;
    int in_flight;  ///< messages of each connection
    std::uint64_t messages;
};

struct Pair {
    int ours = -1, theirs = -1;
};

std::vector<Pair> make_pairs(int count) {
    std::vector<Pair> pairs;
    for (int i = 0; i < count; ++i) {
        int ends[2];
        SALLYPORT_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        pairs.push_back({ends[0], ends[1]});
    }
    return pairs;
}

Socket socket_of(asio::io_context& io, int descriptor) {
    return {io, asio::generic::stream_protocol(AF_UNIX, 0), descriptor};
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) ::_exit(0);  // the server has all it wanted
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// The other process: keeps its messages in flight until the server has had enough.
[[noreturn]] void run_clients(const std::vector<Pair>& pairs, const Load& load) {
    const int epoll = ::epoll_create1(0);
    const wamp::Frame frame = wamp::Frame::copy_of(std::string(message_bytes, 'x'));
    std::string frames;
    for (int i = 0; i < load.in_flight; ++i) frames += frame.rawsocket();
    std::vector<std::size_t> received(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        ::close(pairs[i].ours);
        send_all(pairs[i].theirs, std::string_view("\x7F\xF2\0\0", 4));
        char answer[4];
        if (::recv(pairs[i].theirs, answer, sizeof(answer), MSG_WAITALL) != 4) ::_exit(1);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i].theirs, &event);
    }
    const auto frames_of = [&](std::size_t count) {
        return std::string_view(frames).substr(0, count * frame_bytes);
    };
    for (const Pair& pair : pairs)
        send_all(pair.theirs, frames_of(static_cast<std::size_t>(load.in_flight)));
    std::vector<char> scratch(64 << 10);
    std::array<epoll_event, 64> events;
    for (;;) {
        const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const std::uint64_t at = events[static_cast<std::size_t>(i)].data.u64;
            const ssize_t count = ::recv(pairs[at].theirs, scratch.data(), scratch.size(), 0);
            if (count <= 0) ::_exit(0);
            received[at] += static_cast<std::size_t>(count);
            const std::size_t whole = received[at] / frame_bytes;
            received[at] %= frame_bytes;
            send_all(pairs[at].theirs, frames_of(whole));
        }
    }
}

struct Cost {
    double cpu_us, calls;
};

template <class Server>
Cost measure(const Load& load) {
    const std::vector<Pair> pairs = make_pairs(load.connections);
    const pid_t child = ::fork();
    SALLYPORT_CHECK(child >= 0);
    if (child == 0) run_clients(pairs, load);
    for (const Pair& pair : pairs) ::close(pair.theirs);
    Cost cost{};
    {
        asio::io_context io(1);
        Meter meter(io, load.messages);
        Server server(io, meter);
        for (const Pair& pair : pairs) server.add(socket_of(io, pair.ours));
        io.run();
        cost = {meter.cpu_us_per_message, meter.calls_per_message};
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return cost;
}

/// Heap per connection that has not said anything yet.
template <class Server>
double idle_bytes() {
    constexpr int count = 400;
    const std::vector<Pair> pairs = make_pairs(count);
    double bytes = 0;
    {
        asio::io_context io(1);
        Meter meter(io, 1);
        Server server(io, meter);
        const std::size_t before = ::mallinfo2().uordblks;
        for (const Pair& pair : pairs) server.add(socket_of(io, pair.ours));
        io.poll();
        bytes = static_cast<double>(::mallinfo2().uordblks - before) / count;
    }
    for (const Pair& pair : pairs) ::close(pair.theirs);
    return bytes;
}

Cost median(std::vector<Cost> costs) {
    const auto middle = [&costs](double Cost::* member) {
        std::vector<double> values;
        for (const Cost& cost : costs) values.push_back(cost.*member);
        std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
        return values[rounds / 2];
    };
    return {middle(&Cost::cpu_us), middle(&Cost::calls)};
}

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);  // as sallyport does
    const std::uint64_t messages = 20'000;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("%-34s %12s %24s %24s\n", "us of CPU, system calls a message", "own epoll",
                "Asio, a buffer for each", "Asio, one shared buffer");
    for (const Load& load : {Load{1, 1, messages / 4}, Load{1, 16, messages}, Load{16, 1, messages},
                             Load{256, 1, messages}, Load{256, 16, messages}}) {
        std::array<std::vector<Cost>, 3> costs;
        for (int round = 0; round < rounds; ++round) {
            costs[0].push_back(measure<OwnEpoll>(load));
            costs[1].push_back(measure<AsioServer<ProactorSession>>(load));
            costs[2].push_back(measure<AsioServer<ReactorSession>>(load));
        }
        const Cost own = median(costs[0]), each = median(costs[1]), shared = median(costs[2]);
        std::printf(
            "%4d connections, %2d in flight each  %5.2f  %5.2f  %5.2f (%4.2f x)  %5.2f  %5.2f "
            "(%4.2f x)  %5.2f\n",
            load.connections, load.in_flight, own.cpu_us, own.calls, each.cpu_us,
            each.cpu_us / own.cpu_us, each.calls, shared.cpu_us, shared.cpu_us / own.cpu_us,
            shared.calls);
    }
    std::printf("heap of an idle connection, bytes  %5.0f  %5.0f  %5.0f\n", idle_bytes<OwnEpoll>(),
                idle_bytes<AsioServer<ProactorSession>>(),
                idle_bytes<AsioServer<ReactorSession>>());
    return 0;
}
