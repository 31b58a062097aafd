#pragma once

#include <optional>

#include "policy/auth/auth_section.h"
#include "policy/document/diagnostic.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// The reason why this policy does not let the gateway call the procedure of [auth.dynamic], so
/// that no client could join through it; nothing if it may call it.
std::optional<Diagnostic> check_dynamic(const AuthText& auth, const RealmPolicy& policy);

}  // namespace sallyport::policy
