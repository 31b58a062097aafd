#pragma once

#include <string>

#include "gateway/host/path_text.h"
#include "policy/document/diagnostic.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

/// The key pair of this end of a link: link.key and link.crt in the folder `link` of a state
/// directory.
struct LinkKeys {
    std::string pin;
    bool made = false;  ///< false: they already existed
};

/// Creates the key pair in `directory` if it does not exist, and the state directory above it (mode
/// 0700, as pairing comes before the first start). Throws std::runtime_error with one line that
/// names the file.
LinkKeys make_link_keys(const std::string& directory);

/// The key pair of the links of a program with that state directory. Throws StartError or
/// std::runtime_error if it is missing, invalid, or accessible to others.
wamp::KeyTexts read_link_keys(const PathText& state_dir, const policy::Place& needed_by,
                              const std::vector<std::string>& peer_pins);

}  // namespace sallyport::gateway
