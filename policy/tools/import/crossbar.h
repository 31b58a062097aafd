#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/document/diagnostic.h"
#include "policy/engine/permit.h"
#include "policy/tools/json.h"
#include "wamp/base/result.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// One entry of a role's permissions in a Crossbar configuration.
struct CrossbarPermission {
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::array<bool, 4> allow{};  ///< by Action
    bool disclose_caller = false;
    bool disclose_publisher = false;
    bool validates = false;  ///< it validates payloads
};

/// A role with static permissions, as Crossbar decides (crossbar/router/role.py): the longest key
/// that is a string prefix of the URI decides, even an exact one for another URI; unless that one
/// is exact, the matching wildcard with the longest first part takes precedence.
class CrossbarRole {
public:
    CrossbarRole() = default;
    CrossbarRole(const CrossbarRole&) = delete;
    CrossbarRole& operator=(const CrossbarRole&) = delete;
    CrossbarRole(CrossbarRole&&) noexcept = default;
    CrossbarRole& operator=(CrossbarRole&&) noexcept = default;
    ~CrossbarRole() = default;

    std::string name;
    bool dynamic = false;                         ///< a procedure decides
    std::vector<CrossbarPermission> permissions;  ///< without those that a later one replaces

    /// Call this after the last permission.
    void seal();
    /// The deciding permission; null if there is none.
    const CrossbarPermission* decider(std::string_view uri) const;
    bool allows(Action action, std::string_view uri) const {
        const CrossbarPermission* found = decider(uri);
        return found != nullptr && found->allow[static_cast<std::size_t>(action)];
    }

private:
    // Point into permissions: a role may be moved, but not copied.
    std::unordered_map<std::string_view, const CrossbarPermission*> keys_;
    std::unordered_map<std::string_view, const CrossbarPermission*> wildcards_;  ///< by beginning
};

/// One principal of a transport; `entry` is its configuration.
struct CrossbarPrincipal {
    std::string method;  ///< "ticket", "wampcra", "cryptosign", "scram"
    std::string authid;
    std::string role;
    Json entry;
};

/// One realm with its roles.
struct CrossbarRealm {
    std::string name;
    std::vector<CrossbarRole> roles;
};

/// The realms and principals of a node's configuration.
struct CrossbarConfig {
    std::vector<CrossbarRealm> realms;
    std::vector<CrossbarPrincipal> principals;  ///< of all transports
    std::vector<std::string> anonymous_roles;   ///< of all transports, each once
    std::vector<std::string> left;              ///< parts that are not imported, for people
};

/// Reads a config.json of Crossbar. Parts without permissions are skipped.
wamp::Result<CrossbarConfig, Diagnostic> read_crossbar(std::string_view text,
                                                       const std::string& file);

}  // namespace sallyport::policy
