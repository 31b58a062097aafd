#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "policy/auth/authenticator.h"
#include "policy/auth/join_terms.h"
#include "policy/document/diagnostic.h"
#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// The content of a file, or why it cannot be read. With `secret`, it is refused if group or others
/// have any access.
using ReadFile =
    std::function<wamp::Result<std::string, Diagnostic>(const std::string& path, bool secret)>;

/// Reads from the file system.
wamp::Result<std::string, Diagnostic> read_file(const std::string& path, bool secret);

/// How a realm is loaded; the defaults are those of the gateway.
struct LoadOptions {
    bool routes_required = true;            ///< false on an inside: everything goes to "local"
    std::span<const std::string> backends;  ///< the names that a route may use
    bool any_backend = false;               ///< for tools that read a policy without its gateway
    bool read_principals = true;            ///< false for tools whose user may not read them
    bool run_tests = true;                  ///< false for the tool that shows the outcomes itself
    ReadFile read = read_file;              ///< replaced for a version that is no longer on disk
    /// Instead of each principals file there is its Roster, which has no secrets; no realm then has
    /// an authenticator.
    bool rosters = false;
};

/// A realm that was loaded without an error.
struct LoadedRealm {
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<const JoinTerms> terms;
    std::shared_ptr<const Authenticator> authenticator;  ///< null with LoadOptions::rosters
    std::size_t principals = 0;
    std::size_t tests = 0;  ///< the number of tests that passed
    PolicyFile file;        ///< as written; for tools
};

/// Reads one realm's policy file and its principals file, compiles them and runs the inline tests.
/// It either loads everything or returns every error. The only function of this folder that reads
/// files.
wamp::Result<LoadedRealm, Diagnostics> load_realm(const std::string& path,
                                                  const LoadOptions& options);

}  // namespace sallyport::policy
