#include "wamp/framing/rawsocket.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t handshake_bytes = 4;
constexpr std::size_t prefix_bytes = 4;
constexpr std::size_t length_bytes_min = 512;
constexpr std::size_t length_bytes_max = std::size_t{16} << 20;
// A buffer with more capacity than this is released after its frame was returned.
constexpr std::size_t kept_buffer_bytes = 4096;

constexpr unsigned char magic = 0x7F;
constexpr unsigned char exactly_16_mib = 0x08;

enum FrameType : unsigned char { message_frame = 0, ping_frame = 1, pong_frame = 2 };

constexpr unsigned char error_serializer = 1;
constexpr unsigned char error_reserved_bits = 3;

unsigned char octet(std::string_view bytes, std::size_t index) noexcept {
    return static_cast<unsigned char>(bytes[index]);
}

void append_octets(std::string& out, unsigned second) {
    out.push_back(static_cast<char>(magic));
    out.push_back(static_cast<char>(second & 0xFF));
    out.append(2, '\0');
}

std::size_t length_of_code(unsigned char code) noexcept {
    return length_bytes_min << code;
}

void append_control(std::string& out, FrameType type, std::string_view payload) {
    out.push_back(static_cast<char>(type));
    out.push_back('\0');
    out.push_back('\0');
    out.push_back(static_cast<char>(payload.size() & 0xFF));
    out += payload;
}

std::string_view refusal_text(unsigned char code) noexcept {
    switch (code) {
        case 1:
            return "the peer does not support the serializer";
        case 2:
            return "the peer does not accept the maximum length";
        case 3:
            return "the peer saw reserved bits";
        case 4:
            return "the peer has too many connections";
        default:
            return "the peer refused the handshake";
    }
}

}  // namespace

std::uint8_t rawsocket_length_code(std::size_t bytes) noexcept {
    const std::size_t clamped = std::clamp(bytes, length_bytes_min, length_bytes_max);
    return static_cast<std::uint8_t>(std::bit_width(clamped) - std::bit_width(length_bytes_min));
}

RawSocket RawSocket::server(std::size_t receives_max, unsigned serializers) {
    RawSocket socket(State::handshake_server, length_of_code(rawsocket_length_code(receives_max)));
    socket.serializers_ = serializers;
    return socket;
}

RawSocket RawSocket::client(std::size_t receives_max, Serializer serializer) {
    RawSocket socket(State::handshake_client, length_of_code(rawsocket_length_code(receives_max)));
    socket.serializer_ = serializer;
    append_octets(socket.to_send_, (unsigned{rawsocket_length_code(receives_max)} << 4) |
                                       static_cast<unsigned>(serializer));
    return socket;
}

std::string RawSocket::ping(std::string_view payload) {
    SALLYPORT_CHECK(payload.size() <= ping_bytes_max);
    std::string frame;
    append_control(frame, ping_frame, payload);
    return frame;
}

// The last message has been processed. A large one must not stay in the memory of an idle peer.
void RawSocket::free_complete() noexcept {
    if (complete_.capacity() > kept_buffer_bytes) {
        std::string().swap(complete_);  // an assignment would keep the buffer
    } else {
        complete_.clear();
    }
}

void RawSocket::feed(std::string_view bytes) {
    SALLYPORT_CHECK(input_.empty());
    free_complete();
    if (state_ != State::failed) input_ = bytes;
}

RawSocket::Event RawSocket::next() {
    switch (state_) {
        case State::handshake_server:
        case State::handshake_client:
            return next_handshake();
        case State::open:
            return next_frame();
        case State::failed:
            break;
    }
    return {};
}

RawSocket::Event RawSocket::fail(std::string_view why) {
    state_ = State::failed;
    input_ = {};
    std::string().swap(partial_);
    return {Kind::failed, why, serializer_, 0};
}

RawSocket::Event RawSocket::next_handshake() {
    const std::size_t missing = handshake_bytes - partial_.size();
    partial_ += input_.substr(0, missing);
    input_.remove_prefix(std::min(missing, input_.size()));
    // One octet is enough to detect another protocol (W-RAW-03).
    if (!partial_.empty() && octet(partial_, 0) != magic) return fail("not a RawSocket handshake");
    if (partial_.size() < handshake_bytes) return {};
    const std::string octets = std::exchange(partial_, {});
    return state_ == State::handshake_server ? accept(octets) : on_reply(octets);
}

