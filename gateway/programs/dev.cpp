#include "gateway/programs/dev.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "backend-link/link/local_address.h"
#include "gateway/admin/http_head.h"
#include "gateway/config/load_config.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/child.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "gateway/programs/exchange.h"
#include "gateway/programs/file_watch.h"

namespace sallyport::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds look_again{250};
constexpr std::size_t head_bytes_max = 8192;
constexpr std::string_view head_end = "\r\n\r\n";

/// Whether a WebSocket is opened by a page of this machine, or by no page: a browser lets any page
/// of the world open one.
bool is_of_this_machine(const HttpHead& head) {
    if (!names_loopback(head.host)) return false;
    if (head.origin.empty()) return true;
    constexpr std::string_view scheme_end = "://";
    const auto at = head.origin.find(scheme_end);
    return at != std::string::npos &&
           names_loopback(std::string_view(head.origin).substr(at + scheme_end.size()));
}

/// A client of the port, until it is clear that it may talk to the gateway.
class Newcomer : public std::enable_shared_from_this<Newcomer> {
public:
    using Admitted = std::function<void(std::shared_ptr<PlainStream>, std::string begun)>;

    Newcomer(Acceptor::Socket client, Admitted admitted)
        : client_(std::make_shared<PlainStream>(std::move(client))),
          admitted_(std::move(admitted)) {}

    void read() {
        client_->read(asio::buffer(block_),
                      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                          if (error) return self->client_->close();
                          self->begun_.append(self->block_.data(), bytes);
                          self->look();
                      });
    }

private:
    void look() {
        // A RawSocket begins with another octet than HTTP.
        if (begun_.front() != 'G') return admitted_(client_, std::move(begun_));
        const auto end = begun_.find(head_end);
        if (end == std::string::npos && begun_.size() < head_bytes_max) return read();
        const auto head = end == std::string::npos
                              ? std::nullopt
                              : parse_http_head(begun_.substr(0, end + head_end.size()));
        if (head && is_of_this_machine(*head)) return admitted_(client_, std::move(begun_));
        begun_ = http_answer({403, "text/plain",
                              "this port is for pages and programs of this "
                              "machine\n"},
                             false);
        client_->write(asio::buffer(begun_),
                       [self = shared_from_this()](const error_code&, std::size_t) {
                           self->client_->close();
                       });
    }

    std::shared_ptr<PlainStream> client_;
    Admitted admitted_;
    std::array<char, 4096> block_{};
    std::string begun_;
};

class Development {
public:
    Development(asio::io_context& io, std::string config_file, std::uint16_t port)
        : io_(io),
          config_file_(std::move(config_file)),
          port_(port),
          child_signal_(io, SIGCHLD),
          stop_signal_(io, SIGTERM, SIGINT, SIGHUP),
          timer_(io) {}

    int run() {
        const LoadedGateway loaded = read_files();
        if (!loaded.config.local) {
            throw StartError({config_file_, 0, 0}, "has no socket for clients on this machine",
                             "add local = \"run/local.sock\" to [listen]");
        }
        local_.kind = backend_link::Address::Kind::unix_path;
        local_.host_or_path = loaded.config.local.path;
        await_children();
        await_stop();
        listen();
        introduce(loaded);
        gateway_ = start({"serve", "--no-tor"});
        await_change();
        io_.run();
        return exit_code_;
    }

private:
    /// Also watches what it reads, even if that is wrong.
    LoadedGateway read_files() {
        PolicyVersion version;
        const auto watch = [&] {
            for (const auto& [path, text] : version.files()) paths_.insert(path);
            files_.watch({paths_.begin(), paths_.end()});
        };
        try {
            LoadedGateway loaded = load_gateway(config_file_, version.recorder(policy::read_file));
            paths_.clear();
            watch();
            return loaded;
        } catch (const StartError&) {
            watch();
            throw;
        }
    }

