#pragma once

#include <string>

#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"

namespace sallyport::gateway {

/// Reads the files of a gateway's policy as they are now, for a reload: sockets, backends, limits
/// and realms stay what they are until the next start, so gateway.toml and inside.toml are those of
/// `running`. `notes` gets a line for each of them that is another on disk. Throws StartError.
PolicyVersion read_policy_again(const LoadedGateway& loaded, const PolicyVersion& running,
                                std::string& notes);

/// The note of an inside.toml that is another on disk than in `running`, or "".
std::string note_of_changed_config(const std::string& file, const PolicyVersion& running);
/// The same for an inside, apart from that note. Throws StartError.
PolicyVersion read_policy_again(const std::string& inside_file, const PolicyVersion& running);

}  // namespace sallyport::gateway
