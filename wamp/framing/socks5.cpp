#include "wamp/framing/socks5.h"

#include <array>

#include <arpa/inet.h>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::uint8_t version = 5;
constexpr std::uint8_t no_authentication = 0;
constexpr std::uint8_t connect_command = 1;
constexpr std::uint8_t type_ip4 = 1;
constexpr std::uint8_t type_name = 3;
constexpr std::uint8_t type_ip6 = 4;
constexpr std::size_t port_bytes = 2;

struct ErrorText {
    std::uint8_t code;
    std::string_view text;
};
constexpr std::array<ErrorText, 16> error_texts{{
    {0x01, "the proxy could not connect"},
    {0x02, "the proxy does not allow this connection"},
    {0x03, "network unreachable"},
    {0x04, "host unreachable"},
    {0x05, "connection refused by the destination"},
    {0x06, "no answer from the destination in time"},
    {0x07, "the proxy does not know this command"},
    {0x08, "the proxy does not know this kind of address"},
    {0xF0,
     "no such onion service: its descriptor was not found (is it running, is the address right?)"},
    {0xF1, "the onion service's descriptor is invalid"},
    {0xF2, "introduction to the onion service failed: it may have just gone offline"},
    {0xF3, "no rendezvous with the onion service"},
    {0xF4, "the onion service asks for client authorization, and tor has no key for it"},
    {0xF5, "the onion service does not accept the client key that tor has"},
    {0xF6, "not a valid onion address"},
    {0xF7, "the introduction to the onion service took too long"},
}};

char octet(std::size_t value) {
    return static_cast<char>(static_cast<unsigned char>(value & 0xFF));
}

void append_address(std::string& out, std::string_view host) {
    const std::string name(host);
    std::array<char, 16> ip{};
    if (inet_pton(AF_INET, name.c_str(), ip.data()) == 1) {
        out += octet(type_ip4);
        out.append(ip.data(), 4);
    } else if (inet_pton(AF_INET6, name.c_str(), ip.data()) == 1) {
        out += octet(type_ip6);
        out.append(ip.data(), 16);
    } else {
        out += octet(type_name);
        out += octet(name.size());
        out += name;
    }
}

}  // namespace

std::string_view socks5_error_text(std::uint8_t code) noexcept {
    for (const ErrorText& entry : error_texts) {
        if (entry.code == code) return entry.text;
    }
    return "the proxy failed with an unknown code";
}

Socks5::Socks5(std::string_view host, std::uint16_t port) {
    SALLYPORT_CHECK(!host.empty() && host.size() <= host_bytes_max);
    to_send_ = {octet(version), octet(1), octet(no_authentication)};
    request_ = {octet(version), octet(connect_command), octet(0)};
    append_address(request_, host);
    request_ += octet(std::size_t{port} >> 8);
    request_ += octet(port);
}

void Socks5::expect(State state, std::size_t bytes) {
    state_ = state;
    bytes_needed_ = bytes;
    reply_.clear();
}

void Socks5::fail(std::string_view why) {
    expect(State::failed, 0);
    why_ = why;
}

void Socks5::feed(std::string_view bytes) {
    SALLYPORT_CHECK(bytes.size() <= bytes_needed());
    if (bytes.empty()) return;
    reply_ += bytes;
    if (bytes_needed() == 0) step();
}

void Socks5::step() {
    const auto at = [this](std::size_t i) { return static_cast<std::uint8_t>(reply_[i]); };
    switch (state_) {
        case State::greeting:
            if (at(0) != version) return fail("not a SOCKS5 proxy");
            if (at(1) != no_authentication) return fail("the proxy asks for authentication");
            to_send_ = std::exchange(request_, {});
            return expect(State::reply_head, 4);
        case State::reply_head:
            return on_reply_head();
        case State::reply_name_length:
            return expect(State::reply_rest, at(0) + port_bytes);
        case State::reply_rest:
            return expect(State::connected, 0);
        case State::connected:
        case State::failed:
            return;
    }
}

void Socks5::on_reply_head() {
    const auto at = [this](std::size_t i) { return static_cast<std::uint8_t>(reply_[i]); };
    if (at(0) != version) return fail("malformed answer from the proxy");
    if (at(1) != 0) return fail(socks5_error_text(at(1)));
    switch (at(3)) {
        case type_ip4:
            return expect(State::reply_rest, 4 + port_bytes);
        case type_ip6:
            return expect(State::reply_rest, 16 + port_bytes);
        case type_name:
            return expect(State::reply_name_length, 1);
        default:
            return fail("malformed answer from the proxy");
    }
}

}  // namespace sallyport::wamp
