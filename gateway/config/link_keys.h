#pragma once

#include <string>

#include "gateway/host/path_text.h"
#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// The key pair of this end of a link: link.key and link.crt in the folder `link` of a state
/// directory.
struct LinkKeys {
    std::string pin;
    bool made = false;  ///< false: they were there already
};

/// Makes the key pair in `directory` where it is absent, the state directory above it too (mode
/// 0700, as pairing comes before the first start). Throws std::runtime_error with one line that
/// names the file.
LinkKeys make_link_keys(const std::string& directory);

/// Refuses a key pair that is missing, broken, or open to others. Throws StartError or
/// std::runtime_error.
void check_link_keys(const PathText& state_dir, const policy::Place& needed_by,
                     const std::string& peer_pin);

}  // namespace sallyport::gateway
