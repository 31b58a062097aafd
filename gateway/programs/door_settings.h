#pragma once

#include <vector>

#include "gateway/config/config.h"
#include "policy/door/door.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// Converts the configuration to the settings of a door.
std::vector<policy::DoorRealm> door_realms(const std::vector<policy::LoadedRealm>& realms);
policy::DoorLimits door_limits(const LimitsText& limits, const AuditText& audit);

}  // namespace sallyport::gateway
