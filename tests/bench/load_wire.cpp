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

Session::Session(const std::string& address, Transport transport, const Login& login)
    : fd_(connected(address)), transport_(transport) {
    shake_hands("localhost");
    join(login);
}

Session::~Session() {
    ::close(fd_);
}

void Session::shake_hands(const std::string& host) {
    if (!transport_.websocket) {
        const auto serializer = static_cast<int>(transport_.serializer);
        out_ = {'\x7f', static_cast<char>(0xF0 | serializer), '\0', '\0'};
        write_blocking();
        std::array<char, 4> reply{};
        if (::recv(fd_, reply.data(), reply.size(), MSG_WAITALL) != 4 ||
            (reply[1] & 15) != serializer)
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
    const Encoding encode(serializer());
    std::vector<std::pair<std::string, std::string>> roles, details;
    const std::string streams =
        encode.map({{"features", encode.map({{"progressive_call_results", encode.yes()},
                                             {"call_canceling", encode.yes()}})}});
    for (const char* role : {"caller", "callee"}) roles.emplace_back(role, streams);
    for (const char* role : {"publisher", "subscriber"}) roles.emplace_back(role, encode.map({}));
    details.emplace_back("roles", encode.map(roles));
    if (!login.authid.empty()) {
        details.emplace_back("authid", encode.text(login.authid));
        details.emplace_back("authmethods", encode.list({encode.text("ticket")}));
    }
    queue(encode.list({encode.uint(hello), encode.text(login.realm), encode.map(details)}));
    std::uint64_t code = 0;
    std::string answer;
    const auto read_answer = [&] {
        write_blocking();
        answer = receive();
        Reader reader(serializer(), answer);
        reader.array();
        code = reader.uint();
    };
    read_answer();
    if (code == challenge) {
        queue(encode.list({encode.uint(authenticate), encode.text(login.ticket), encode.map({})}));
        read_answer();
    }
    if (code != welcome) fail("the join was refused: " + hex(answer));
}

std::string Session::ask(std::uint64_t code, std::size_t count, std::string_view rest) {
    std::string message;
    put_message(message, serializer(), code, next_request(), count, rest);
    queue(message);
    write_blocking();
    return receive();
}

void Session::start() {
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

void Session::queue(std::string_view message) {
    if (!transport_.websocket) {
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
        const auto [message, used] = whole_frame(in_, transport_.websocket);
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
        const auto [message, used] = whole_frame(data.substr(used_all), transport_.websocket);
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
