#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// gateway.toml with all files that it names, read and checked together; nothing is opened
/// permanently yet.
struct LoadedGateway {
    GatewayConfig config;
    std::vector<policy::LoadedRealm> realms;
    std::vector<std::string> backend_realms;   ///< by backend: the realm that its link joins
    std::vector<InsideProgramConfig> insides;  ///< by backend; only for embedded ones
};

/// inside.toml and its policies.
struct LoadedInside {
    InsideProgramConfig config;
    std::vector<policy::LoadedRealm> realms;
};

/// What there is of principals: a process that is reachable from outside has their rosters only.
enum class PrincipalsAs : std::uint8_t { files, rosters };

/// All functions throw StartError with all errors. `read` reads the configuration and the policy
/// files.
LoadedGateway load_gateway(const std::string& path,
                           const policy::ReadFile& read = policy::read_file,
                           PrincipalsAs principals = PrincipalsAs::files);
LoadedInside load_inside(const std::string& path, const policy::ReadFile& read = policy::read_file,
                         PrincipalsAs principals = PrincipalsAs::files);
/// The realms of a running program again, from the policy files alone: for a process that can open
/// none, with a `read` that opens none.
std::vector<policy::LoadedRealm> load_realms_again(const GatewayConfig& config,
                                                   const policy::ReadFile& read,
                                                   PrincipalsAs principals = PrincipalsAs::files);
std::vector<policy::LoadedRealm> load_realms_again(const InsideProgramConfig& config,
                                                   const policy::ReadFile& read,
                                                   PrincipalsAs principals = PrincipalsAs::files);
GatewayConfig load_gateway_config(const std::string& path);

/// The state directory that gateway.toml or inside.toml names; other keys are ignored. Throws
/// StartError if the file cannot be read.
std::string load_state_dir(const std::string& path);

/// The log line if the configuration on disk (gateway.toml, inside.toml) differs from the running
/// one. A reload uses none of it; the line mentions the list of realms, as operators often expect
/// otherwise.
std::string config_note(const std::string& path, const std::string& on_disk,
                        const std::string& running);

/// A ticket: the first line of a file that only its owner can read.
std::string read_ticket(const PathText& file);

}  // namespace sallyport::gateway
