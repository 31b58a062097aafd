#include "gateway/programs/first_start.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/admin.h"
#include "gateway/admin/status.h"
#include "gateway/host/child.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {
namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds look_again{500};
constexpr std::chrono::minutes patience{5};
constexpr std::string_view address_word = "ADDRESS";

class Start {
public:
    Start(boost::asio::io_context& io, const FirstStart& first)
        : io_(io),
          first_(first),
          child_signal_(io, SIGCHLD),
          stop_signal_(io, SIGTERM, SIGINT, SIGHUP),
          timer_(io),
          give_up_at_(std::chrono::steady_clock::now() + patience) {}

    int run() {
        await_children();
        await_stop();
        gateway_ = start({"serve", "--config", first_.config_file, "--log-level", "warning"});
        await_next();
        io_.run();
        return exit_code_;
    }

private:
    static pid_t start(std::vector<std::string> words) {
        words.insert(words.begin(), "sallyport");
        return start_child({"/proc/self/exe", std::move(words)});
    }

    void await_next() {
        timer_.expires_after(look_again);
        timer_.async_wait([this](const error_code& error) {
            if (error || answered_) return;
            if (std::chrono::steady_clock::now() > give_up_at_) {
                return stop(exit_fault, "nothing was answered for " +
                                            std::to_string(patience.count()) +
                                            " minutes: `sallyport doctor` says why");
            }
            take_next_step();
            await_next();
        });
    }

    void take_next_step() {
        if (stopping_ || call_ != 0) return;
        if (!reachable()) return;
        if (service_ == 0) {
            service_ = start(first_.service);
            return;  // it registers while nobody calls
        }
        auto words = first_.onion_call.empty() ? first_.call : first_.onion_call;
        for (std::string& word : words) {
            if (const auto at = word.find(address_word); at != std::string::npos)
                word.replace(at, address_word.size(), address_);
        }
        call_ = start(std::move(words));
    }

    /// Also tells what is new.
    bool reachable() {
        std::string line;
        try {
            line = ask_admin(first_.config_file, "status");
        } catch (const StartError&) {
            return false;  // not yet
        }
        if (first_.onion_call.empty()) return !line.empty();
        const auto found = onion_in(line);
        if (!found) return false;
        const supervision::OnionStatus& onion = *found;
        address_ = onion.address;
        std::string told = onion.reachable
                               ? "tor: " + address_ + " is published"
                               : "tor: " + std::to_string(onion.percent) + " % " + onion.summary;
        if (!onion.warning.empty()) told += " (" + onion.warning + ")";
        if (told != told_) std::cout << told << '\n' << std::flush;
        told_ = std::move(told);
        return onion.reachable;
    }

    void await_children() {
        child_signal_.async_wait([this](const error_code& error, int) {
            if (error) return;
            int status = 0;
            for (pid_t child; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) on_end(child, status);
            if (gateway_ != 0) await_children();
        });
    }

    void on_end(pid_t child, int status) {
        if (child == gateway_) {
            gateway_ = 0;
            if (!stopping_) {
                exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : exit_fault;
                std::cout << "the gateway " << describe_exit(status) << '\n';
            }
            return io_.stop();
        }
        if (child == service_ && !stopping_)
            return stop(exit_fault, "the service " + describe_exit(status));
        if (child != call_) return;
        call_ = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return;  // once more
        answered_ = true;
        std::cout << "That call went through "
                  << (first_.onion_call.empty() ? "the gateway" : "Tor to " + address_)
                  << ", past both policies, and back: it works. Gateway and service run until you "
                     "stop them with Ctrl-C.\n"
                  << std::flush;
    }

    void stop(int code, const std::string& why) {
        if (!why.empty()) std::cout << why << '\n';
        exit_code_ = code;
        stopping_ = true;
        if (gateway_ != 0) ::kill(gateway_, SIGTERM);
    }

    void await_stop() {
        stop_signal_.async_wait([this](const error_code& error, int) {
            if (error) return;
            stop(answered_ ? 0 : exit_fault, "");
            await_stop();
        });
    }

    boost::asio::io_context& io_;
    const FirstStart& first_;
    boost::asio::signal_set child_signal_;
    boost::asio::signal_set stop_signal_;
    boost::asio::steady_timer timer_;
    std::chrono::steady_clock::time_point give_up_at_;
    std::string address_;
    std::string told_;
    pid_t gateway_ = 0;
    pid_t service_ = 0;
    pid_t call_ = 0;
    bool answered_ = false;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace

int run_first_start(const FirstStart& first) {
    std::signal(SIGPIPE, SIG_IGN);
    boost::asio::io_context io(1);
    return Start(io, first).run();
}

}  // namespace sallyport::gateway
