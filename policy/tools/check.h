#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "policy/file/load.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// `sallyport policy check FILE…`: a summary line for each valid file, every error of the others
/// with its advice. Any backend name is accepted, as the gateway is not known. 2 if a file is
/// invalid.
int check(std::span<const std::string> files, const Output& to);

/// What `check` says of one valid file, as lines and as JSON.
void print_sound(const std::string& path, const LoadedRealm& realm, std::ostream& out);
nlohmann::ordered_json sound_json(const std::string& path, const LoadedRealm& realm);

}  // namespace sallyport::policy
