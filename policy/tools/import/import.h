#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/tools/import/crossbar.h"
#include "policy/tools/report.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

struct ImportedFile {
    std::string name;  ///< "realm1.toml"
    std::string text;
    bool secret = false;  ///< for its owner's eyes only
};

/// Something that is not the same as in Crossbar.
struct ImportNote {
    enum class Kind : std::uint8_t {
        narrower,  ///< Crossbar allows it, the result does not
        wider,     ///< the other way round
        other,
    };
    Kind kind = Kind::other;
    std::string realm;
    std::string role;
    std::string permission;  ///< the URI of Crossbar's entry that decides there
    std::string uri;         ///< a message of narrower and wider
    std::vector<Action> actions;
    std::string text;  ///< the whole of it, in words
};

struct Imported {
    std::vector<ImportedFile> files;
    std::vector<ImportNote> notes;
};

struct ImportOptions {
    /// What stands for "everything", which the language has no rule for: prefixes with their dot.
    std::vector<std::string> everything;
    std::string backend = "inside";
};

/// Policies that do as the configuration did, as far as that can be said, with an inline test for
/// each rule: one file for each realm, and its principals. They load. Where they do otherwise is
/// found by asking both about URIs around each permission, and told one by one, in the files too.
Imported import_crossbar(const CrossbarConfig& config, const ImportOptions& options,
                         wamp::Random& random);

struct ImportRequest {
    std::string file;
    ImportOptions options;
    bool print = false;  ///< the policies go to `out`, and no file is written
};

/// `sallyport policy import FILE`. What the caller has to write goes into `files`. 0 when all is
/// the same, 1 when something is not, 2 when the configuration cannot be read.
int import_file(const ImportRequest& request, wamp::Random& random,
                std::vector<ImportedFile>& files, const Output& to);

}  // namespace sallyport::policy
