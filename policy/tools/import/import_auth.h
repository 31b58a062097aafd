#pragma once

#include <string>
#include <vector>

#include "policy/tools/import/crossbar.h"
#include "policy/tools/import/import.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// Who may join one realm.
struct ImportedAuth {
    std::string section;     ///< [auth] with an empty line before it; "" if nobody may
    std::string principals;  ///< the content of the principals file; "" if there are none
};

/// Appends what is not carried over to `notes`. `file` is the name of the principals file. A
/// principal that only a restricted transport lets in is imported disabled, an anonymous role of
/// one not at all, unless `all_transports`.
ImportedAuth import_auth(const CrossbarConfig& config, const CrossbarRealm& realm,
                         const std::string& file, bool all_transports, wamp::Random& random,
                         std::vector<ImportNote>& notes);

/// Notes principals and anonymous sessions whose role or realm is in no realm of the configuration.
void note_strangers(const CrossbarConfig& config, std::vector<ImportNote>& notes);

}  // namespace sallyport::policy
