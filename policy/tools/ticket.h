#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "wamp/base/random.h"

namespace sallyport::policy {

struct TicketRequest {
    std::string authid;  ///< "" leaves a place to fill in
    std::string role;    ///< likewise
    std::optional<std::string>
        chosen;  ///< what a person chose (--stdin); absent draws a random one
};

/// A ticket shorter than that is refused: it could be guessed through an onion service in a matter
/// of days.
inline constexpr std::size_t chosen_ticket_bytes_min = 12;

/// The first line of the stream, without its end: the ticket of --stdin.
std::string read_ticket(std::istream& in);

/// `sallyport ticket`: prints the ticket on the first line (only when it was drawn here) and then
/// the lines for the principals file, which hold its hash. 2 when the request is not sound.
int ticket(const TicketRequest& request, wamp::Random& random, std::ostream& out,
           std::ostream& err);

}  // namespace sallyport::policy
