#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "policy/tools/report.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

struct PrincipalRequest {
    enum class Verb { add, list, disable, enable, rotate };

    Verb verb = Verb::list;
    std::string file;
    bool create = false;  ///< there is no such file yet; of add
    std::string authid;
    std::string role;                   ///< of add; "" for one that is there
    std::vector<std::string> methods;   ///< of add and rotate; empty: ticket, or all that it has
    std::vector<std::string> keys;      ///< public keys for cryptosign: hex, or a line of OpenSSH
    std::optional<std::string> chosen;  ///< the secret that a person chose; absent draws one
};

/// A chosen secret shorter than that is refused: it could be guessed through an onion service in a
/// matter of days.
inline constexpr std::size_t chosen_secret_bytes_min = 12;

/// The first line of the stream, without its end: the secret of --stdin.
std::string read_secret_line(std::istream& in);

/// `sallyport principal …`: edits a principals file, and prints a drawn secret, once. All else in
/// the file stays as it is. `write` gets the new text, and throws when it cannot be written; only
/// then is a secret shown. Answers 1 when the principal is not there (or is already), 2 for a bad
/// file or a bad question.
int principal(const PrincipalRequest& request, wamp::Random& random,
              const std::function<void(const std::string& text)>& write, const Output& to);

}  // namespace sallyport::policy
