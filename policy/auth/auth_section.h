#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/auth/credentials.h"
#include "policy/document/diagnostic.h"
#include "policy/document/document.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// The number of failed login attempts with which a circuit (or address) has to wait, and the first
/// wait: JoinFailures.
struct FailureLimits {
    std::uint32_t per_circuit = 5;
    wamp::Duration window = std::chrono::minutes(1);

    bool operator==(const FailureLimits&) const = default;
};

/// [auth.dynamic]: a procedure that decides who may join.
struct DynamicText {
    std::string procedure;
    Place procedure_place;
    wamp::Duration timeout = std::chrono::seconds(5);
    Methods methods;
};

/// A client has ten seconds to join; the procedure has to answer in less.
inline constexpr wamp::Duration dynamic_timeout_max = std::chrono::seconds(8);

/// The [auth] section of a policy file as written: who may join the realm, and how.
struct AuthText {
    std::string anonymous_role;  ///< "" if anonymous sessions are refused
    std::string principals;      ///< path of the principals file as written, or ""
    Place principals_place;
    std::optional<Methods> methods;  ///< absent: all methods for which a principal has a credential
    FailureLimits failures;
    std::optional<DynamicText> dynamic;
};

/// Reads [auth]. Appends all errors to `diagnostics`; the result then holds what could be read.
AuthText read_auth(const Item& table, const std::string& file, Diagnostics& diagnostics);

}  // namespace sallyport::policy
