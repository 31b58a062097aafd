#include "gateway/programs/relay.h"

#include <sys/socket.h>

#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
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

constexpr std::size_t block_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds tls_timeout{10};
constexpr std::chrono::seconds close_timeout{5};  // from one end's close to the other's
constexpr std::chrono::seconds keepalive_idle{10};
constexpr std::chrono::seconds keepalive_dead{30};

Socket adopt(asio::io_context& io, Descriptor descriptor) {
    wamp::set_tcp_options(descriptor.get(), keepalive_idle, keepalive_dead);
    // The protocol family does not matter for a connected socket.
    return {io, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release()};
}

/// A byte stream, with or without TLS.
class Stream {
public:
    using Handler = std::function<void(const error_code&, std::size_t)>;

    virtual ~Stream() = default;
    virtual void read(asio::mutable_buffer into, Handler handler) = 0;
    virtual void write(asio::const_buffer all, Handler handler) = 0;
    /// Without close_notify in TLS: the end of a message is WAMP's own, and nothing is read after
    /// it.
    virtual void end_writing() = 0;
    virtual void close() = 0;
};

template <class Layer>
class StreamOf final : public Stream {
public:
    explicit StreamOf(Layer layer) : layer_(std::move(layer)) {}

    void read(asio::mutable_buffer into, Handler handler) override {
        layer_.async_read_some(into, std::move(handler));
    }
    void write(asio::const_buffer all, Handler handler) override {
        asio::async_write(layer_, all, std::move(handler));
    }
    void end_writing() override {
        error_code ignored;
        layer_.lowest_layer().shutdown(Socket::shutdown_send, ignored);
    }
    void close() override {
        error_code ignored;
        layer_.lowest_layer().close(ignored);
    }
    Layer& layer() noexcept { return layer_; }

private:
    Layer layer_;
};
using Plain = StreamOf<Socket>;
using Tls = StreamOf<asio::ssl::stream<Socket>>;

/// Copies between two streams in both directions, until both have ended.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    Exchange(asio::io_context& io, std::shared_ptr<Stream> gateway, std::shared_ptr<Stream> router)
        : ways_{{{gateway, router, std::vector<char>(block_bytes)},
                 {router, gateway, std::vector<char>(block_bytes)}}},
          timer_(io) {}

    void start(std::function<void()> ended) {
        when_ended_ = std::move(ended);
        pump(0);
        pump(1);
    }

private:
    struct Way {
        std::shared_ptr<Stream> from;
        std::shared_ptr<Stream> to;
        std::vector<char> block;
    };

    /// Nothing more is read before what was read has been written.
    void pump(std::size_t number) {
        Way& way = ways_[number];
        way.from->read(asio::buffer(way.block), [self = shared_from_this(), number](
                                                    const error_code& error, std::size_t bytes) {
            if (error) return self->end(number);
            self->pass_on(number, bytes);
        });
    }
    void pass_on(std::size_t number, std::size_t bytes) {
        Way& way = ways_[number];
        way.to->write(asio::buffer(way.block.data(), bytes),
                      [self = shared_from_this(), number](const error_code& error, std::size_t) {
                          if (error) return self->end(number);
                          self->pump(number);
                      });
    }
    void end(std::size_t number) {
        ways_[number].to->end_writing();
        if (++ended_ == ways_.size()) {
            timer_.cancel();
            close();
            return when_ended_();
        }
        timer_.expires_after(close_timeout);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) self->close();
        });
    }
    void close() {
        for (const Way& way : ways_) way.from->close();
    }

    std::array<Way, 2> ways_;
    asio::steady_timer timer_;
    std::size_t ended_ = 0;
    std::function<void()> when_ended_;
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

    void start() {
        dial(io_, gateway_, DialReach::local, [this](Descriptor socket, const std::string& why) {
            if (socket) return on_gateway(adopt(io_, std::move(socket)));
            note("no link: " + why);
            try_again(backoff_.after_no_answer());
        });
    }

private:
    void on_gateway(Socket socket) {
        if (!tls_) return find_router(std::make_shared<Plain>(std::move(socket)));
        auto tls = std::make_shared<Tls>(asio::ssl::stream<Socket>(std::move(socket), *tls_));
        timer_.expires_after(tls_timeout);
        timer_.async_wait([tls](const error_code& error) {
            if (!error) tls->close();
        });
        tls->layer().async_handshake(asio::ssl::stream_base::client,
                                     [this, tls](const error_code& error) {
                                         timer_.cancel();
                                         if (!error) return find_router(tls);
                                         note("no link: TLS: " + error.message());
                                         end();
                                     });
    }

    /// The gateway hears of the link only when there is a router.
    void find_router(std::shared_ptr<Stream> gateway) {
        dial(io_, router_, DialReach::loopback,
             [this, gateway = std::move(gateway)](Descriptor socket, const std::string& why) {
                 if (socket)
                     return hand_over(gateway,
                                      std::make_shared<Plain>(adopt(io_, std::move(socket))));
                 gateway->close();
                 note("the router at " + router_.text() + " cannot be reached: " + why);
                 end();
             });
    }

    void hand_over(const std::shared_ptr<Stream>& gateway, const std::shared_ptr<Stream>& router) {
        failures_.forget();
        log(LogLevel::info,
            "link " + gateway_.text() + ": handed to the router at " + router_.text());
        backoff_.up(wamp::now());
        std::make_shared<Exchange>(io_, gateway, router)->start([this] {
            log(LogLevel::warning, "link " + gateway_.text() + ": ended");
            end();
        });
    }

    void end() { try_again(backoff_.after_end(wamp::now())); }
    void try_again(wamp::Duration wait) {
        timer_.expires_after(wait);
        timer_.async_wait([this](const error_code& error) {
            if (!error) start();
        });
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
    links.reserve(config.links.size());
    for (const LinkText& link : config.links)
        links.push_back(std::make_unique<RelayedLink>(io, config, link, address));
    for (const auto& link : links) link->start();
    asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&io](const error_code&, int) { io.stop(); });
    SystemdNotifier notifier(io, [] { return true; });
    notifier.ready();
    log(LogLevel::info, "ready");
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
