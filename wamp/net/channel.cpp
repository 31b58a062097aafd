#include "wamp/net/channel.h"

#include <utility>

#include "wamp/framing/proxy_line.h"

namespace sallyport::wamp {
namespace {

constexpr char rawsocket_octet = 0x7F;
constexpr std::uint32_t own_bytes_max = 64u << 10;

// As RawSocket::server() takes them.
unsigned serializer_bits() {
    unsigned bits = 0;
    for (const Serializer serializer : all_serializers)
        bits |= 1u << static_cast<unsigned>(serializer);
    return bits;
}

// An HTTP method; 0x7F cannot start one (W-RAW-03).
bool starts_http(char octet) {
    return octet >= 'A' && octet <= 'Z';
}

}  // namespace

Channel::Channel(const Shared& shared, const Config& config)
    : shared_(&shared),
      start_(config.start),
      proxy_expected_(config.proxy_line),
      tells_browsers_(config.tells_browsers),
      serializer_(config.serializer),
      message_bytes_(static_cast<std::uint32_t>(config.message_bytes)),
      login_message_bytes_(static_cast<std::uint32_t>(config.login_message_bytes)),
      out_(config.essential ? nullptr : shared.queued_frame_bytes) {
    if (config.tls != nullptr) tls_ = std::make_unique<TlsSession>(config.tls, config.tls_end);
    if (start_ == Start::rawsocket_client || start_ == Start::websocket_client) {
        client_ = std::make_unique<Config>(config);
        if (!tls_) start_client();
    }
    if (tls_) tls_->next(shared_->plaintext);  // a TLS client sends first
}

void Channel::start_client() {
    if (start_ == Start::rawsocket_client) {
        framing_ = RawSocket::client(message_bytes_, serializer_);
    } else {
        framing_ = WebSocket::client(shared_->context, shared_->messages, message_bytes_,
                                     serializer_, client_->host, client_->path);
    }
    client_.reset();
    collect();
}

bool Channel::start_framing(char first_octet) {
    if (start_ == Start::rawsocket_server || first_octet == rawsocket_octet) {
        framing_ = RawSocket::server(message_bytes_, serializer_bits());
        limit(login_message_bytes_);
        return true;
    }
    if (!starts_http(first_octet)) return false;
    framing_ =
        WebSocket::server(shared_->context, shared_->messages, message_bytes_, tells_browsers_);
    limit(login_message_bytes_);
    return true;
}

void Channel::limit(std::size_t bytes) {
    if (auto* rawsocket = std::get_if<RawSocket>(&framing_)) rawsocket->limit(bytes);
    if (auto* websocket = std::get_if<WebSocket>(&framing_)) websocket->limit(bytes);
}

void Channel::set_joined(bool joined) {
    limit(joined ? message_bytes_ : login_message_bytes_);
}

void Channel::feed(std::string_view bytes) {
    if (tls_) {
        tls_->feed(bytes);
    } else {
        input_ = bytes;
    }
}

Channel::Event Channel::fail(std::string_view why) {
    failed_ = true;
    early_ = why;
    collect();
    return {Kind::failed, early_};
}

// Output of the framing itself goes before later messages.
void Channel::collect() {
    std::string* own = nullptr;
    if (auto* rawsocket = std::get_if<RawSocket>(&framing_)) own = &rawsocket->to_send();
    if (auto* websocket = std::get_if<WebSocket>(&framing_)) own = &websocket->to_send();
    if (own == nullptr || own->empty()) return;
    if (written() >= own_end_) own_bytes_ = 0;
    own_bytes_ += static_cast<std::uint32_t>(own->size());
    out_.append(std::exchange(*own, {}));
    own_end_ = written() + queued_bytes();
}

std::uint64_t Channel::written() const noexcept {
    return tls_ ? tls_->written() : out_.consumed();
}

bool Channel::owes_much() noexcept {
    return own_bytes_ > own_bytes_max && written() < own_end_;
}

void Channel::park() {
    const auto keep = [this](auto& framing) {
        const std::string_view rest = framing.take_rest();
        const bool kept = rest.data() >= parked_.data() &&
                          rest.data() <= parked_.data() + parked_.size() && !parked_.empty();
        if (kept) return framing.feed(rest);
        std::string copy(rest);
        parked_ = std::move(copy);
        framing.feed(parked_);
    };
    if (auto* rawsocket = std::get_if<RawSocket>(&framing_)) keep(*rawsocket);
    if (auto* websocket = std::get_if<WebSocket>(&framing_)) keep(*websocket);
}

// True if more bytes are needed, or the line is malformed.
bool Channel::read_proxy() {
    const std::size_t before = early_.size();
    if (before > 0) early_ += input_.substr(0, ProxyLine::bytes_max - before);
    const ProxyLine line = read_proxy_line(before > 0 ? std::string_view(early_) : input_);
    switch (line.kind) {
        case ProxyLine::Kind::incomplete:
            if (before == 0) early_ = input_;
            input_ = {};
            return true;
        case ProxyLine::Kind::malformed:
            return true;
        case ProxyLine::Kind::complete:
            break;
    }
    input_.remove_prefix(line.bytes - before);
    circuit_ = line.circuit;
    proxy_expected_ = false;
    std::string().swap(early_);
    return false;
}

Channel::Event Channel::next_plaintext(std::string_view& plain) {
    if (!tls_) {
        if (proxy_expected_ && !input_.empty()) {
            if (!read_proxy()) return {Kind::circuit, {}};
            return input_.empty() ? Event{} : fail("malformed PROXY line");
        }
        plain = std::exchange(input_, {});
        return {};
    }
    for (;;) {
        const TlsSession::Event event = tls_->next(shared_->plaintext);
        switch (event.kind) {
            case TlsSession::Kind::established:
                if (client_) start_client();
                continue;
            case TlsSession::Kind::plain:
                plain = event.bytes;
                return {};
            case TlsSession::Kind::failed:
                return fail(event.bytes);
            case TlsSession::Kind::none:
                return {};
        }
    }
}

Channel::Event Channel::framing_event() {
    RawSocket::Event event;
    if (auto* rawsocket = std::get_if<RawSocket>(&framing_)) {
        event = rawsocket->next();
    } else if (auto* websocket = std::get_if<WebSocket>(&framing_)) {
        event = websocket->next();
    }
    collect();
    switch (event.kind) {
        case RawSocket::Kind::none:
            return {};
        case RawSocket::Kind::opened:
            open_ = true;
            serializer_ = event.serializer;
            peer_receives_max_ = event.peer_receives_max;
            return {Kind::opened, {}};
        case RawSocket::Kind::message:
            return {Kind::message, event.bytes};
        case RawSocket::Kind::ping:
        case RawSocket::Kind::pong:
            return {Kind::alive, {}};
        case RawSocket::Kind::failed:
            return fail(event.bytes);
    }
    return {};
}

Channel::Event Channel::next() {
    while (!failed_) {
        const Event event = framing_event();
        if (event.kind != Kind::none) return event;
        std::string_view plain;
        const Event lower = next_plaintext(plain);
        if (lower.kind != Kind::none) return lower;
        if (plain.empty()) {
            if (!parked_.empty()) std::string().swap(parked_);  // all of it is processed
            return {};
        }
        if (std::holds_alternative<std::monostate>(framing_) && !start_framing(plain.front())) {
            return fail("neither RawSocket nor HTTP");
        }
        if (auto* rawsocket = std::get_if<RawSocket>(&framing_)) rawsocket->feed(plain);
        if (auto* websocket = std::get_if<WebSocket>(&framing_)) websocket->feed(plain);
    }
    return {};
}

ChannelOpened Channel::opened() const {
    return {serializer_, peer_receives_max_, std::holds_alternative<RawSocket>(framing_), circuit_,
            tls_ ? tls_->peer_pin() : std::string()};
}

void Channel::send(Frame message) {
    if (std::holds_alternative<RawSocket>(framing_)) {
        out_.append_rawsocket(std::move(message));
    } else if (const auto* websocket = std::get_if<WebSocket>(&framing_)) {
        websocket->append_message(out_, std::move(message));
    }
}

void Channel::ping() {
    if (!open_) return;
    if (std::holds_alternative<RawSocket>(framing_)) out_.append(RawSocket::ping({}));
    if (const auto* websocket = std::get_if<WebSocket>(&framing_)) websocket->append_ping(out_);
}

void Channel::close() {
    if (open_ && !failed_) {
        if (const auto* websocket = std::get_if<WebSocket>(&framing_))
            websocket->append_close(out_);
    }
    failed_ = true;
    if (!tls_) return;
    tls_->encrypt(out_);
    tls_->close();
}

OutQueue& Channel::wire() {
    if (!tls_) return out_;
    tls_->encrypt(out_);
    return tls_->wire();
}

void Channel::discard_output() noexcept {
    out_.clear();
    if (tls_) tls_->wire().clear();
}

std::size_t Channel::memory() const noexcept {
    std::size_t bytes = out_.memory() + parked_.capacity() + (tls_ ? tls_->queued_bytes() : 0);
    if (const auto* rawsocket = std::get_if<RawSocket>(&framing_)) bytes += rawsocket->memory();
    if (const auto* websocket = std::get_if<WebSocket>(&framing_)) bytes += websocket->memory();
    return bytes;
}

std::size_t Channel::queued_bytes() const noexcept {
    return out_.bytes() + (tls_ ? tls_->queued_bytes() : 0);
}

}  // namespace sallyport::wamp
