#include "gateway/programs/relay.h"

#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "backend-link/link/backoff.h"
#include "backend-link/link/failure_notes.h"
#include "gateway/config/link_keys.h"
#include "gateway/config/load_config.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/notify.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/start_error.h"
#include "wamp/net/connections.h"
#include "wamp/net/socket_options.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using Tls = asio::ssl::stream<Socket>;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t block_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds tls_timeout{10};
constexpr std::chrono::seconds close_timeout{5};  // from one end's close to the other's
constexpr std::chrono::seconds keepalive_idle{10};
constexpr std::chrono::seconds keepalive_dead{30};

struct Dialled {
    Descriptor socket;
    std::string why;
};

asio::awaitable<Dialled> dial_local(asio::io_context& io, const backend_link::Address& address,
                                    DialReach reach) {
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(Dialled)>(
        [&io, address, reach](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            dial(io, address, reach, [shared](Descriptor socket, const std::string& why) {
                std::move (*shared)(Dialled{std::move(socket), why});
            });
        },
        asio::use_awaitable);
}

Socket adopt(asio::io_context& io, Descriptor descriptor) {
    wamp::set_tcp_options(descriptor.get(), keepalive_idle, keepalive_dead);
    // The protocol family does not matter for a connected socket.
    return Socket(io, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
}

/// Without close_notify in TLS: the end of a message is WAMP's own, and nothing is read after it.
template <class Stream>
void end_writing(Stream& stream) {
    error_code ignored;
    stream.lowest_layer().shutdown(Socket::shutdown_send, ignored);
}

/// Until one end closes; then nothing more is written to the other.
template <class From, class To>
asio::awaitable<void> copy(From& from, To& to) {
    std::vector<char> block(block_bytes);
    for (;;) {
        const auto [failed, count] = co_await from.async_read_some(asio::buffer(block), as_result);
        if (count > 0) {
            const auto [lost, written] =
                co_await asio::async_write(to, asio::buffer(block, count), as_result);
            if (lost) break;
        }
        if (failed) break;
    }
    end_writing(to);
}

/// One link and one connection to the router, until both have ended.
template <class Gateway>
class Pair {
public:
    Pair(asio::io_context& io, Gateway& gateway, Socket router)
        : gateway_(gateway), router_(std::move(router)), timer_(io) {}

    asio::awaitable<void> run() {
        asio::io_context& io = static_cast<asio::io_context&>(timer_.get_executor().context());
        left_ = 2;
        asio::co_spawn(io, copy(gateway_, router_), [this](std::exception_ptr) { one_ended(); });
        asio::co_spawn(io, copy(router_, gateway_), [this](std::exception_ptr) { one_ended(); });
        timer_.expires_at(asio::steady_timer::time_point::max());
        while (left_ > 0) {
            co_await timer_.async_wait(as_result);
            if (left_ == 2 || timer_.expiry() > asio::steady_timer::clock_type::now()) continue;
            error_code ignored;
            gateway_.lowest_layer().close(ignored);
            router_.close(ignored);
            timer_.expires_at(asio::steady_timer::time_point::max());
        }
    }

private:
    void one_ended() {
        --left_;
        timer_.expires_after(left_ == 0 ? std::chrono::seconds(0) : close_timeout);
    }

    Gateway& gateway_;
    Socket router_;
    asio::steady_timer timer_;
    int left_ = 0;
};

/// One [[link]], for as long as the program runs.
class RelayedLink {
public:
    RelayedLink(asio::io_context& io, const InsideProgramConfig& config, const LinkText& link,
                backend_link::Address router)
        : io_(io),
          gateway_(link.gateway),
          router_(std::move(router)),
          timer_(io),
          backoff_(wamp::Random(random_seed())) {
        if (gateway_.kind == backend_link::Address::Kind::tcp) {
            tls_ = wamp::make_tls_context(
                wamp::TlsSession::End::client,
                read_link_keys(config.state_dir, link.place, link.peer_pins), link.peer_pins);
        }
    }

    asio::awaitable<void> run() {
        for (;;) {
            const bool reached = co_await serve();
            const wamp::Instant now = wamp::now();
            timer_.expires_after(reached ? backoff_.after_end(now) : backoff_.after_no_answer());
            co_await timer_.async_wait(as_result);
        }
    }

private:
    /// True if the gateway was reached.
    asio::awaitable<bool> serve() {
        Dialled gateway = co_await dial_local(io_, gateway_, DialReach::local);
        if (!gateway.socket) {
            note("no link: " + gateway.why);
            co_return false;
        }
        Socket socket = adopt(io_, std::move(gateway.socket));
        if (!tls_) {
            co_await hand_over(socket);
            co_return true;
        }
        Tls tls(std::move(socket), *tls_);
        if (!co_await shake_hands(tls)) co_return true;
        co_await hand_over(tls);
        co_return true;
    }

    asio::awaitable<bool> shake_hands(Tls& tls) {
        timer_.expires_after(tls_timeout);
        timer_.async_wait([&tls](error_code error) {
            error_code ignored;
            if (!error) tls.lowest_layer().close(ignored);
        });
        const auto [failed] = co_await tls.async_handshake(Tls::client, as_result);
        timer_.cancel();
        if (failed) note("no link: TLS: " + failed.message());
        co_return !failed;
    }

    /// The gateway hears of the link only when there is a router.
    template <class Gateway>
    asio::awaitable<void> hand_over(Gateway& gateway) {
        Dialled router = co_await dial_local(io_, router_, DialReach::loopback);
        if (!router.socket) {
            note("the router at " + router_.text() + " cannot be reached: " + router.why);
            co_return;
        }
        failures_.forget();
        log(LogLevel::info,
            "link " + gateway_.text() + ": handed to the router at " + router_.text());
        backoff_.up(wamp::now());
        Pair<Gateway> pair(io_, gateway, adopt(io_, std::move(router.socket)));
        co_await pair.run();
        log(LogLevel::warning, "link " + gateway_.text() + ": ended");
    }

    void note(const std::string& why) {
        if (const auto more = failures_.note(why, wamp::now()))
            log(LogLevel::warning, "link " + gateway_.text() + ": " + why + *more);
    }

    asio::io_context& io_;
    backend_link::Address gateway_;
    backend_link::Address router_;
    std::optional<asio::ssl::context> tls_;
    asio::steady_timer timer_;
    backend_link::Backoff backoff_;
    backend_link::FailureNotes failures_;
};

backend_link::Address router_address(const std::string& text) {
    auto address = backend_link::parse_address(text);
    if (!address) {
        throw StartError("error: " + policy::quoted(text) +
                         " is not a valid address (write --relay unix:/path or "
                         "--relay tcp:127.0.0.1:PORT)");
    }
    const auto reach = backend_link::reach_of_literal(address->host_or_path);
    if (address->kind == backend_link::Address::Kind::tcp &&
        reach != backend_link::Reach::loopback) {
        throw StartError("error: " + policy::quoted(text) +
                         " is not on this machine (write tcp:127.0.0.1:PORT, or unix:/path)");
    }
    return *std::move(address);
}

}  // namespace

int run_relay(const std::string& config_file, const std::string& router) {
    std::signal(SIGPIPE, SIG_IGN);
    const backend_link::Address address = router_address(router);
    const InsideProgramConfig config = load_relay_config(config_file);
    if (config.links.empty()) {
        throw StartError({config_file, 0, 0}, "has no [[link]] to hand to a router",
                         "run the line that `sallyport link invite` prints on the gateway");
    }
    make_private_folder(config.state_dir.path, config.state_dir.place);
    const Descriptor lock = lock_state_dir(config.state_dir);
    asio::io_context io(1);
    std::vector<std::unique_ptr<RelayedLink>> links;
    for (const LinkText& link : config.links)
        links.push_back(std::make_unique<RelayedLink>(io, config, link, address));
    for (const auto& link : links) asio::co_spawn(io, link->run(), asio::detached);
    asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&io](error_code, int) { io.stop(); });
    SystemdNotifier notifier(io, [] { return true; });
    notifier.ready();
    log(LogLevel::info, "ready");
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
