#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "policy/tools/report.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// The command line of `sallyport principal`.
struct PrincipalRequest {
    enum class Verb { add, list, disable, enable, rotate, remove, role };

    Verb verb = Verb::list;
    std::string file;
    bool create = false;  ///< of add: the file does not exist yet
    std::string authid;
    std::string role;                   ///< of add ("" for an existing principal) and role
    std::vector<std::string> methods;   ///< of add and rotate; empty: ticket, or all that it has
    std::vector<std::string> keys;      ///< public keys for cryptosign: hex, or a line of OpenSSH
    std::optional<std::string> chosen;  ///< the chosen secret; absent: generate one
};

/// A shorter chosen secret is refused: it could be guessed through an onion service within days.
inline constexpr std::size_t chosen_secret_bytes_min = 12;

/// The first line of the stream, without its line end: the secret of --stdin.
std::string read_secret_line(std::istream& in);

/// `sallyport principal …`: edits a principals file, and prints a generated secret once. The rest
/// of the file is preserved. `write` gets the new text, and throws if it cannot be written; a
/// secret is shown only after it returned. Returns 1 if the principal does not exist (or already
/// exists), 2 for an invalid file or request.
int principal(const PrincipalRequest& request, wamp::Random& random,
              const std::function<void(const std::string& text)>& write, const Output& to);

}  // namespace sallyport::policy
