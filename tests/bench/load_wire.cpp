#include "tests/bench/load_wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gateway/host/unix_address.h"

namespace sallyport::bench {
namespace {

constexpr std::uint64_t hello = 1, welcome = 2, challenge = 4, authenticate = 5;
constexpr std::size_t read_bytes = 256 * 1024;

void put_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i > 0; --i)
        out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xFF));
}

int connected(const std::string& address) {
    if (address.starts_with("unix:")) {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        const gateway::UnixAddress where(std::string_view(address).substr(5));
        if (fd < 0 || ::connect(fd, where.get(), where.size()) != 0)
            fail("cannot connect to " + address);
        return fd;
    }
    const std::size_t colon = address.rfind(':');
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(4, colon - 4).c_str(), &where.sin_addr);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
        fail("cannot connect to " + address);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// The whole message at the front of `in` and the bytes of its frame; 0 bytes while it is not there
/// yet.
std::pair<std::string_view, std::size_t> whole_frame(std::string_view in, bool websocket) {
    const auto at = [in](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(in[i]));
    };
    std::size_t head = websocket ? 2 : 4;
    if (in.size() < head) return {};
    std::size_t length = 0;
    if (!websocket) {
        length = at(1) << 16 | at(2) << 8 | at(3);
    } else {
        length = at(1) & 0x7F;
        const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (in.size() < head + extra) return {};
        if (extra != 0) length = 0;
        for (std::size_t i = 0; i < extra; ++i) length = length << 8 | at(head + i);
        head += extra;
    }
    if (in.size() < head + length) return {};
    return {in.substr(head, length), head + length};
}

}  // namespace

void fail(const std::string& what) {
    std::fprintf(stderr, "load: %s\n", what.c_str());
    std::exit(1);
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 120)) {
        if (c >= 32 && c < 127) {
            text.push_back(c);
        } else {
            std::array<char, 8> buffer{};
            std::snprintf(buffer.data(), buffer.size(), "\\x%02x",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += buffer.data();
        }
    }
    return text;
}

void put_array(std::string& out, std::size_t count) {
    out.push_back(static_cast<char>(0x90 | count));
}

void put_map(std::string& out, std::size_t count) {
    out.push_back(static_cast<char>(0x80 | count));
}

void put_uint(std::string& out, std::uint64_t value) {
    if (value < 128) {
        out.push_back(static_cast<char>(value));
    } else if (value <= 0xFFFFFFFF) {
        out.push_back(static_cast<char>(0xCE));
        put_big_endian(out, value, 4);
    } else {
        out.push_back(static_cast<char>(0xCF));
        put_big_endian(out, value, 8);
    }
}

void put_text(std::string& out, std::string_view text) {
    if (text.size() < 32) {
        out.push_back(static_cast<char>(0xA0 | text.size()));
    } else {
        out.push_back(static_cast<char>(0xDA));
        put_big_endian(out, text.size(), 2);
    }
    out += text;
}

std::string_view Reader::take(std::size_t count) {
    if (data_.size() < count) fail("a message ends too early");
    const std::string_view taken = data_.substr(0, count);
    data_.remove_prefix(count);
    return taken;
}

std::uint8_t Reader::byte() {
    return static_cast<std::uint8_t>(take(1).front());
}

