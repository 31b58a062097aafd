#pragma once

#include <string>

#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// [auth] of a policy file as it was written: who may join the realm and how.
struct AuthText {
    std::string anonymous_role;  ///< "" when anonymous is refused
    std::string principals;      ///< path of the principals file as written, or ""
    Place principals_place;
};

/// Reads [auth]. Appends all that is wrong with it; what is returned is then what could be read.
AuthText read_auth(const Item& table, const std::string& file, Diagnostics& diagnostics);

}  // namespace sallyport::policy
