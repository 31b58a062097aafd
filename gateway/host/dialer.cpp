#include "gateway/host/dialer.h"

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sallyport::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// The state of one attempt, which its timer can cancel.
struct Attempt {
    Attempt(asio::io_context& io, Dialled callback)
        : resolver(io), tcp_socket(io), unix_socket(io), timer(io), dialled(std::move(callback)) {}

    tcp::resolver resolver;
    tcp::socket tcp_socket;
    asio::local::stream_protocol::socket unix_socket;
    asio::steady_timer timer;
    Dialled dialled;
    bool timed_out = false;

    void finish(Descriptor socket, std::string why) {
        timer.cancel();
        if (timed_out && !socket)
            why = "no answer within " + std::to_string(dial_timeout.count()) + " s";
        dialled(std::move(socket), why);
    }
};

backend_link::Reach reach_of(const asio::ip::address& ip) {
    if (ip.is_v4()) return backend_link::reach_of(ip.to_v4().to_bytes());
    return backend_link::reach_of(ip.to_v6().to_bytes());
}

/// Why the address must not be dialled, or "".
std::string refusal(const asio::ip::address& ip, DialReach allowed) {
    switch (reach_of(ip)) {
        case backend_link::Reach::loopback:
            return "";
        case backend_link::Reach::local:
            if (allowed == DialReach::local) return "";
            return ip.to_string() +
                   " is on another machine, and the link has no TLS: state why with plaintext = "
                   "\"…\"";
        case backend_link::Reach::global:
            return ip.to_string() + " is not a local address";
    }
    return "";
}

template <class Socket>
Descriptor release(Socket& socket) {
    error_code ignored;
    socket.native_non_blocking(true, ignored);
    return Descriptor(socket.release());
}

void connect_unix(const std::shared_ptr<Attempt>& attempt, const std::string& path) {
    const asio::local::stream_protocol::endpoint endpoint(path);
    attempt->unix_socket.async_connect(endpoint, [attempt](error_code error) {
        if (error) {
            attempt->finish(Descriptor(), error.message());
        } else {
            attempt->finish(release(attempt->unix_socket), "");
        }
    });
}

asio::awaitable<void> connect_tcp(std::shared_ptr<Attempt> attempt, std::string host,
                                  std::uint16_t port, DialReach allowed) {
    error_code error;
    const auto found = co_await attempt->resolver.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service,
        asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        attempt->finish(Descriptor(), error.message());
        co_return;
    }
    for (const auto& entry : found) {
        const std::string refused = refusal(entry.endpoint().address(), allowed);
        if (refused.empty()) continue;
        attempt->finish(Descriptor(), refused);
        co_return;
    }
    for (const auto& entry : found) {
        if (attempt->timed_out) break;
        error_code ignored;
        attempt->tcp_socket.close(ignored);
        co_await attempt->tcp_socket.async_connect(
            entry.endpoint(), asio::redirect_error(asio::use_awaitable, error));
        if (error) continue;
        attempt->tcp_socket.set_option(tcp::no_delay(true), ignored);
        attempt->finish(release(attempt->tcp_socket), "");
        co_return;
    }
    attempt->finish(Descriptor(), error ? error.message() : "no address");
}

}  // namespace

void dial(asio::io_context& io, const backend_link::Address& address, DialReach reach,
          Dialled dialled) {
    auto attempt = std::make_shared<Attempt>(io, std::move(dialled));
    attempt->timer.expires_after(dial_timeout);
    attempt->timer.async_wait([attempt](error_code cancelled) {
        if (cancelled) return;
        attempt->timed_out = true;
        error_code ignored;
        attempt->resolver.cancel();
        attempt->tcp_socket.close(ignored);
        attempt->unix_socket.close(ignored);
    });
    if (address.kind == backend_link::Address::Kind::unix_path) {
        connect_unix(attempt, address.host_or_path);
    } else {
        asio::co_spawn(io, connect_tcp(attempt, address.host_or_path, address.port, reach),
                       [](const std::exception_ptr& failure) {
                           if (failure) std::rethrow_exception(failure);
                       });
    }
}

}  // namespace sallyport::gateway
