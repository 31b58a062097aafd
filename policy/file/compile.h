#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// The backend that an inside router's policy leads everything to.
inline constexpr std::string_view local_backend = "local";

struct CompileOptions {
    /// False on an inside, which has one place for everything: without a [[route]] all leads to
    /// local_backend.
    bool routes_required = true;
    /// The names that a route may lead to.
    std::span<const std::string> backends;
    /// Takes any name; for tools that see a policy without its gateway.
    bool any_backend = false;
};

/// Makes what decides out of what was written, and refuses what is not clear: two routes for one
/// pattern, limits that depend on the order of rules, a backend that there is not. Pure: texts in,
/// immutable objects out.
class Compiler {
public:
    using Policy = std::shared_ptr<const RealmPolicy>;

    /// `hash` names the version (RealmPolicy::hash).
    static wamp::Result<Policy, Diagnostics> compile(const PolicyFile& file,
                                                     const CompileOptions& options,
                                                     std::string_view hash);

private:
    struct Bucket;
    class Build;
};

}  // namespace sallyport::policy
