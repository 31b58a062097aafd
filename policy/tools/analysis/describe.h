#pragma once

#include <string>

#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// "rate 20/s, in flight 8, rate per authid 100/s"; "none".
std::string describe(const Limits& limits);
/// "disclose_me, meta"; "none".
std::string describe(const Grants& grants);
/// "caller", "argument 0", "argument name"; "none".
std::string describe(const Spread& spread);
/// "lab-a or lab-b".
std::string backends_of(const RouteInfo& route);
/// "lab to inside, realm obs, as inner.x, waits 5s, idempotent"; `uri` is the requested URI.
std::string describe(const RouteInfo& route, std::string_view uri);

/// The URI on the backend for a requested URI.
std::string target_of(const RouteInfo& route, std::string_view uri);

}  // namespace sallyport::policy
