#include "gateway/client/pairing.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "gateway/client/connect.h"
#include "gateway/client/exit_code.h"
#include "policy/crypto/hash.h"
#include "wamp/net/connections.h"
#include "wamp/net/tls_context.h"
#include "wamp/net/tls_session.h"

namespace sallyport::gateway {
namespace {

using wamp::Instant;
using wamp::TlsSession;

constexpr std::string_view question_head = "sallyport-link-join 1 ";
constexpr std::string_view answer = "paired\n";
constexpr std::size_t question_bytes = question_head.size() + invitation_secret_digits + 1;
constexpr std::size_t conversations_max = 16;
constexpr wamp::Duration patience = std::chrono::seconds(10);
constexpr wamp::Duration join_patience = std::chrono::seconds(15);

int milliseconds_until(Instant deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - wamp::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 1 << 30));
}

/// One TLS connection over a non-blocking socket, up to the one line that the peer sends.
class Conversation {
public:
    Conversation(Descriptor socket, SSL_CTX* context, TlsSession::End end, std::size_t line_bytes)
        : socket_(std::move(socket)),
          session_(context, end),
          line_bytes_(line_bytes),
          deadline_(wamp::now() + patience) {}

    int socket() const noexcept { return socket_.get(); }
    Instant deadline() const noexcept { return deadline_; }
    short events() {
        return static_cast<short>(session_.wire().empty() ? POLLIN : POLLIN | POLLOUT);
    }
    std::string pin() const { return session_.peer_pin(); }
    bool established() const noexcept { return session_.established(); }
    /// What the peer has sent, once it is a whole line.
    const std::string* line() const {
        return line_.size() == line_bytes_ && line_.ends_with('\n') ? &line_ : nullptr;
    }
    /// Why it has ended; empty while it goes on.
    const std::string& why() const noexcept { return why_; }

    void say(std::string_view text) {
        wamp::OutQueue plain;
        plain.append(std::string(text));
        session_.encrypt(plain);
    }

    /// Reads and writes what can be read and written now.
    void proceed() {
        read();
        write();
    }
    /// Writes what is left, as far as the peer takes it within a second.
    void finish() {
        const Instant end = wamp::now() + std::chrono::seconds(1);
        while (write() && !session_.wire().empty() && wamp::now() < end) {
            pollfd entry{socket(), POLLOUT, 0};
            ::poll(&entry, 1, milliseconds_until(end));
        }
        session_.close();
        write();
        ::shutdown(socket(), SHUT_WR);
    }

private:
    void read() {
        std::array<char, 4096> block;
        for (int i = 0; i < 16; ++i) {  // then others have their turn
            const ssize_t count = ::recv(socket(), block.data(), block.size(), 0);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) break;
            if (count <= 0)
                return end(count == 0 ? "closed by the other end" : std::strerror(errno));
            session_.feed({block.data(), static_cast<std::size_t>(count)});
            advance();
            if (!why_.empty() || line() != nullptr) return;
        }
        advance();
    }

    void advance() {
        std::array<char, 512> block;
        for (;;) {
            const TlsSession::Event event = session_.next(block);
            if (event.kind == TlsSession::Kind::none) return;
            if (event.kind == TlsSession::Kind::failed) return end(std::string(event.bytes));
            line_ += event.bytes;
            if (line_.size() > line_bytes_ || (line_.size() == line_bytes_ && line() == nullptr))
                return end("no sallyport that pairs");
        }
    }

    bool write() {
        while (!session_.wire().empty()) {
            std::array<iovec, 8> pieces;
            msghdr message{};
            message.msg_iov = pieces.data();
            message.msg_iovlen = session_.wire().gather(pieces);
            const ssize_t count = ::sendmsg(socket(), &message, MSG_NOSIGNAL);
            if (count >= 0) {
                session_.wire().consume(static_cast<std::size_t>(count));
            } else if (errno == EAGAIN) {
                return true;
            } else if (errno != EINTR) {
                end(std::strerror(errno));
                return false;
            }
        }
        return true;
    }

    void end(const std::string& why) {
        if (why_.empty()) why_ = why;
    }

    Descriptor socket_;
    TlsSession session_;
    std::size_t line_bytes_;
    Instant deadline_;
    std::string line_;
    std::string why_;
};

