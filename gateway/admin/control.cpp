#include "gateway/admin/control.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "policy/tools/json.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::size_t line_bytes_max = 4096;
constexpr std::chrono::seconds question_timeout{5};
constexpr UnixRequestLimits answer_limits{std::chrono::seconds(60), std::size_t{16} << 20};

struct Conversation {
    Conversation(asio::io_context& io, Acceptor::Socket the_socket)
        : socket(std::move(the_socket)), timer(io) {}
    Acceptor::Socket socket;
    asio::steady_timer timer;
    std::string question;
    std::string answer;
};

/// ReloadCoordinator::exit_not_stored: done, with something to correct.
constexpr int exit_done_with_errors = 3;

/// Removes ":NUMBER" from the end of the text; nothing if it does not end so.
std::optional<unsigned> take_number(std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    text.resize(colon);
    return number;
}

/// "FILE:LINE:COLUMN: error: TEXT (CURE)" as an object; any other line is its text.
policy::Json error_of(const std::string& line) {
    constexpr std::string_view word = ": error: ";
    const std::size_t at = line.find(word);
    if (at == std::string::npos) return {{"text", line}};
    std::string file = line.substr(0, at);
    std::string text = line.substr(at + word.size());
    policy::Json error;
    if (const std::size_t cure = text.rfind(" (");
        text.ends_with(')') && cure != std::string::npos) {
        error["cure"] = text.substr(cure + 2, text.size() - cure - 3);
        text.resize(cure);
    }
    error["text"] = text;
    const auto column = take_number(file);
    const auto number = column ? take_number(file) : std::nullopt;
    error["file"] = file;
    if (number) {
        error["line"] = *number;
        error["column"] = *column;
    }
    return error;
}

/// {"done":true,"lines":[…]} with the word for what was done, or {"errors":[{"text":…},…]}.
void print_answer(const std::string& answer, const char* done) {
    policy::Json list = policy::Json::array();
    std::istringstream lines(answer);
    for (std::string line; std::getline(lines, line);)
        list.push_back(done != nullptr ? policy::Json(line) : error_of(line));
    policy::Json object;
    if (done != nullptr) object[done] = true;
    object[done != nullptr ? "lines" : "errors"] = std::move(list);
    policy::print_json(std::cout, object);
}

}  // namespace

Control::Control(asio::io_context& io, Descriptor listener, Handler handler, Web::Handler web)
    : io_(io),
      handler_(std::move(handler)),
      web_(std::move(web)),
      acceptor_(
          io, std::move(listener),
          [this](Acceptor::Socket socket, std::uint64_t, const std::string&) {
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
                      const std::string line = talk->question.substr(0, bytes - 1);
                      if (web_ && begins_http(line))
                          return Web::serve(io_, std::move(talk->socket), std::move(talk->question),
                                            web_, {Web::Hosts::any, Web::Methods::reading});
                      handler_(line, [talk](int exit_code, std::string_view text) {
                          talk->answer = std::to_string(exit_code) + "\n" + std::string(text);
                          asio::async_write(talk->socket, asio::buffer(talk->answer),
                                            [talk](boost::system::error_code, std::size_t) {});
                      });
                  });
          }) {}

std::string control_socket(const std::string& state_dir) {
    return state_dir + "/run/control.sock";
}

int take_exit_code(std::string& answer) {
    int exit_code = -1;
    const std::size_t end = answer.find('\n');
    if (end == std::string::npos) return exit_code;
    std::from_chars(answer.data(), answer.data() + end, exit_code);
    answer.erase(0, end + 1);
    return exit_code;
}

int send_command(const std::string& state_dir, std::string_view line, bool json) {
    return send_line(control_socket(state_dir), line, json);
}

int send_line(const std::string& path, std::string_view line, bool json) {
    std::string answer;
    try {
        answer = unix_request(path, std::string(line) + "\n", answer_limits);
    } catch (const std::system_error& error) {
        throw StartError({path, 0, 0}, "cannot connect: " + error.code().message(),
                         "is the program running, and are you its user?");
    }
    const int exit_code = take_exit_code(answer);
    if (exit_code < 0) {
        throw StartError({path, 0, 0}, "no answer", "see the program's log");
    }
    if (json) {
        const bool succeeded = exit_code == 0 || exit_code == exit_done_with_errors;
        print_answer(answer, succeeded ? (line == "check" ? "checked" : "done") : nullptr);
    } else {
        std::fputs(answer.c_str(), exit_code == 0 ? stdout : stderr);
    }
    return exit_code;
}

}  // namespace sallyport::gateway
