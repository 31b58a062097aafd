#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// gateway.toml with all that it names, read and checked as a whole; nothing is opened for good
/// yet.
struct LoadedGateway {
    GatewayConfig config;
    std::vector<policy::LoadedRealm> realms;
    std::vector<std::string> backend_realms;   ///< by backend: the realm that its link joins
    std::vector<InsideProgramConfig> insides;  ///< by backend; of embedded ones
};

/// inside.toml and its policies.
struct LoadedInside {
    InsideProgramConfig config;
    std::vector<policy::LoadedRealm> realms;
};

/// All throw StartError that names everything that is wrong. `read` reads the configuration and all
/// that policies are made of.
LoadedGateway load_gateway(const std::string& path,
                           const policy::ReadFile& read = policy::read_file);
LoadedInside load_inside(const std::string& path, const policy::ReadFile& read = policy::read_file);
GatewayConfig load_gateway_config(const std::string& path);

/// The state directory that gateway.toml or inside.toml names, whatever else is in the file. Throws
/// StartError when the file cannot be read.
std::string load_state_dir(const std::string& path);

/// What to say of a configuration (gateway.toml, inside.toml) that is another on disk than the one
/// that runs: what of it a reload takes is nothing, which of a list of realms few expect.
std::string config_note(const std::string& path, const std::string& on_disk,
                        const std::string& running);

/// A ticket: the first line of a file that only its owner may read.
std::string read_ticket(const PathText& file);

}  // namespace sallyport::gateway
