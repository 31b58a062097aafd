#pragma once

#include <string>

#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// "rate 20/s, in flight 8, rate per authid 100/s"; "none".
std::string describe(const Limits& limits);
/// "disclose_me, meta"; "none".
std::string describe(const Grants& grants);
/// "lab to inside, realm obs, as inner.x, waits 5s, idempotent"; `uri` is what is led there.
std::string describe(const RouteInfo& route, std::string_view uri);

/// What a URI that the route leads is called on the backend.
std::string target_of(const RouteInfo& route, std::string_view uri);

}  // namespace sallyport::policy
