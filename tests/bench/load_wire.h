#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The load generator's own WAMP: just enough MessagePack and RawSocket (and WebSocket for idle
/// sessions) to keep its cost far below what it measures. Trusts its peers.
namespace sallyport::bench {

/// MessagePack, written at the end of a buffer.
void put_array(std::string& out, std::size_t count);
void put_map(std::string& out, std::size_t count);
void put_uint(std::string& out, std::uint64_t value);
void put_text(std::string& out, std::string_view text);

/// MessagePack, read from the front of a message.
class Reader {
public:
    explicit Reader(std::string_view data) : data_(data) {}
    std::size_t array();
    std::uint64_t uint();
    std::string_view text();
    std::string_view skip();  ///< the next value, whole
    bool done() const { return data_.empty(); }
    std::string_view rest() const { return data_; }

private:
    std::uint64_t big_endian(std::size_t bytes);
    std::uint8_t byte();
    std::string_view take(std::size_t count);

    std::string_view data_;
};

struct Login {
    std::string realm;
    std::string authid;  ///< empty: anonymous
    std::string ticket;
};

/// One WAMP session. Joins and asks blockingly; after start() it never blocks.
class Session {
public:
    /// `address` is unix:/path or tcp:HOST:PORT. Ends the program with a message when anything
    /// fails.
    Session(const std::string& address, bool websocket, const Login& login);
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
    std::uint64_t next_request() { return ++request_; }

private:
    void shake_hands(const std::string& host);
    void join(const Login& login);
    std::string receive();
    void write_blocking();

    int fd_ = -1;
    bool websocket_ = false;
    std::uint64_t request_ = 0;
    std::string in_;
    std::string out_;
};

[[noreturn]] void fail(const std::string& what);
std::string hex(std::string_view bytes);

/// Microseconds of CPU that each of these processes, all threads, has used so far.
std::vector<double> cpu_us(const std::vector<int>& pids);
/// Resident kilobytes of these processes.
double resident_kb(const std::vector<int>& pids);

}  // namespace sallyport::bench
