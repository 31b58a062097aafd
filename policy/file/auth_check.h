#pragma once

#include <optional>

#include "policy/auth/auth_section.h"
#include "policy/document/diagnostic.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// What keeps the gateway from calling the procedure of [auth.dynamic] under this policy, so that
/// nobody would ever get in by it; nothing when it may.
std::optional<Diagnostic> check_dynamic(const AuthText& auth, const RealmPolicy& policy);

}  // namespace sallyport::policy
