#include "gateway/programs/tor_child.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "gateway/tor/onion.h"

namespace sallyport::gateway {

namespace {

constexpr std::chrono::milliseconds attach_interval{50};
constexpr std::size_t line_bytes_max = 4096;
constexpr std::chrono::seconds stalled_after{30};

}  // namespace

/// One run of the process: its output, and our connection to its control socket.
struct TorChild::Attempt {
    explicit Attempt(boost::asio::io_context& io) : output(io), control(io), timer(io) {}

    boost::asio::posix::stream_descriptor output;
    boost::asio::local::stream_protocol::socket control;
    boost::asio::steady_timer timer;
    ControlClient client;
    std::string line;
    std::array<char, 4096> output_bytes{};
    std::array<char, 4096> control_bytes{};
};

TorChild::TorChild(boost::asio::io_context& io, const GatewayConfig& config, std::string program,
                   Events events)
    : io_(io),
      state_dir_(config.state_dir.path),
      program_(std::move(program)),
      torrc_(state_dir_ + "/tor/torrc"),
      events_(std::move(events)),
      stall_timer_(io),
      child_(io, "tor", [this] { return launch(); }, [this](int) { on_end(); }) {
    state_.mode = "managed";
}

pid_t TorChild::launch() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    Descriptor read_end(ends[0]);
    const Descriptor write_end(ends[1]);
    // A cookie of an earlier run would be refused, so it must not be there before tor wrote its
    // own.
    ::unlink((state_dir_ + "/tor/control_auth_cookie").c_str());
    const pid_t pid = start_child({program_,
                                   {"tor", "-f", torrc_, "--defaults-torrc",
                                    state_dir_ + "/tor/none", "--ignore-missing-torrc"},
                                   -1,
                                   write_end.get()});
    attempt_ = std::make_shared<Attempt>(io_);
    attempt_->output.assign(read_end.release());
    read_output(attempt_);
    attach_later(attempt_);
    return pid;
}

void TorChild::read_output(const std::shared_ptr<Attempt>& attempt) {
    attempt->output.async_read_some(
        boost::asio::buffer(attempt->output_bytes),
        [this, attempt](boost::system::error_code error, std::size_t count) {
            if (error || attempt != attempt_) return;
            for (std::size_t index = 0; index < count; ++index) {
                const char c = attempt->output_bytes[index];
                if (c == '\n') {
                    on_line(attempt->line);
                    attempt->line.clear();
                } else if (attempt->line.size() < line_bytes_max) {
                    attempt->line.push_back(c);
                }
            }
            read_output(attempt);
        });
}

void TorChild::on_line(const std::string& line) {
    const auto complaint = complaint_of_log(line);
    if (!complaint) return;
    last_complaint_ = *complaint;
    log(LogLevel::warning, "tor: " + last_complaint_);
}

void TorChild::attach_later(const std::shared_ptr<Attempt>& attempt) {
    attempt->timer.expires_after(attach_interval);
    attempt->timer.async_wait([this, attempt](boost::system::error_code error) {
        if (!error && attempt == attempt_) attach(attempt);
    });
}

void TorChild::attach(const std::shared_ptr<Attempt>& attempt) {
    const std::string cookie_file = state_dir_ + "/tor/control_auth_cookie";
    boost::system::error_code error = boost::asio::error::not_found;
    if (::access(cookie_file.c_str(), R_OK) == 0) {
        attempt->control = boost::asio::local::stream_protocol::socket(io_);
        attempt->control.connect(
            boost::asio::local::stream_protocol::endpoint(state_dir_ + "/tor/control.sock"), error);
    }
    if (error) {
        attach_later(attempt);
        return;
    }
    ControlClient::Output out;
    try {
        attempt->client.start(read_secret(cookie_file), out);
    } catch (const StartError& failure) {
        log(LogLevel::error, std::string("tor: ") + failure.what());
        attach_later(attempt);
        return;
    }
    carry_out(attempt, out);
    read_control(attempt);
    learn_address();
    events_.attached();
}

void TorChild::read_control(const std::shared_ptr<Attempt>& attempt) {
    attempt->control.async_read_some(
        boost::asio::buffer(attempt->control_bytes),
        [this, attempt](boost::system::error_code error, std::size_t count) {
            if (error || attempt != attempt_) return;  // tor's end itself is heard of as a process
            ControlClient::Output out;
            attempt->client.on_bytes({attempt->control_bytes.data(), count}, out);
            carry_out(attempt, out);
            if (attempt->control.is_open()) read_control(attempt);
        });
}

void TorChild::carry_out(const std::shared_ptr<Attempt>& attempt, ControlClient::Output& out) {
    boost::system::error_code ignored;  // a broken connection is seen when reading
    if (!out.send.empty())
        boost::asio::write(attempt->control, boost::asio::buffer(out.send), ignored);
    for (const auto& event : out.events) take(event, attempt);
}

void TorChild::take(const ControlClient::Event& event, const std::shared_ptr<Attempt>& attempt) {
    if (const auto* failed = std::get_if<ControlClient::Failed>(&event)) {
        log(LogLevel::error, failed->why);
        boost::system::error_code ignored;
        attempt->control.close(ignored);
        return;
    }
    if (const auto* bootstrap = std::get_if<Bootstrap>(&event)) {
        log(bootstrap->warning.empty() ? LogLevel::info : LogLevel::warning, to_text(*bootstrap));
        state_.percent = bootstrap->percent;
        state_.summary = bootstrap->summary;
        state_.warning = bootstrap->warning;
        await_progress();
    } else if (!state_.reachable) {
        state_.reachable = true;
        log(LogLevel::info, "onion service is reachable: its descriptor was uploaded");
    }
    learn_address();
    events_.changed(state_);
}

void TorChild::await_progress() {
    stall_timer_.cancel();
    if (state_.percent >= 100) return;
    stall_timer_.expires_after(stalled_after);
    stall_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        if (state_.warning.empty()) state_.warning = "no way out to the Tor network?";
        log(LogLevel::warning, "tor: no progress for " + std::to_string(stalled_after.count()) +
                                   " s at " + std::to_string(state_.percent) + "% (" +
                                   state_.summary + "): " + state_.warning);
        events_.changed(state_);
    });
}

void TorChild::learn_address() {
    if (!state_.address.empty()) return;
    try {
        std::string text = read_file(state_dir_ + "/onion/hostname");
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
        if (!is_onion_address(text)) return;
        state_.address = text;
    } catch (const StartError&) {
        return;  // tor has not written it yet; asked again at the next event
    }
    log(LogLevel::info, "onion address: " + state_.address);
    events_.changed(state_);
}

void TorChild::on_end() {
    attempt_.reset();
    stall_timer_.cancel();
    state_.percent = 0;
    state_.reachable = false;
    state_.summary = "tor is not running";
    events_.changed(state_);
    events_.ended(last_complaint_);
}

}  // namespace sallyport::gateway
