#include "gateway/config/version_keeper.h"

#include <array>
#include <exception>
#include <utility>

#include "gateway/config/config_reader.h"
#include "gateway/host/log.h"
#include "policy/document/document.h"

namespace sallyport::gateway {

VersionKeeper::VersionKeeper(std::string state_dir, PolicyVersion running)
    : state_dir_(std::move(state_dir)), running_(std::move(running)) {
    const auto last = kept_version(running_version_folder(state_dir_));
    previous_ =
        last && *last != running_ ? last : kept_version(previous_version_folder(state_dir_));
    keep();
}

void VersionKeeper::run(PolicyVersion version) {
    if (version == running_) return;
    previous_ = std::exchange(running_, std::move(version));
    keep();
}

void VersionKeeper::keep() {
    try {
        if (previous_) keep_version(*previous_, previous_version_folder(state_dir_));
        keep_version(running_, running_version_folder(state_dir_));
    } catch (const std::exception& error) {
        log(LogLevel::error, std::string("the policy that runs cannot be kept: ") + error.what());
    }
}

std::string hint_at_kept_version(const std::string& config_file) {
    const auto text = policy::read_file(config_file, false);
    if (!text) return {};
    const auto document = policy::parse_document(*text, config_file);
    if (!document) return {};
    static constexpr std::array<std::string_view, 1> keys{"state_dir"};
    ConfigReader reader(config_file);
    policy::Diagnostics unknown_keys;
    policy::Section root(*document, "this file", keys, config_file, unknown_keys);
    reader.state_dir(root);
    const std::string folder = running_version_folder(reader.state_dir().path);
    if (!kept_version(folder)) return {};
    return "the files of the policy that ran last are kept in " + folder;
}

}  // namespace sallyport::gateway
