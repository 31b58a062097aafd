#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend-link/link/local_address.h"

namespace sallyport::gateway {

/// What `sallyport link invite` prints at the end that listens, and `sallyport link join` is given
/// at the end that dials. It is good for one end, until it expires.
struct Invitation {
    backend_link::Address link;  ///< where the gateway listens for the link; TCP
    backend_link::Address at;    ///< where the invitation is answered, usually the same
    std::string pin;             ///< of the end that invites
    std::string secret;          ///< of invitation_secret_digits
    std::int64_t expires = 0;    ///< seconds since 1970, by the clock of the end that invites
};

/// 128 bits, as lower-case hexadecimal digits.
inline constexpr std::size_t invitation_secret_digits = 32;

/// One word without spaces:
/// `sallyport-link:1,10.0.0.1:4443,10.0.0.1:4443,sha256:…,SECRET,1796083200`.
std::string to_string(const Invitation& invitation);
/// Nothing if it is malformed, or an address is not a TCP address.
std::optional<Invitation> parse_invitation(std::string_view text);

}  // namespace sallyport::gateway
