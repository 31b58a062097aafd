#include "gateway/programs/relay.h"

#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

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
#include "gateway/programs/exchange.h"
#include "wamp/net/connections.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds tls_timeout{10};

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
            if (socket) return on_gateway(adopt_stream(io_, std::move(socket)));
            note("no link: " + why);
            try_again(backoff_.after_no_answer());
        });
    }

private:
    void on_gateway(PlainStream::Layer socket) {
        if (!tls_) return find_router(std::make_shared<PlainStream>(std::move(socket)));
        auto tls = std::make_shared<TlsStream>(TlsStream::Layer(std::move(socket), *tls_));
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
                     return hand_over(gateway, std::make_shared<PlainStream>(
                                                   adopt_stream(io_, std::move(socket))));
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
