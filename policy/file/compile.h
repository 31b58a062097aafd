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

/// The backend to which the policy of an inside router routes everything.
inline constexpr std::string_view local_backend = "local";

/// What the compiler knows about the program that uses the policy.
struct CompileOptions {
    /// False for an inside, which has a single destination: without a [[route]] everything goes to
    /// local_backend.
    bool routes_required = true;
    /// The names that a route may use.
    std::span<const std::string> backends;
    /// Accepts any backend name; for tools that read a policy without its gateway.
    bool any_backend = false;
};

/// Compiles a policy and refuses what is ambiguous: two routes for one pattern, limits that depend
/// on the order of rules, an unknown backend. Pure: from texts to immutable objects.
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
