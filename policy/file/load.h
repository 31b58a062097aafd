#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "policy/auth/authenticator.h"
#include "policy/document/diagnostic.h"
#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// A file's content, or why there is none. With `secret`, only when neither group nor others may
/// touch it.
using ReadFile =
    std::function<wamp::Result<std::string, Diagnostic>(const std::string& path, bool secret)>;

/// The one that reads files.
wamp::Result<std::string, Diagnostic> read_file(const std::string& path, bool secret);

struct LoadOptions {
    bool routes_required = true;            ///< false on an inside: everything leads to "local"
    std::span<const std::string> backends;  ///< the names that a route may lead to
    bool any_backend = false;               ///< for tools that see a policy without its gateway
    bool read_principals = true;  ///< false for tools that run as somebody who may not read them
    bool run_tests = true;        ///< false for the tool that shows their outcomes itself
    ReadFile read = read_file;    ///< of a version that is not that of the files any more, another
};

struct LoadedRealm {
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<const Authenticator> authenticator;
    std::size_t principals = 0;
    std::size_t tests = 0;  ///< that passed
    PolicyFile file;        ///< as it was written; for tools
};

/// Reads one realm's policy file and the principals file that it names, compiles them and runs the
/// inline tests: all of it holds, or nothing is loaded and every reason is told. The only place of
/// this folder that touches files.
wamp::Result<LoadedRealm, Diagnostics> load_realm(const std::string& path,
                                                  const LoadOptions& options);

}  // namespace sallyport::policy
