#pragma once

#include <vector>

#include "gateway/config/config.h"
#include "policy/door/door.h"
#include "policy/file/load.h"
#include "wamp/flow/places.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

/// Convert the configuration to the settings of a door and of its connections.
std::vector<policy::DoorRealm> door_realms(const std::vector<policy::LoadedRealm>& realms);
policy::DoorLimits door_limits(const LimitsText& limits, const AuditText& audit);
/// For all data of the process: more than it ever needs, and less than what the machine needs.
std::size_t data_bytes_max(const LimitsText& limits);
wamp::flow::Places client_places(const LimitsText& limits);
wamp::ConnectionOptions client_options(const LimitsText& limits);
wamp::ConnectionOptions link_options();

}  // namespace sallyport::gateway
