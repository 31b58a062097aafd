#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/crypto/ticket_hash.h"
#include "policy/diagnostic.h"

namespace sallyport::policy {

inline constexpr std::size_t authid_bytes_max = 256;  ///< W-AUT-06

/// [[principal]] of a principals file.
struct PrincipalText {
    std::string authid;
    std::string role;
    crypto::TicketHash ticket;
    Place place;
};

/// Reads a principals file. Appends all that is wrong with it, never showing a ticket; what is
/// returned is then what could be read.
std::vector<PrincipalText> parse_principals(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics);

}  // namespace sallyport::policy