std::uint64_t Reader::big_endian(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::size_t Reader::array() {
    const std::uint8_t first = byte();
    if ((first & 0xF0) == 0x90) return first & 15U;
    if (first == 0xDC) return big_endian(2);
    fail("no array where one is due");
}

std::uint64_t Reader::uint() {
    const std::uint8_t first = byte();
    if (first < 128) return first;
    if (first >= 0xCC && first <= 0xCF) return big_endian(std::size_t{1} << (first - 0xCC));
    fail("no integer where one is due");
}

std::string_view Reader::text() {
    const std::uint8_t first = byte();
    if ((first & 0xE0) == 0xA0) return take(first & 31U);
    if (first >= 0xD9 && first <= 0xDB) return take(big_endian(std::size_t{1} << (first - 0xD9)));
    fail("no text where one is due");
}

std::string_view Reader::skip() {
    const std::string_view before = data_;
    std::uint64_t left = 1;
    while (left-- > 0) {
        const std::uint8_t b = byte();
        if (b < 0x80 || b >= 0xE0 || (b >= 0xC0 && b <= 0xC3)) continue;
        if (b < 0x90)
            left += 2U * (b & 15U);
        else if (b < 0xA0)
            left += b & 15U;
        else if (b < 0xC0)
            take(b & 31U);
        else if (b >= 0xC4 && b <= 0xC6)
            take(big_endian(std::size_t{1} << (b - 0xC4)));
        else if (b == 0xCA)
            take(4);
        else if (b == 0xCB)
            take(8);
        else if (b >= 0xCC && b <= 0xD3)
            take(std::size_t{1} << ((b - 0xCC) & 3));
        else if (b >= 0xD9 && b <= 0xDB)
            take(big_endian(std::size_t{1} << (b - 0xD9)));
        else if (b == 0xDC || b == 0xDD)
            left += big_endian(b == 0xDC ? 2 : 4);
        else if (b == 0xDE || b == 0xDF)
            left += 2 * big_endian(b == 0xDE ? 2 : 4);
        else
            fail("a type that this reader does not know");
    }
    return before.substr(0, before.size() - data_.size());
}

Session::Session(const std::string& address, bool websocket, const Login& login)
    : fd_(connected(address)), websocket_(websocket) {
    shake_hands("localhost");
    join(login);
}

Session::~Session() {
    ::close(fd_);
}

void Session::shake_hands(const std::string& host) {
    if (!websocket_) {
        out_ = std::string("\x7f\xf2\0\0", 4);
        write_blocking();
        std::array<char, 4> reply{};
        if (::recv(fd_, reply.data(), reply.size(), MSG_WAITALL) != 4 || (reply[1] & 15) != 2)
            fail("not a RawSocket handshake");
        return;
    }
    out_ = "GET /ws HTTP/1.1\r\nHost: " + host +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: "
           "wamp.2.msgpack\r\n\r\n";
    write_blocking();
    std::string reply;
    while (!reply.ends_with("\r\n\r\n")) {
        char c = 0;
        if (::recv(fd_, &c, 1, 0) != 1) fail("no WebSocket handshake: " + reply);
        reply.push_back(c);
    }
    if (!reply.starts_with("HTTP/1.1 101")) fail("no WebSocket handshake: " + reply);
}

void Session::join(const Login& login) {
    std::string message;
    put_array(message, 3);
    put_uint(message, hello);
    put_text(message, login.realm);
    put_map(message, login.authid.empty() ? 1 : 3);
    put_text(message, "roles");
    put_map(message, 4);
    for (const std::string_view role : {"caller", "callee", "publisher", "subscriber"}) {
        put_text(message, role);
        put_map(message, 0);
    }
    if (!login.authid.empty()) {
        put_text(message, "authid");
        put_text(message, login.authid);
        put_text(message, "authmethods");
        put_array(message, 1);
        put_text(message, "ticket");
    }
    queue(message);
    write_blocking();
    std::string answer = receive();
    Reader reader(answer);
    reader.array();
    std::uint64_t code = reader.uint();
    if (code == challenge) {
        message.clear();
        put_array(message, 3);
        put_uint(message, authenticate);
        put_text(message, login.ticket);
        put_map(message, 0);
        queue(message);
        write_blocking();
        answer = receive();
        reader = Reader(answer);
        reader.array();
        code = reader.uint();
    }
    if (code != welcome) fail("the join was refused: " + hex(answer));
}

std::string Session::ask(std::uint64_t code, std::size_t count, std::string_view rest) {
    std::string message;
    put_array(message, 2 + count);
    put_uint(message, code);
    put_uint(message, next_request());
    message += rest;
    queue(message);
    write_blocking();
    return receive();
}

void Session::start() {
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

void Session::queue(std::string_view message) {
    if (!websocket_) {
        put_big_endian(out_, message.size(), 4);
        out_ += message;
        return;
    }
    out_.push_back(static_cast<char>(0x82));
    if (message.size() < 126) {
        out_.push_back(static_cast<char>(0x80 | message.size()));
    } else {
        out_.push_back(static_cast<char>(0xFE));
        put_big_endian(out_, message.size(), 2);
    }
    out_.append(4, '\0');  // a mask of zeros leaves the bytes as they are
    out_ += message;
}

void Session::write_blocking() {
    while (!out_.empty()) {
        const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent <= 0) fail("cannot send");
        out_.erase(0, static_cast<std::size_t>(sent));
    }
}

std::string Session::receive() {
    std::array<char, 65536> buffer{};
    while (true) {
        const auto [message, used] = whole_frame(in_, websocket_);
        if (used != 0) {
            std::string copy(message);
            in_.erase(0, used);
            return copy;
        }
        const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (got <= 0) fail("the peer closed the connection");
        in_.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

bool Session::flush() {
    if (out_.empty()) return true;
    const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail("the connection is gone");
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    return out_.empty();
}

void Session::read(const std::function<void(std::string_view)>& on_message) {
    static std::string buffer(read_bytes, '\0');
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the peer closed the connection");
    std::string_view data(buffer.data(), static_cast<std::size_t>(got));
    if (!in_.empty()) {
        in_ += data;
        data = in_;
    }
    std::size_t used_all = 0;
    while (true) {
        const auto [message, used] = whole_frame(data.substr(used_all), websocket_);
        if (used == 0) break;
        on_message(message);
        used_all += used;
    }
    std::string left(data.substr(used_all));
    in_.swap(left);
}

std::vector<double> cpu_us(const std::vector<int>& pids) {
    std::vector<double> each;
    for (const int pid : pids) {
        double total = 0;
        for (const auto& task :
             std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
            double nanoseconds = 0;
            std::ifstream(task.path() / "schedstat") >> nanoseconds;
            total += nanoseconds / 1000;
        }
        each.push_back(total);
    }
    return each;
}

double resident_kb(const std::vector<int>& pids) {
    double total = 0;
    for (const int pid : pids) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
        std::string line;
        while (std::getline(file, line)) {
            if (line.starts_with("Rss:")) total += std::stod(line.substr(4));
        }
    }
    return total;
}

}  // namespace sallyport::bench
