#include "gateway/admin/control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/start_error.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t answer_bytes_max = 16u << 20;
constexpr std::chrono::seconds question_timeout{5};
constexpr long answer_timeout_s = 60;

struct Conversation {
    Conversation(asio::io_context& io, wamp::Socket the_socket)
        : socket(std::move(the_socket)), timer(io) {}
    wamp::Socket socket;
    asio::steady_timer timer;
    std::string question;
    std::string answer;
};

// {"done":true,"lines":[…]}, or {"errors":[{"text":…},…]}.
void print_answer(const std::string& answer, bool done) {
    wamp::List list;
    std::istringstream lines(answer);
    for (std::string line; std::getline(lines, line);) {
        if (done) {
            list.emplace_back(line);
        } else {
            list.emplace_back(wamp::Dict{{"text", line}});
        }
    }
    wamp::Dict object;
    if (done) object.append("done", true);
    object.append(done ? "lines" : "errors", std::move(list));
    policy::print_json(std::cout, object);
}

}  // namespace

Control::Control(asio::io_context& io, Descriptor listener, Handler handler)
    : io_(io),
      handler_(std::move(handler)),
      acceptor_(io, std::move(listener), [this](wamp::Socket socket) {
          auto talk = std::make_shared<Conversation>(io_, std::move(socket));
          talk->timer.expires_after(question_timeout);
          talk->timer.async_wait([talk](boost::system::error_code error) {
              boost::system::error_code ignored;
              if (!error) talk->socket.close(ignored);
          });
          asio::async_read_until(
              talk->socket, asio::dynamic_buffer(talk->question, line_bytes_max), '\n',
              [this, talk](boost::system::error_code error, std::size_t bytes) {
                  talk->timer.cancel();
                  if (error) return;
                  handler_(talk->question.substr(0, bytes - 1),
                           [talk](int exit_code, std::string_view text) {
                               talk->answer = std::to_string(exit_code) + "\n" + std::string(text);
                               asio::async_write(talk->socket, asio::buffer(talk->answer),
                                                 [talk](boost::system::error_code, std::size_t) {});
                           });
              });
      }) {}

std::string control_socket(const std::string& state_dir) {
    return state_dir + "/run/control.sock";
}

int tell_program(const std::string& state_dir, std::string_view line, bool json) {
    const std::string path = control_socket(state_dir);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{answer_timeout_s, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
        0) {
        throw StartError({path, 0, 0}, std::string("nobody answers: ") + std::strerror(errno),
                         "is the program running, and are you its user?");
    }
    const std::string question = std::string(line) + "\n";
    if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(question.size())) {
        throw StartError({path, 0, 0}, std::string("cannot be spoken to: ") + std::strerror(errno),
                         "try again");
    }
    std::string answer;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::recv(socket.get(), bytes.data(), bytes.size(), 0)) > 0 &&
                            answer.size() < answer_bytes_max;) {
        answer.append(bytes.data(), static_cast<std::size_t>(count));
    }
    int exit_code = -1;
    const std::size_t end = answer.find('\n');
    if (end != std::string::npos) {
        std::from_chars(answer.data(), answer.data() + end, exit_code);
        answer.erase(0, end + 1);
    }
    if (exit_code < 0) {
        throw StartError({path, 0, 0}, "there was no answer", "look into the program's log");
    }
    if (json) {
        print_answer(answer, exit_code == 0);
    } else {
        std::fputs(answer.c_str(), exit_code == 0 ? stdout : stderr);
    }
    return exit_code;
}

}  // namespace sallyport::gateway
