#pragma once

#include <optional>
#include <string>

#include "gateway/config/policy_version.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

/// The policy versions of a program: the running and the previous one, in memory and in its state
/// directory.
class VersionStore {
public:
    VersionStore(std::string state_dir, PolicyVersion running);

    const PolicyVersion& running() const noexcept { return running_; }
    const std::optional<PolicyVersion>& previous() const noexcept { return previous_; }

    /// Makes `version` the running one, and returns "" or why it cannot be stored in the state
    /// directory: a full disk must not stop a policy change, which may revoke something. What is
    /// stored is then an older version, whole; the next call tries again.
    std::string adopt(PolicyVersion version);

private:
    std::string store();

    std::string state_dir_;
    PolicyVersion running_;
    std::optional<PolicyVersion> previous_;
    bool stored_ = false;
};

/// The hint for a failed start: the folder of the last running version; "" if there is
/// none.
std::string hint_at_stored_version(const std::string& config_file);

/// Returns what `load` loads. If it throws, the error also names the folder of the last running
/// version.
template <class Load>
auto load_or_hint(const std::string& config_file, Load load) {
    try {
        return load();
    } catch (const StartError& error) {
        const std::string hint = hint_at_stored_version(config_file);
        throw StartError(error.what() + (hint.empty() ? "" : "\n" + hint));
    }
}

}  // namespace sallyport::gateway
