#include "gateway/client/invitation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "wamp/net/tls_context.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;

constexpr std::string_view head = "sallyport-link:1";
constexpr std::string_view tcp = "tcp:";

std::string without_kind(const Address& address) {
    return address.text().substr(tcp.size());
}

std::optional<Address> parse_tcp(std::string_view text) {
    return backend_link::parse_address(std::string(tcp) + std::string(text));
}

bool is_secret(std::string_view text) {
    return text.size() == invitation_secret_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string to_string(const Invitation& invitation) {
    std::string text(head);
    for (const std::string& field :
         {without_kind(invitation.link), without_kind(invitation.at), invitation.pin,
          invitation.secret, std::to_string(invitation.expires)}) {
        text += ',';
        text += field;
    }
    return text;
}

std::optional<Invitation> parse_invitation(std::string_view text) {
    std::array<std::string_view, 6> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::size_t end = i + 1 < fields.size() ? text.find(',') : text.size();
        if (end == std::string_view::npos) return std::nullopt;
        fields[i] = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    const auto link = parse_tcp(fields[1]);
    const auto at = parse_tcp(fields[2]);
    if (fields[0] != head || !link || !at || !wamp::is_pin(fields[3]) || !is_secret(fields[4]))
        return std::nullopt;
    Invitation invitation{*link, *at, std::string(fields[3]), std::string(fields[4]), 0};
    const char* const end = fields[5].data() + fields[5].size();
    const auto [rest, error] = std::from_chars(fields[5].data(), end, invitation.expires);
    if (error != std::errc() || rest != end || invitation.expires < 0) return std::nullopt;
    return invitation;
}

}  // namespace sallyport::gateway
