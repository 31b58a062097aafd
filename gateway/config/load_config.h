#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/policy_version.h"
#include "policy/file/load.h"
#include "wamp/base/random.h"
#include "wamp/message/client_login.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

/// inside.toml and its policies.
struct LoadedInside {
    InsideProgramConfig config;
    std::vector<policy::LoadedRealm> realms;
    std::map<std::string, std::string> link_files;  ///< LinkParts::files
};

/// gateway.toml with all files that it names, read and checked together; nothing is opened
/// permanently yet.
struct LoadedGateway {
    GatewayConfig config;
    std::vector<policy::LoadedRealm> realms;
    std::vector<std::string> backend_realms;        ///< by backend: the realm that its link joins
    std::vector<LoadedInside> insides;              ///< by backend; only for embedded ones
    std::map<std::string, std::string> link_files;  ///< LinkParts::files
};

/// What there is of principals: a process that is reachable from outside has their rosters only.
enum class PrincipalsAs : std::uint8_t { files, rosters };

/// All functions throw StartError with all errors. `read` reads the configuration and the policy
/// files; those of links are read with PrincipalsAs::files alone, as other processes get them
/// from their supervisor.
LoadedGateway load_gateway(const std::string& path,
                           const policy::ReadFile& read = policy::read_file,
                           PrincipalsAs principals = PrincipalsAs::files);
LoadedInside load_inside(const std::string& path, const policy::ReadFile& read = policy::read_file,
                         PrincipalsAs principals = PrincipalsAs::files);
/// The realms alone, with principals: for an authenticator.
std::vector<policy::LoadedRealm> load_gateway_realms(const std::string& path,
                                                     const policy::ReadFile& read);
std::vector<policy::LoadedRealm> load_inside_realms(const std::string& path,
                                                    const policy::ReadFile& read);
/// The key pair of links over TLS, as LinkParts::files have it.
wamp::KeyTexts link_keys_in(const std::map<std::string, std::string>& files,
                            const PathText& state_dir);
/// How the link of a dialled backend logs in; null if it does not. The error says what is wrong
/// with the secret.
wamp::Result<std::shared_ptr<wamp::ClientLogin>, std::string> login_of(
    const std::map<std::string, std::string>& files, const BackendText& backend,
    wamp::Random random);
/// Its TLS context; nothing without TLS. Throws std::runtime_error.
std::optional<boost::asio::ssl::context> dial_context_of(
    const std::map<std::string, std::string>& files, const BackendText& backend);
GatewayConfig load_gateway_config(const std::string& path);
InsideProgramConfig load_relay_config(const std::string& path);

/// The state directory that gateway.toml or inside.toml names; other keys are ignored. Throws
/// StartError if the file cannot be read.
std::string load_state_dir(const std::string& path);
/// The same for the admin socket.
PathText load_admin_socket(const std::string& path);

/// What gateway.toml or inside.toml says of its audit log, and the policy file of each realm.
struct AuditOfConfig {
    AuditText log;
    std::map<std::string, std::string> policies;  ///< by realm; those that can be read
};
/// Other keys are ignored. Throws StartError if the file cannot be read, or says something wrong.
AuditOfConfig load_audit(const std::string& path);

/// The log line if the configuration on disk (gateway.toml, inside.toml) differs from the running
/// one in more than links. A reload uses none of it; the line mentions the list of realms, as
/// operators often expect otherwise.
std::string config_note(const std::string& path, const std::string& on_disk,
                        const std::string& running);

/// A ticket: the first line of a file that only its owner can read.
std::string read_ticket(const PathText& file);

}  // namespace sallyport::gateway
