#include "gateway/host/dialer.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sallyport::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds fresh_after{500};

/// The state of one attempt, which its timer can end.
struct Attempt {
    Attempt(asio::io_context& io, Dialled callback)
        : resolver(io), unix_socket(io), timer(io), fresh(io), dialled(std::move(callback)) {}

    tcp::resolver resolver;
    std::vector<tcp::endpoint> endpoints;
    std::vector<std::unique_ptr<tcp::socket>> tcp_sockets;
    std::size_t started = 0;
    std::size_t pending = 0;  ///< of these
    asio::local::stream_protocol::socket unix_socket;
    asio::steady_timer timer;
    asio::steady_timer fresh;
    Dialled dialled;

    bool is_over() const noexcept { return dialled == nullptr; }
    void finish(Descriptor socket, const std::string& why) {
        if (is_over()) return;
        timer.cancel();
        fresh.cancel();
        resolver.cancel();
        error_code ignored;
        for (const auto& each : tcp_sockets) each->close(ignored);
        unix_socket.close(ignored);
        std::exchange(dialled, nullptr)(std::move(socket), why);
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

// A SYN that was lost is sent again after 1, 3 and 7 s, and a path may be back in between: so there
// is a fresh one every half second, on a socket of its own, and the first that connects wins.
void connect_next(const std::shared_ptr<Attempt>& attempt) {
    if (attempt->is_over()) return;
    const auto& entry = attempt->endpoints[attempt->started++ % attempt->endpoints.size()];
    tcp::socket& socket = *attempt->tcp_sockets.emplace_back(
        std::make_unique<tcp::socket>(attempt->resolver.get_executor()));
    ++attempt->pending;
    socket.async_connect(entry, [attempt, &socket](error_code error) {
        --attempt->pending;
        if (attempt->is_over()) return;
        if (!error) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            return attempt->finish(release(socket), "");
        }
        if (attempt->pending > 0) return;
        if (attempt->started >= attempt->endpoints.size())
            return attempt->finish(Descriptor(), error.message());
        connect_next(attempt);
    });
    attempt->fresh.expires_after(fresh_after);
    attempt->fresh.async_wait([attempt](error_code cancelled) {
        if (!cancelled) connect_next(attempt);
    });
}

void connect_tcp(const std::shared_ptr<Attempt>& attempt, const std::string& host,
                 std::uint16_t port, DialReach allowed) {
    attempt->resolver.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service,
        [attempt, allowed](error_code error, const tcp::resolver::results_type& found) {
            if (attempt->is_over()) return;
            if (error) return attempt->finish(Descriptor(), error.message());
            for (const auto& entry : found) {
                const std::string refused = refusal(entry.endpoint().address(), allowed);
                if (!refused.empty()) return attempt->finish(Descriptor(), refused);
                attempt->endpoints.push_back(entry.endpoint());
            }
            if (attempt->endpoints.empty()) return attempt->finish(Descriptor(), "no address");
            connect_next(attempt);
        });
}

}  // namespace

void dial(asio::io_context& io, const backend_link::Address& address, DialReach reach,
          Dialled dialled) {
    auto attempt = std::make_shared<Attempt>(io, std::move(dialled));
    attempt->timer.expires_after(dial_timeout);
    attempt->timer.async_wait([attempt](error_code cancelled) {
        if (cancelled) return;
        attempt->finish(Descriptor(),
                        "no answer within " + std::to_string(dial_timeout.count()) + " s");
    });
    if (address.kind == backend_link::Address::Kind::unix_path) {
        connect_unix(attempt, address.host_or_path);
    } else {
        connect_tcp(attempt, address.host_or_path, address.port, reach);
    }
}

}  // namespace sallyport::gateway
