#include "gateway/host/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/host/log.h"

namespace sallyport::gateway {

namespace {

constexpr std::chrono::milliseconds pause_when_exhausted{100};
constexpr int accepted_per_turn_max = 64;
constexpr std::chrono::seconds refusals_interval{10};

/// The first half of the address: one machine may have all addresses that begin so.
std::array<unsigned char, 8> network_of(const sockaddr_in6& address) noexcept {
    std::array<unsigned char, 8> network{};
    std::copy_n(std::begin(address.sin6_addr.s6_addr), network.size(), network.begin());
    return network;
}

std::uint64_t origin_of(const sockaddr_storage& address) noexcept {
    const auto hash = [](const auto& octets) {
        const std::string_view bytes(reinterpret_cast<const char*>(&octets), sizeof(octets));
        return std::hash<std::string_view>()(bytes) | 1;  // not 0
    };
    if (address.ss_family == AF_INET)
        return hash(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    if (address.ss_family == AF_INET6)
        return hash(network_of(reinterpret_cast<const sockaddr_in6&>(address)));
    return 0;
}

std::string text_of(const sockaddr_storage& address, int socket) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& ip = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &ip.sin_addr, text.data(), text.size());
        return std::string(text.data()) + ":" + std::to_string(ntohs(ip.sin_port));
    }
    if (address.ss_family == AF_INET6) {
        const auto& ip = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &ip.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(ip.sin6_port));
    }
    ucred peer{};
    socklen_t bytes = sizeof(peer);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return "this machine";
    return "process " + std::to_string(peer.pid);
}

bool is_exhausted(int number) {
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

struct Acceptor::State {
    State(boost::asio::io_context& context, Descriptor descriptor, Accepted callback, int refused)
        : io(context),
          listener(context, descriptor.release()),
          timer(context),
          accepted(std::move(callback)),
          first_refused(refused) {}

    boost::asio::io_context& io;
    boost::asio::posix::stream_descriptor listener;
    boost::asio::steady_timer timer;
    Accepted accepted;
    int first_refused;
    std::chrono::steady_clock::time_point refusals_told{};
    bool gone = false;

    static void wait(const std::shared_ptr<State>& self) {
        self->listener.async_wait(
            boost::asio::posix::descriptor_base::wait_read,
            [self](boost::system::error_code error) {
                if (error || self->gone) return;
                if (self->accept_waiting()) {
                    wait(self);
                    return;
                }
                self->timer.expires_after(pause_when_exhausted);
                self->timer.async_wait([self](boost::system::error_code cancelled) {
                    if (!cancelled && !self->gone) wait(self);
                });
            });
    }

    void tell_refusal() {
        const auto now = std::chrono::steady_clock::now();
        if (now - refusals_told < refusals_interval) return;
        refusals_told = now;
        log(LogLevel::warning,
            "connections are refused: clients use all file descriptors that are not reserved");
    }

    /// Accepts a bounded number of waiting connections. False if descriptors or memory are
    /// exhausted.
    bool accept_waiting() {
        for (int count = 0; count < accepted_per_turn_max && !gone; ++count) {
            sockaddr_storage address{};
            socklen_t bytes = sizeof(address);
            Descriptor socket(::accept4(listener.native_handle(),
                                        reinterpret_cast<sockaddr*>(&address), &bytes,
                                        SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!socket) return !is_exhausted(errno);
            if (socket.get() >= first_refused) {
                tell_refusal();
                continue;
            }
            if (address.ss_family != AF_UNIX) {
                const int yes = 1;
                ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
            }
            const std::string from = text_of(address, socket.get());
            const int protocol = address.ss_family == AF_UNIX ? 0 : IPPROTO_TCP;
            accepted(Socket(io, boost::asio::generic::stream_protocol(address.ss_family, protocol),
                            socket.release()),
                     origin_of(address), from);
        }
        return true;
    }
};

Acceptor::Acceptor(boost::asio::io_context& io, Descriptor listener, Accepted accepted,
                   int first_refused)
    : state_(std::make_shared<State>(io, std::move(listener), std::move(accepted), first_refused)) {
    State::wait(state_);
}

Acceptor::~Acceptor() {
    state_->gone = true;
    boost::system::error_code ignored;
    state_->timer.cancel();
    state_->listener.close(ignored);
}

}  // namespace sallyport::gateway
