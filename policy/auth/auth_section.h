#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/auth/credentials.h"
#include "policy/document/diagnostic.h"
#include "policy/document/document.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// How many failed attempts to log in are heard within `window`, counted from the first of them.
struct FailureLimits {
    std::uint32_t per_circuit = 5;
    std::uint32_t per_authid = 50;
    wamp::Duration window = std::chrono::minutes(1);

    bool operator==(const FailureLimits&) const = default;
};

/// [auth.dynamic]: a procedure that says who may join.
struct DynamicText {
    std::string procedure;
    Place procedure_place;
    wamp::Duration timeout = std::chrono::seconds(5);
    Methods methods;
};

/// A client has ten seconds to join, and is answered within them.
inline constexpr wamp::Duration dynamic_timeout_max = std::chrono::seconds(8);

/// [auth] of a policy file as it was written: who may join the realm and how.
struct AuthText {
    std::string anonymous_role;  ///< "" when anonymous is refused
    std::string principals;      ///< path of the principals file as written, or ""
    Place principals_place;
    std::optional<Methods> methods;  ///< nothing: all for which a principal has a credential
    FailureLimits failures;
    std::optional<DynamicText> dynamic;
};

/// Reads [auth]. Appends all that is wrong with it; what is returned is then what could be read.
AuthText read_auth(const Item& table, const std::string& file, Diagnostics& diagnostics);

}  // namespace sallyport::policy
