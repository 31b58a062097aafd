#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load_message.h"

/// The load generator's sessions over RawSocket, and over WebSocket for idle ones.
namespace sallyport::bench {

struct Login {
    std::string realm;
    std::string authid;  ///< empty: anonymous
    std::string ticket;
};

struct Transport {
    Serializer serializer = Serializer::msgpack;
    bool websocket = false;
};

/// One WAMP session. Joins and asks blockingly; after start() it never blocks.
class Session {
public:
    /// `address` is unix:/path or tcp:HOST:PORT. Ends the program with a message when anything
    /// fails.
    Session(const std::string& address, Transport transport, const Login& login);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Sends a request whose type code is followed by a new id, and returns the answer; `rest`
    /// holds `count` elements.
    std::string ask(std::uint64_t code, std::size_t count, std::string_view rest);

    void start();
    void queue(std::string_view message);
    /// Writes what is queued; false while some is left.
    bool flush();
    /// Reads once and hands over all whole messages. Ends the program when the peer has closed.
    void read(const std::function<void(std::string_view)>& on_message);

    int fd() const { return fd_; }
    Serializer serializer() const { return transport_.serializer; }
    std::uint64_t next_request() { return ++request_; }

private:
    void shake_hands(const std::string& host);
    void join(const Login& login);
    std::string receive();
    void write_blocking();

    int fd_ = -1;
    Transport transport_;
    std::uint64_t request_ = 0;
    std::string in_;
    std::string out_;
};

/// Microseconds of CPU that each of these processes, all threads, has used so far.
std::vector<double> cpu_us(const std::vector<int>& pids);
/// Resident kilobytes of these processes.
double resident_kb(const std::vector<int>& pids);

}  // namespace sallyport::bench
