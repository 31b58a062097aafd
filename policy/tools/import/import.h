#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/tools/import/crossbar.h"
#include "policy/tools/report.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// One file of the result.
struct ImportedFile {
    std::string name;  ///< "realm1.toml"
    std::string text;
    bool secret = false;  ///< readable by its owner only
};

/// A difference to Crossbar.
struct ImportNote {
    enum class Kind : std::uint8_t {
        narrower,  ///< Crossbar allows it, the result does not
        wider,     ///< the opposite
        other,
    };
    Kind kind = Kind::other;
    std::string path;  ///< in the configuration: "workers[0].realms[0].roles[2]"
    std::string realm;
    std::string role;
    std::string permission;  ///< the URI of the deciding entry in Crossbar
    std::string uri;         ///< an example message of narrower and wider
    std::vector<Action> actions;
    std::string text;  ///< what it means here, and what to do about it
};

/// The files of the result, and how it differs from Crossbar.
struct Imported {
    std::vector<ImportedFile> files;
    std::vector<ImportNote> notes;
};

/// How permissions are converted.
struct ImportOptions {
    /// Prefixes, with their dot, to use instead of "everything", for which the language has no
    /// rule.
    std::vector<std::string> everything;
    std::string backend = "inside";
    /// Take over what transports grant that not everybody reaches in Crossbar (a unix socket, an
    /// address of a local network, TLS with certificates of clients), to everybody who knows the
    /// onion address.
    bool all_transports = false;
};

/// Policies with the same effect as the configuration, as far as possible, with an inline test for
/// each rule: one file for each realm, and its principals. They load without errors. They never let
/// somebody in whom Crossbar does not. Differences are found by comparing both on URIs around each
/// permission, and are listed in the files too; everything else that is not carried over is a note.
Imported import_crossbar(const CrossbarConfig& config, const ImportOptions& options,
                         wamp::Random& random);

/// The command line of `import`.
struct ImportRequest {
    std::string file;
    ImportOptions options;
    bool print = false;  ///< the policies go to `out`, no file is written
};

/// `sallyport policy import FILE`. The files that the caller has to write are appended to `files`.
/// 0 if the result is equivalent, 1 if there are differences, 2 if the configuration cannot be
/// read.
int import_file(const ImportRequest& request, wamp::Random& random,
                std::vector<ImportedFile>& files, const Output& to);

}  // namespace sallyport::policy
