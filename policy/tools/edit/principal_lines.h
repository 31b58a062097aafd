#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/auth/credentials.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// What one principal gets for a secret: a line of the principals file for each method, without the
/// secret itself.
using CredentialLines = std::vector<std::pair<Method, std::string>>;  ///< method, TOML value

/// Lines for those methods, of which cryptosign is none. `chosen` by a person costs more work than
/// a drawn one, which nobody can guess. Nothing when memory lacks.
std::optional<CredentialLines> credential_lines(const std::vector<Method>& methods,
                                                std::string_view secret, bool chosen,
                                                wamp::Random& random);

/// Of a chosen secret. The client has to do it within the ten seconds that it has to join: with
/// autobahn-js, in JavaScript, 100,000 take that long. SCRAM is the better choice for passwords.
inline constexpr std::uint32_t cra_iterations_chosen = 20'000;

}  // namespace sallyport::policy
