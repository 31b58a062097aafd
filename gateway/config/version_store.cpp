#include "gateway/config/version_store.h"

#include <exception>
#include <utility>

#include "gateway/config/load_config.h"
#include "gateway/host/log.h"

namespace sallyport::gateway {

VersionStore::VersionStore(std::string state_dir, PolicyVersion running)
    : state_dir_(std::move(state_dir)), running_(std::move(running)) {
    const auto last = stored_version(running_version_folder(state_dir_));
    previous_ =
        last && *last != running_ ? last : stored_version(previous_version_folder(state_dir_));
    const std::string why_not = store();
    if (!why_not.empty()) log(LogLevel::error, "cannot store the running policy: " + why_not);
}

std::string VersionStore::adopt(PolicyVersion version) {
    if (version != running_) {
        previous_ = std::exchange(running_, std::move(version));
        stored_ = false;
    }
    return stored_ ? "" : store();
}

std::string VersionStore::store() {
    try {
        if (previous_) store_version(*previous_, previous_version_folder(state_dir_));
        store_version(running_, running_version_folder(state_dir_));
    } catch (const std::exception& error) {
        return error.what();
    }
    stored_ = true;
    return {};
}

std::string hint_at_stored_version(const std::string& config_file) {
    std::string folder;
    try {
        folder = running_version_folder(load_state_dir(config_file));
    } catch (const StartError&) {
        return {};
    }
    if (!stored_version(folder)) return {};
    return "the files of the last running policy are in " + folder;
}

}  // namespace sallyport::gateway
