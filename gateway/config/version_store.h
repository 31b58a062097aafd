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

    /// That version runs from now on. When it cannot be stored in the state directory the log says
    /// so, and it runs all the same: a full disk does not decide about the policy.
    void adopt(PolicyVersion version);

private:
    void store();

    std::string state_dir_;
    PolicyVersion running_;
    std::optional<PolicyVersion> previous_;
};

/// For the last line of a start that failed: where the version that ran last is stored; "" when it
/// is nowhere.
std::string hint_at_stored_version(const std::string& config_file);

/// What `load` loads. When it cannot, the error tells also where the version that ran last is
/// stored.
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