    void listen() {
        Descriptor listener = listen_tcp({backend_link::Address::Kind::tcp, "127.0.0.1", port_},
                                         {config_file_, 0, 0});
        asio::ip::tcp::acceptor named(io_, asio::ip::tcp::v4(), listener.get());
        port_ = named.local_endpoint().port();
        named.release();
        clients_ = std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this](Acceptor::Socket client, std::uint64_t, const std::string&) {
                std::make_shared<Newcomer>(std::move(client), [this](const auto& stream,
                                                                     std::string begun) {
                    connect(stream, std::move(begun));
                })->read();
            });
    }

    void connect(const std::shared_ptr<PlainStream>& client, std::string begun) {
        dial(io_, local_, DialReach::loopback,
             [this, client, begun = std::make_shared<std::string>(std::move(begun))](
                 Descriptor connected, const std::string&) {
                 if (!connected) return client->close();
                 auto gateway =
                     std::make_shared<PlainStream>(adopt_stream(io_, std::move(connected)));
                 gateway->write(asio::buffer(*begun), [this, client, gateway, begun](
                                                          const error_code& error, std::size_t) {
                     if (error) return client->close();
                     std::make_shared<Exchange>(io_, client, gateway)->start([] {});
                 });
             });
    }

    void introduce(const LoadedGateway& loaded) const {
        std::cout << "realms:  ";
        for (const auto& realm : loaded.realms) std::cout << ' ' << realm.policy->realm();
        std::cout << "\nclients:  ws://127.0.0.1:" << port_ << "/ or rs://127.0.0.1:" << port_
                  << " or rs+unix:" << local_.host_or_path << "\nservices:";
        for (const LoadedInside& inside : loaded.insides) {
            for (const ServiceListen& listen : inside.config.listens)
                std::cout << ' ' << listen.address.text();
        }
        std::cout << "\nwatching: " << files_.size()
                  << " files; a change is checked and applied at once. Ctrl-C stops.\n"
                  << std::flush;
    }

    pid_t start(std::vector<std::string> words) const {
        words.insert(words.begin(), "sallyport");
        words.insert(words.end(), {"--config", config_file_});
        return start_child({"/proc/self/exe", std::move(words)});
    }

    void await_change() {
        timer_.expires_after(look_again);
        timer_.async_wait([this](const error_code& error) {
            if (error) return;
            if (apply_ == 0 && files_.changed()) {
                std::cout << "a file has changed:\n" << std::flush;
                apply_ = start({"policy", "apply"});
            }
            await_change();
        });
    }

    void await_children() {
        child_signal_.async_wait([this](const error_code& error, int) {
            if (error) return;
            int status = 0;
            for (pid_t child; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) {
                if (child == apply_) on_applied(status);
                if (child == gateway_) return on_gateway_ended(status);
            }
            await_children();
        });
    }

    /// The change may have named further files. What is wrong with it has been told.
    void on_applied(int status) {
        apply_ = 0;
        try {
            read_files();
        } catch (const StartError& error) {
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                std::cout << error.what() << '\n' << std::flush;  // what was not applied
        }
    }

    void on_gateway_ended(int status) {
        gateway_ = 0;
        if (!stopping_) std::cout << "the gateway " << describe_exit(status) << '\n';
        exit_code_ = stopping_ ? 0 : WIFEXITED(status) ? WEXITSTATUS(status) : exit_fault;
        io_.stop();
    }

    void await_stop() {
        stop_signal_.async_wait([this](const error_code& error, int) {
            if (error) return;
            stopping_ = true;
            if (gateway_ != 0) ::kill(gateway_, SIGTERM);
            await_stop();
        });
    }

    asio::io_context& io_;
    std::string config_file_;
    std::uint16_t port_;
    asio::signal_set child_signal_;
    asio::signal_set stop_signal_;
    asio::steady_timer timer_;
    std::set<std::string> paths_;
    FileWatch files_;
    backend_link::Address local_;
    std::unique_ptr<Acceptor> clients_;
    pid_t gateway_ = 0;
    pid_t apply_ = 0;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace

int run_dev(const std::string& config_file, std::uint16_t port) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context io(1);
    return Development(io, config_file, port).run();
}

}  // namespace sallyport::gateway