RawSocket::Event RawSocket::accept(std::string_view octets) {
    const unsigned char wish = octet(octets, 1) & 0x0F;
    if (octet(octets, 2) != 0 || octet(octets, 3) != 0) {
        append_octets(to_send_, error_reserved_bits << 4);
        return fail("reserved octets in the handshake");
    }
    if (wish == 0) return fail("illegal serializer 0");
    if (((serializers_ >> wish) & 1) == 0) {
        append_octets(to_send_, error_serializer << 4);
        return fail("serializer not supported");
    }
    serializer_ = static_cast<Serializer>(wish);
    append_octets(to_send_, (unsigned{rawsocket_length_code(receives_max_)} << 4) | wish);
    return opened(octet(octets, 1) >> 4);
}

RawSocket::Event RawSocket::on_reply(std::string_view octets) {
    const unsigned char high = octet(octets, 1) >> 4;
    const unsigned char low = octet(octets, 1) & 0x0F;
    if (octet(octets, 2) != 0 || octet(octets, 3) != 0) return fail("reserved octets in the reply");
    if (low == 0) return fail(refusal_text(high));
    if (low != static_cast<unsigned char>(serializer_))
        return fail("the peer chose another serializer");
    return opened(high);
}

RawSocket::Event RawSocket::opened(unsigned char length_code) {
    state_ = State::open;
    return {Kind::opened, {}, serializer_, length_of_code(length_code)};
}

RawSocket::Event RawSocket::next_frame() {
    free_complete();
    while (!input_.empty()) {
        std::string_view start = partial_.empty() ? input_ : std::string_view(partial_);
        if (start.size() < prefix_bytes) {
            const std::size_t missing = prefix_bytes - partial_.size();
            partial_ += input_.substr(0, missing);
            input_.remove_prefix(std::min(missing, input_.size()));
            if (partial_.size() < prefix_bytes) return {};
            start = partial_;
        }
        std::size_t body = 0;
        if (const std::string_view fault = read_prefix(start, body); !fault.empty())
            return fail(fault);
        const std::size_t frame_bytes = prefix_bytes + body;
        std::string_view frame = input_.substr(0, frame_bytes);
        if (!partial_.empty()) {
            const std::size_t missing = frame_bytes - partial_.size();
            partial_ += input_.substr(0, missing);
            input_.remove_prefix(std::min(missing, input_.size()));
            if (partial_.size() < frame_bytes) return {};
            complete_ = std::exchange(partial_, {});
            frame = complete_;
        } else if (frame.size() < frame_bytes) {
            partial_ = std::exchange(input_, {});
            return {};
        } else {
            input_.remove_prefix(frame_bytes);
        }
        const Event event = event_of(frame);
        if (event.kind != Kind::none) return event;
    }
    return {};
}

// The number of bytes after the prefix; the reason if the frame is not allowed, before any of its
// body is read (W-RAW-05, W-RAW-06).
std::string_view RawSocket::read_prefix(std::string_view prefix,
                                        std::size_t& body_bytes) const noexcept {
    const unsigned char first = octet(prefix, 0);
    const unsigned char type = first & 0x07;
    body_bytes = (std::size_t{octet(prefix, 1)} << 16) | (std::size_t{octet(prefix, 2)} << 8) |
                 octet(prefix, 3);
    if ((first & 0xF0) != 0) return "reserved bits in a frame";
    if (type > pong_frame) return "reserved frame type";
    if ((first & exactly_16_mib) != 0) {
        if (body_bytes != 0) return "frame of more than 16 MiB";
        body_bytes = length_bytes_max;
    }
    if (type != message_frame && body_bytes > ping_bytes_max) return "PING or PONG too long";
    if (type == message_frame && body_bytes > receives_max_) return "frame longer than announced";
    if (type == message_frame && body_bytes > accepts_max_) return "message too long before login";
    return {};
}

RawSocket::Event RawSocket::event_of(std::string_view frame) {
    const std::string_view body = frame.substr(prefix_bytes);
    switch (octet(frame, 0) & 0x07) {
        case ping_frame:
            append_control(to_send_, pong_frame, body);
            return {Kind::ping, body, serializer_, 0};
        case pong_frame:
            return {Kind::pong, body, serializer_, 0};
        default:
            return {Kind::message, body, serializer_, 0};
    }
}

}  // namespace sallyport::wamp
