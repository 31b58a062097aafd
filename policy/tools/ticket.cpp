#include "policy/tools/ticket.h"

#include <istream>
#include <ostream>

#include "policy/crypto/ticket_hash.h"
#include "policy/diagnostic.h"
#include "policy/file.h"
#include "policy/principals.h"
#include "policy/tools/exit_code.h"
#include "wamp/base/utf8.h"

namespace sallyport::policy {
namespace {

std::string fault(const TicketRequest& request) {
    if (request.authid.size() > authid_bytes_max || !wamp::is_valid_utf8(request.authid)) {
        return "an authid has 1 to 256 bytes of UTF-8";
    }
    if (!request.role.empty() && !is_valid_name(request.role)) {
        return quoted(request.role) +
               " cannot be a role (use 1 to 64 letters, digits and any of - _ . @)";
    }
    if (!request.chosen) return "";
    if (request.chosen->size() < chosen_ticket_bytes_min) {
        return "the ticket is shorter than 12 bytes (take a longer one, or leave --stdin out to "
               "draw one)";
    }
    if (request.chosen->size() > crypto::ticket_bytes_max)
        return "the ticket is longer than 1024 bytes";
    if (!wamp::is_valid_utf8(*request.chosen)) return "the ticket is no UTF-8 text";
    return "";
}

// A TOML basic string.
std::string toml_text(const std::string& text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace

std::string read_ticket(std::istream& in) {
    std::string line;
    std::getline(in, line);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

int ticket(const TicketRequest& request, wamp::Random& random, std::ostream& out,
           std::ostream& err) {
    if (const std::string wrong = fault(request); !wrong.empty()) {
        err << "error: " << wrong << '\n';
        return exit_code::broken;
    }
    const std::string secret = request.chosen ? *request.chosen : crypto::make_ticket(random);
    const std::uint32_t iterations = request.chosen ? crypto::iterations_default : 0;
    const auto hash = crypto::hash_ticket(secret, iterations, random);
    if (!request.chosen) {
        out << secret
            << "\n\n# Hand the line above to its owner, add these to the principals file (mode "
               "0600):\n";
    }
    out << "[[principal]]\n"
        << "authid = " << toml_text(request.authid.empty() ? "AUTHID" : request.authid) << '\n'
        << "role = " << toml_text(request.role.empty() ? "ROLE" : request.role) << '\n'
        << "ticket = " << toml_text(to_string(hash)) << '\n';
    return exit_code::fine;
}

}  // namespace sallyport::policy