void accept_all(const Descriptor& listener, SSL_CTX* context, std::list<Conversation>& open) {
    for (std::size_t i = 0; i < conversations_max; ++i) {
        Descriptor socket(
            ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)) return;
        if (!socket) throw std::system_error(errno, std::generic_category(), "accept");
        if (open.size() == conversations_max) open.pop_front();
        open.emplace_back(std::move(socket), context, TlsSession::End::server, question_bytes);
    }
}

/// Until one of them has something to do, or time runs out.
void await_events(const Descriptor& listener, std::list<Conversation>& open, Instant deadline) {
    std::vector<pollfd> entries;
    entries.push_back({listener.get(), POLLIN, 0});
    for (Conversation& each : open) {
        entries.push_back({each.socket(), each.events(), 0});
        deadline = std::min(deadline, each.deadline());
    }
    if (::poll(entries.data(), entries.size(), milliseconds_until(deadline)) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "poll");
}

}  // namespace

bool await_join(const Descriptor& listener, const std::string& directory, const std::string& secret,
                wamp::Duration lifetime, const std::function<void(const std::string& pin)>& keep,
                const std::function<void(const std::string& line)>& tell) {
    auto context = wamp::make_pairing_context(directory);
    const std::string due = std::string(question_head) + secret + "\n";
    std::list<Conversation> open;
    const Instant deadline = wamp::now() + lifetime;
    while (wamp::now() < deadline) {
        await_events(listener, open, deadline);
        accept_all(listener, context.native_handle(), open);
        for (auto each = open.begin(); each != open.end();) {
            each->proceed();
            if (const std::string* const line = each->line(); line != nullptr) {
                if (policy::crypto::equal(*line, due)) {
                    keep(each->pin());
                    each->say(answer);
                    each->finish();
                    return true;
                }
                tell("refused: an end with the pin " + each->pin() + " does not know the secret");
            } else if (each->why().empty() && wamp::now() < each->deadline()) {
                ++each;
                continue;
            } else {
                tell("failed: " + (each->why().empty() ? "no answer in time" : each->why()));
            }
            each = open.erase(each);
        }
    }
    return false;
}

void join_link(const Invitation& invitation, const std::string& directory) {
    const Instant deadline = wamp::now() + join_patience;
    const std::string whom = invitation.at.text();
    auto context = wamp::make_tls_context(TlsSession::End::client, directory, {invitation.pin});
    ClientUrl url;
    url.address = invitation.at;
    Conversation conversation(connect_client(url, std::nullopt, deadline), context.native_handle(),
                              TlsSession::End::client, answer.size());
    bool asked = false;
    for (;;) {
        conversation.proceed();
        if (!asked && conversation.established()) {
            conversation.say(std::string(question_head) + invitation.secret + "\n");
            asked = true;
            continue;
        }
        if (const std::string* const line = conversation.line(); line != nullptr && *line == answer)
            return;
        if (conversation.line() != nullptr || !conversation.why().empty()) {
            const std::string why = conversation.line() != nullptr
                                        ? std::string("it is not a gateway that invites")
                                        : conversation.why();
            throw ClientFailure(
                client_join_refused,
                whom + " does not pair: " + why +
                    (asked ? " (make a new invitation there: it is good for one end)" : ""));
        }
        if (wamp::now() >= deadline) throw ClientFailure(client_timeout, whom + " does not answer");
        pollfd entry{conversation.socket(), conversation.events(), 0};
        ::poll(&entry, 1, milliseconds_until(deadline));
    }
}

}  // namespace sallyport::gateway
