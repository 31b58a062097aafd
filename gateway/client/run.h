#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "backend-link/link/local_address.h"
#include "gateway/client/payload.h"
#include "gateway/client/url.h"
#include "wamp/net/connections.h"
#include "wamp/session/client_session.h"

namespace sallyport::gateway {

/// The options that all client commands share.
struct ClientOptions {
    ClientUrl url;
    std::optional<backend_link::Address> socks;
    wamp::Serializer serializer = wamp::Serializer::json;
    wamp::ClientSession::Config session;
    /// For connecting, joining and the answer together.
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);
    /// A command that is left running joins again when its connection is lost.
    bool reconnects = true;
};

/// One client command from connecting to GOODBYE, on one thread: connects, joins, lets the command
/// do its work, and leaves in order, also on Ctrl-C. A derived command defines what happens after
/// the join and for each answer.
class ClientRun : public wamp::Host {
public:
    explicit ClientRun(ClientOptions options);

    /// Returns the exit code. Throws ClientFailure if it could not connect at first.
    int run();

    void on_open(wamp::PeerId peer, const wamp::Opened& opened) final;
    void on_message(wamp::PeerId peer, std::string_view bytes) final;
    void on_alive(wamp::PeerId) final {}
    void on_batch_end() final {}
    void on_closed(wamp::PeerId peer, std::string_view why) final;

protected:
    virtual void on_joined() = 0;
    /// An answer, EVENT, INVOCATION or INTERRUPT; its payload is valid until the call returns.
    virtual void on_dispatch(wamp::Message& message) = 0;
    /// No answer arrived in time.
    virtual void on_timeout();
    /// Whether the command goes on until it is ended: it then joins again when the connection is
    /// lost.
    virtual bool goes_on() const { return false; }
    /// The exit code after Ctrl-C.
    virtual int interrupted_code() const { return client_interrupted; }

    static constexpr int client_interrupted = 130;  // the convention of shells

    /// When the last connection was begun, and how far it has come since.
    struct Marks {
        wamp::Instant begun{};
        wamp::Instant connected{};  ///< through the proxy, if there is one
        wamp::Instant opened{};     ///< the handshake of the transport is done
        wamp::Instant joined{};
    };
    const Marks& marks() const noexcept { return marks_; }
    /// False if the peer does not accept a message of that size; the command then ends.
    bool send(const wamp::Message& message);
    wamp::RequestId next_request() { return session_.next_request(); }
    wamp::Serializer serializer() const noexcept { return options_.serializer; }
    boost::asio::io_context& io() noexcept { return io_; }
    /// Stops the timeout.
    void stop_clock() { timer_.cancel(); }
    /// Sends GOODBYE, then ends with this exit code.
    void finish(int exit_code);
    /// Prints a WAMP error on stderr and ends.
    void finish_with(const wamp::Error& error);
    /// Prints one line on stdout. If it can no longer be written, the command ends.
    void print(const std::string& line);

private:
    /// Throws ClientFailure.
    void connect(std::chrono::nanoseconds timeout);
    /// Waits and connects until that succeeds; false if the command has ended meanwhile.
    bool reconnect();
    void lose(const std::string& line);
    void start_clock(std::chrono::nanoseconds time);
    void wait_for_signal();
    /// The reason of the router's GOODBYE or ABORT, and its message as JSON if it has one.
    std::string end_of_session() const;
    void end(int exit_code);
    void fail(int exit_code, const std::string& line);

    ClientOptions options_;
    boost::asio::io_context io_{1};
    wamp::Connections connections_;
    wamp::ClientSession session_;
    boost::asio::steady_timer timer_;
    boost::asio::signal_set signals_;
    wamp::PeerId peer_ = wamp::no_peer;
    std::size_t peer_receives_max_ = 0;
    Marks marks_{};
    std::optional<int> finishing_;  ///< GOODBYE was sent; the exit code
    std::optional<int> ended_;
    bool joined_ = false;  ///< at least once
    bool lost_ = false;    ///< the connection, after the join
    bool pausing_ = false;
    std::chrono::seconds pause_{1};  ///< before the next attempt
};

}  // namespace sallyport::gateway
