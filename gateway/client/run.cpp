#include "gateway/client/run.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include <sys/socket.h>
#include <boost/asio/generic/stream_protocol.hpp>

#include "gateway/client/connect.h"
#include "gateway/client/exit_code.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"

namespace sallyport::gateway {
namespace {

constexpr std::chrono::seconds goodbye_time{1};
constexpr std::chrono::seconds pause_max{30};    // between attempts to join again
constexpr std::chrono::seconds attempt_max{60};  // of one attempt; Tor takes long
constexpr std::size_t message_bytes = std::size_t{16} << 20;

wamp::ConnectionOptions connection_options(std::chrono::nanoseconds timeout) {
    wamp::ConnectionOptions options;
    options.message_bytes = message_bytes;
    options.handshake_timeout = timeout;
    options.close_timeout = goodbye_time;
    return options;
}

}  // namespace

ClientRun::ClientRun(ClientOptions options)
    : options_(std::move(options)),
      connections_(io_, *this),
      session_(options_.session),
      timer_(io_),
      signals_(io_) {}

int ClientRun::run() {
    connect(options_.timeout);
    // From here on Ctrl-C sends GOODBYE; before, it ends the program.
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    wait_for_signal();
    do {
        while (!ended_) io_.run_one();
        connections_.close(std::exchange(peer_, wamp::no_peer));
        io_.poll();  // sends the last messages
    } while (std::exchange(lost_, false) && reconnect());
    return *ended_;
}

void ClientRun::connect(std::chrono::nanoseconds timeout) {
    const wamp::Instant deadline = wamp::now() + timeout;
    marks_.begun = wamp::now();
    Descriptor descriptor = connect_client(options_.url, options_.socks, deadline);
    marks_.connected = wamp::now();
    const auto left = deadline - wamp::now();
    start_clock(left);
    sockaddr_storage address{};
    socklen_t bytes = sizeof(address);
    ::getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    wamp::Socket socket(io_, boost::asio::generic::stream_protocol(address.ss_family, 0),
                        descriptor.release());
    const wamp::Connections::Target target{options_.serializer, options_.url.websocket,
                                           options_.url.host_header(), options_.url.path};
    session_ = wamp::ClientSession(options_.session);
    peer_ =
        connections_.connect(std::move(socket), target, connection_options(left + goodbye_time));
}

bool ClientRun::reconnect() {
    for (;;) {
        std::fprintf(stderr, "joining again in %lld s\n", static_cast<long long>(pause_.count()));
        ended_.reset();
        pausing_ = true;
        start_clock(pause_);
        pause_ = std::min(2 * pause_, pause_max);
        while (pausing_ && !ended_) io_.run_one();
        if (ended_) return false;
        try {
            connect(std::min<std::chrono::nanoseconds>(options_.timeout, attempt_max));
            return true;
        } catch (const ClientFailure& failure) {
            std::fprintf(stderr, "%s\n", failure.what());
        }
    }
}

/// The connection is gone, by nobody's wish.
void ClientRun::lose(const std::string& line) {
    lost_ = joined_ && !ended_ && goes_on() && options_.reconnects;
    fail(client_not_connected, line);
}

void ClientRun::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        if (finishing_) return end(client_interrupted);
        finish(interrupted_code());
        wait_for_signal();
    });
}

void ClientRun::start_clock(std::chrono::nanoseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error || ended_) return;
        if (std::exchange(pausing_, false)) return;
        if (finishing_) return end(*finishing_);
        on_timeout();
    });
}

void ClientRun::on_timeout() {
    fail(client_timeout, "no answer in time");
}

void ClientRun::on_open(wamp::PeerId, const wamp::Opened& opened) {
    marks_.opened = wamp::now();
    peer_receives_max_ = opened.peer_receives_max;
    send(session_.hello());
}

void ClientRun::on_message(wamp::PeerId, std::string_view bytes) {
    auto message = wamp::decode(options_.serializer, bytes, {});
    if (!message) {
        const std::string why(wamp::to_string(message.error()));
        return fail(client_not_connected, "the router violated the protocol: " + why);
    }
    switch (session_.judge(*message)) {
        case wamp::ClientSession::Verdict::send: {
            send(session_.take_reply());
            if (session_.state() != wamp::ClientSession::State::ended) return;
            if (finishing_) return end(*finishing_);
            const std::string line = "the router ended the session: " + end_of_session();
            // Who was put out does not come back by itself.
            if (session_.reason() == wamp::uris::killed) return fail(client_not_connected, line);
            return lose(line);
        }
        case wamp::ClientSession::Verdict::joined:
            marks_.joined = wamp::now();
            joined_ = true;
            pause_ = std::chrono::seconds(1);
            return on_joined();
        case wamp::ClientSession::Verdict::dispatch:
            if (!finishing_) on_dispatch(*message);
            return;
        case wamp::ClientSession::Verdict::ignore:
            return;
        case wamp::ClientSession::Verdict::ended:
            return end(finishing_.value_or(client_not_connected));
        case wamp::ClientSession::Verdict::aborted:
            return fail(client_join_refused, "join refused: " + end_of_session());
        case wamp::ClientSession::Verdict::violation:
            send(wamp::Abort{{}, std::string(wamp::uris::protocol_violation), {}});
            return fail(client_not_connected,
                        "the router violated the protocol: " + std::string(session_.reason()));
    }
}

std::string ClientRun::end_of_session() const {
    std::string text(session_.reason());
    if (!session_.message().empty())
        text += " " + wamp::encode_value(wamp::Serializer::json, wamp::Value(session_.message()));
    return text;
}

void ClientRun::on_closed(wamp::PeerId, std::string_view why) {
    peer_ = wamp::no_peer;
    if (ended_) return;
    if (finishing_) return end(*finishing_);
    lose("connection lost: " + std::string(why));
}

bool ClientRun::send(const wamp::Message& message) {
    wamp::Frame frame = wamp::encode(options_.serializer, message);
    if (frame.message().size() > peer_receives_max_) {
        std::fprintf(stderr, "error: %s\n", std::string(wamp::uris::payload_size_exceeded).c_str());
        finish(client_wamp_error);
        return false;
    }
    connections_.send(peer_, std::move(frame));
    return true;
}

void ClientRun::print(const std::string& line) {
    const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                         std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
    if (!written) finish(client_ok);
}

void ClientRun::finish_with(const wamp::Error& error) {
    const auto json = json_of(error.payload);
    std::string line = "error: " + error.uri;
    if (json && !json->empty()) line += " " + json->both();
    std::fprintf(stderr, "%s\n", line.c_str());
    finish(client_wamp_error);
}

void ClientRun::finish(int exit_code) {
    if (finishing_ || ended_) return;
    finishing_ = exit_code;
    if (session_.state() != wamp::ClientSession::State::established) return end(exit_code);
    send(session_.leave(wamp::uris::close_realm));
    start_clock(goodbye_time);
}

void ClientRun::end(int exit_code) {
    if (!ended_) ended_ = exit_code;
}

void ClientRun::fail(int exit_code, const std::string& line) {
    if (ended_) return;
    std::fprintf(stderr, "%s\n", line.c_str());
    end(exit_code);
}

}  // namespace sallyport::gateway
