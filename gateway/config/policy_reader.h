#pragma once

#include <string>

#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"

namespace sallyport::gateway {

/// Reads the policy files of a gateway again, for a reload: sockets, backends, limits and realms do
/// not change until the next start, so gateway.toml and inside.toml are those of `running`. `notes`
/// gets a line for each of them that differs on disk. Throws StartError.
PolicyVersion read_policy_again(const LoadedGateway& loaded, const PolicyVersion& running,
                                std::string& notes);

/// The note about an inside.toml that differs on disk from `running`, or "".
std::string note_of_changed_config(const std::string& file, const PolicyVersion& running);
/// The same for an inside, without the note. Throws StartError.
PolicyVersion read_policy_again(const std::string& inside_file, const PolicyVersion& running);

}  // namespace sallyport::gateway
