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
    bool validates = false;  ///< it checks payloads against types
};

/// A role with static permissions, as Crossbar decides on them (crossbar/router/role.py): the
/// longest key that the URI begins with, as a plain text, speaks, even when it is an exact one for
/// another URI; unless that was an exact one, the wildcard with the longest beginning speaks
/// before it, if it matches.
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

    /// After the last permission.
    void seal();
    /// The permission that decides; null when none does.
    const CrossbarPermission* decider(std::string_view uri) const;
    bool allows(Action action, std::string_view uri) const {
        const CrossbarPermission* found = decider(uri);
        return found != nullptr && found->allow[static_cast<std::size_t>(action)];
    }

private:
    // Into permissions: a role may be moved, and not copied.
    std::unordered_map<std::string_view, const CrossbarPermission*> keys_;
    std::unordered_map<std::string_view, const CrossbarPermission*> wildcards_;  ///< by beginning
};

struct CrossbarPrincipal {
    std::string method;  ///< "ticket", "wampcra", "cryptosign", "scram"
    std::string authid;
    std::string role;
    Json entry;
};

struct CrossbarRealm {
    std::string name;
    std::vector<CrossbarRole> roles;
};

/// What a node's configuration says of realms and of who may join.
struct CrossbarConfig {
    std::vector<CrossbarRealm> realms;
    std::vector<CrossbarPrincipal> principals;  ///< of all transports
    std::vector<std::string> anonymous_roles;   ///< of all transports, each once
    std::vector<std::string> left;              ///< parts that nothing is made of, for people
};

/// Reads a config.json of Crossbar. Parts that have nothing to do with permissions are passed over.
wamp::Result<CrossbarConfig, Diagnostic> read_crossbar(std::string_view text,
                                                       const std::string& file);

}  // namespace sallyport::policy
