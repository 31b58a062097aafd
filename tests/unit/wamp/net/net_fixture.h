#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "wamp/net/connections.h"

namespace sallyport::wamp::test {

/// Writes down what a Host is told.
class RecordingHost : public Host {
public:
    struct Peer {
        bool open = false;
        bool closed = false;
        Opened opened;
        std::vector<std::string> messages;
        int alive = 0;
        int written = 0;         ///< times that it was told of
        std::size_t unsent = 0;  ///< the last of them
        std::string why;
    };

    void on_open(PeerId peer, const Opened& opened) override {
        peers[peer].open = true;
        peers[peer].opened = opened;
        if (when_open) when_open(peer);
    }
    void on_message(PeerId peer, std::string_view bytes) override {
        peers[peer].messages.emplace_back(bytes);
        if (when_message) when_message(peer, bytes);
    }
    void on_alive(PeerId peer) override { ++peers[peer].alive; }
    void on_written(PeerId peer, std::size_t unsent) override {
        ++peers[peer].written;
        peers[peer].unsent = unsent;
        if (when_written) when_written(peer, unsent);
    }
    void on_batch_end() override {
        ++batches;
        if (when_batch_ends) when_batch_ends();
    }
    void on_closed(PeerId peer, std::string_view why) override {
        peers[peer].closed = true;
        peers[peer].why = why;
    }

    std::map<PeerId, Peer> peers;
    int batches = 0;
    std::function<void(PeerId)> when_open;
    std::function<void(PeerId, std::string_view)> when_message;
    std::function<void(PeerId, std::size_t)> when_written;
    std::function<void()> when_batch_ends;
};

/// The first two sockets of a connected pair: one for Connections, one plain descriptor for the
/// test.
struct RawPair {
    explicit RawPair(boost::asio::io_context& io) : socket(io) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
        socket.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
        fd = ends[1];
    }
    RawPair(const RawPair&) = delete;
    RawPair& operator=(const RawPair&) = delete;
    ~RawPair() { close(); }

    void close();
    void write(std::string_view bytes) const;
    /// All that is there now, without waiting.
    std::string read();
    bool ended = false;  ///< read() saw the end of the stream

    Socket socket;
    int fd = -1;
};

/// Runs the loop until `condition` holds; false when it does not within ten seconds.
bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition);

/// Both ends for Connections.
std::pair<Socket, Socket> socket_pair(boost::asio::io_context& io);

std::string hex_bytes(std::string_view hex);

}  // namespace sallyport::wamp::test
