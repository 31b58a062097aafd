#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"

// Which links a reload keeps, adds and removes.
namespace sallyport::gateway {

/// The numbers of the links of one process as its supervisor gives them. A number is never used
/// again while the supervisor runs.
struct LinkBook {
    LinkParts running;
    std::uint32_t next_number = 0;  ///< greater than all before
};

/// At the start: a link has the number of its place in the file.
LinkBook open_link_book(const LoadedGateway& loaded);
LinkBook open_link_book(const LoadedInside& loaded);

/// The links of another version. One whose settings are the same but for its pins keeps its number
/// and is not disturbed; every other one is new. Throws StartError for a change that takes a
/// restart: an embedded inside that comes, goes or is another one, or joins another realm.
LinkParts plan_links(const LoadedGateway& before, LinkBook& book, const LoadedGateway& after);
LinkParts plan_links(const LoadedInside& before, LinkBook& book, const LoadedInside& after);

/// The text of a configuration file (gateway.toml, inside.toml) that a reload uses: that on disk if
/// it differs from the running one in links alone, otherwise the running one, with a line in
/// `notes`. `links` is the key of its links: "backend" or "link". Throws StartError if it cannot be
/// read, and if links and other settings have changed together, as only some of it would take
/// effect.
std::string config_for_reload(const std::string& path, const std::string& on_disk,
                              const std::string& running, std::string_view links,
                              std::string& notes);

/// The same for a rollback, where the version to return to may have been the one of another start:
/// settings other than links stay as they are.
std::string config_for_rollback(const std::string& path, const std::string& previous,
                                const std::string& running, std::string_view links,
                                std::string& notes);

}  // namespace sallyport::gateway
