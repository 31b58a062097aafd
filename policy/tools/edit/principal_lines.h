#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/auth/credentials.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// The credential lines of one secret: a line of the principals file for each method, without the
/// secret itself.
using CredentialLines = std::vector<std::pair<Method, std::string>>;  ///< method, TOML value

/// Lines for these methods, which must not include cryptosign. A `chosen` secret gets more
/// iterations than a generated one, which cannot be guessed. Nothing if memory is exhausted.
std::optional<CredentialLines> credential_lines(const std::vector<Method>& methods,
                                                std::string_view secret, bool chosen,
                                                wamp::Random& random);

/// For a chosen secret. The client has to do the work within the ten seconds that it has to join:
/// autobahn-js, in JavaScript, needs that long for 100,000. SCRAM is the better choice for
/// passwords.
inline constexpr std::uint32_t cra_iterations_chosen = 20'000;

}  // namespace sallyport::policy
