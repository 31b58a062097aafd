#include "gateway/admin/web.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::size_t head_bytes_max = 8192;
constexpr std::chrono::seconds head_timeout{5};
constexpr std::chrono::seconds answer_timeout{10};
constexpr std::string_view plain = "text/plain; charset=utf-8";

struct Exchange {
    Exchange(asio::io_context& io, Acceptor::Socket the_socket, std::string begun,
             std::shared_ptr<void> the_held)
        : socket(std::move(the_socket)),
          timer(io),
          text(std::move(begun)),
          held(std::move(the_held)) {}
    Acceptor::Socket socket;
    asio::steady_timer timer;
    std::string text;
    std::string answer{};
    std::shared_ptr<void> held;
};
using Open = std::shared_ptr<Exchange>;

void end_after(const Open& open, std::chrono::seconds limit) {
    open->timer.expires_after(limit);
    open->timer.async_wait([open](boost::system::error_code error) {
        boost::system::error_code ignored;
        if (!error) open->socket.close(ignored);
    });
}

void send(const Open& open, const Web::Answer& answer, bool head_only) {
    open->answer = http_answer(answer, head_only);
    end_after(open, answer_timeout);
    asio::async_write(open->socket, asio::buffer(open->answer),
                      [open](boost::system::error_code, std::size_t) { open->timer.cancel(); });
}

/// Hands the request on when its body is there.
void read_body(const Open& open, HttpHead head, const Web::Handler& handler) {
    const auto respond = [open](const Web::Answer& found) { send(open, found, false); };
    const std::size_t bytes = head.body_bytes;
    open->text.resize(std::min(open->text.size(), bytes));
    end_after(open, head_timeout);
    asio::async_read(open->socket, asio::dynamic_buffer(open->text, bytes),
                     asio::transfer_exactly(bytes - open->text.size()),
                     [open, head = std::move(head), handler, respond](
                         boost::system::error_code error, std::size_t) mutable {
                         open->timer.cancel();
                         if (error) return;
                         head.body = std::move(open->text);
                         handler(head, respond);
                     });
}

void answer(const Open& open, std::size_t bytes, const Web::Handler& handler, Web::Rules rules) {
    auto head = parse_http_head(std::string_view(open->text).substr(0, bytes));
    const auto refuse = [&](int status, std::string text) {
        send(open, {status, std::string(plain), std::move(text)}, false);
    };
    if (!head) return refuse(400, "not an HTTP request\n");
    if (rules.hosts == Web::Hosts::loopback && !names_loopback(head->host))
        return refuse(421, "only requests to a loopback address are answered here\n");
    const bool head_only = head->method == "HEAD";
    if (head->method == "POST" && rules.methods == Web::Methods::all) {
        if (head->body_bytes > Web::body_bytes_max) return refuse(413, "too long\n");
        open->text.erase(0, bytes);
        return read_body(open, std::move(*head), handler);
    }
    if (!head_only && head->method != "GET") return refuse(405, "only GET is answered here\n");
    handler(*head, [open, head_only](const Web::Answer& found) { send(open, found, head_only); });
}

}  // namespace

Web::Web(asio::io_context& io, Descriptor listener, Handler handler, Methods methods)
    : io_(io),
      handler_(std::move(handler)),
      open_(std::make_shared<int>(0)),
      acceptor_(io, std::move(listener),
                [this, methods](Acceptor::Socket socket, std::uint64_t, const std::string&) {
                    if (static_cast<std::size_t>(open_.use_count()) > connections_max) return;
                    serve(io_, std::move(socket), {}, handler_, {Hosts::loopback, methods}, open_);
                }) {}

void Web::serve(asio::io_context& io, Acceptor::Socket socket, std::string begun, Handler handler,
                Rules rules, std::shared_ptr<void> held) {
    auto open =
        std::make_shared<Exchange>(io, std::move(socket), std::move(begun), std::move(held));
    end_after(open, head_timeout);
    asio::async_read_until(open->socket, asio::dynamic_buffer(open->text, head_bytes_max),
                           "\r\n\r\n",
                           [open, handler = std::move(handler), rules](
                               boost::system::error_code error, std::size_t bytes) {
                               open->timer.cancel();
                               if (error) return;
                               end_after(open, answer_timeout);  // also while it is made
                               answer(open, bytes, handler, rules);
                           });
}

void run_web(Descriptor listener, Web::Handler handler) {
    asio::io_context io(1);
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    const Web web(io, std::move(listener), std::move(handler), Web::Methods::all);
    io.run();
}

}  // namespace sallyport::gateway
