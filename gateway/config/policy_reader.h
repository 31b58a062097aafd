#pragma once

#include <string>

#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"

namespace sallyport::gateway {

/// A version with what was loaded from it.
template <class Loaded>
struct VersionRead {
    PolicyVersion files;
    Loaded loaded;
};

/// Reads the files of a program again, for a reload. Of gateway.toml and inside.toml only links
/// change before the next start: of a file that differs in something else the text in `running` is
/// used, and `notes` gets a line (config_for_reload). Throws StartError.
VersionRead<LoadedGateway> read_policy_again(const LoadedGateway& loaded,
                                             const PolicyVersion& running, std::string& notes);
VersionRead<LoadedInside> read_policy_again(const LoadedInside& loaded,
                                            const PolicyVersion& running, std::string& notes);

/// The version before `running`, for a rollback (config_for_rollback). The keys of links are those
/// on disk. Throws StartError.
VersionRead<LoadedGateway> read_previous(const LoadedGateway& loaded, const PolicyVersion& running,
                                         const PolicyVersion& previous, std::string& notes);
VersionRead<LoadedInside> read_previous(const LoadedInside& loaded, const PolicyVersion& running,
                                        const PolicyVersion& previous, std::string& notes);

}  // namespace sallyport::gateway
