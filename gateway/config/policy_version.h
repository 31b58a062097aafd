#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host/descriptor.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// What the links of a process need in addition to its version. It is passed to the process with
/// the version and never stored: a key that was replaced must not come back with an older policy.
struct LinkParts {
    /// By [[backend]] or [[link]] of the version: how the supervisor and the process call the link.
    /// A link whose settings change gets a new number, so that what is still under way for the
    /// earlier one is not taken for its own.
    std::vector<std::uint32_t> numbers;
    std::map<std::string, std::string> files;  ///< by path: keys and secrets
    bool operator==(const LinkParts&) const = default;
};

/// The content of the files of one policy version, as they were read: it compiles to the same
/// policy even after the files change. Versions are passed to child processes, kept for a rollback,
/// and found again after a restart.
class PolicyVersion {
public:
    /// Reads through `from`, and stores everything read.
    policy::ReadFile recorder(policy::ReadFile from);
    /// Returns only the stored files. Refers to this object.
    policy::ReadFile reader() const;

    const std::map<std::string, std::string>& files() const noexcept { return files_; }
    const std::string* find(const std::string& path) const noexcept;
    void add(const std::string& path, std::string text, bool secret = false);
    bool is_secret(const std::string& path) const noexcept { return secrets_.contains(path); }
    /// The same version for a process with links.
    PolicyVersion with_links(LinkParts links) const;
    const LinkParts& links() const noexcept { return links_; }
    /// The same version for a process that must not have its secrets: instead of each principals
    /// file it has the roster (policy/auth/roster.h).
    PolicyVersion without_secrets() const;
    bool operator==(const PolicyVersion&) const = default;

    std::string encode() const;
    static std::optional<PolicyVersion> decode(std::string_view bytes);

private:
    std::map<std::string, std::string> files_;  ///< by path
    std::set<std::string> secrets_;             ///< the paths of principals files
    LinkParts links_;
};

/// Its bytes in a sealed memory file: several processes get it, and none of them can change what
/// the others read. Throws std::system_error.
Descriptor to_memory(const PolicyVersion& version);
std::optional<PolicyVersion> from_memory(const Descriptor& memory);

/// Receives the version that a supervisor sends to a child as its first packet. Blocks until it
/// arrives. Throws StartError.
PolicyVersion receive_version(int channel);

/// Stores the version as plain files in that folder, with a list of their original paths; replaces
/// an older version there. Throws StartError.
void store_version(const PolicyVersion& version, const std::string& folder);
/// The version stored there, if it is complete and tells which of its files are secret.
std::optional<PolicyVersion> stored_version(const std::string& folder);

/// The folders of the state directory for the running and the previous version.
std::string running_version_folder(const std::string& state_dir);
std::string previous_version_folder(const std::string& state_dir);

}  // namespace sallyport::gateway
