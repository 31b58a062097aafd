#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/engine/permit.h"
#include "policy/tools/json.h"
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
    std::string path;        ///< in the configuration
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
    std::string path;                             ///< in the configuration
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

/// Who may reach a transport. What is restricted in Crossbar must not become everybody's here, as
/// there is one door for all: the onion address.
struct CrossbarReach {
    std::string path;        ///< of the transport: "workers[0].transports[1].rawsocket"
    std::string restricted;  ///< why not everybody reaches it: "a unix socket"; "" if everybody may
};

/// One principal of a transport; `entry` is its configuration.
struct CrossbarPrincipal {
    std::string method;  ///< "ticket", "wampcra", "cryptosign", "scram"
    std::string authid;
    std::string role;
    std::string realm;  ///< the only one that it joins; "": any that has the role
    std::string path;   ///< of `entry`
    CrossbarReach reach;
    Json entry;
};

/// Anonymous sessions of a transport.
struct CrossbarAnonymous {
    std::string role;
    std::string realm;  ///< as of a principal
    CrossbarReach reach;
};

/// One realm with its roles.
struct CrossbarRealm {
    std::string name;
    std::string path;
    std::vector<CrossbarRole> roles;
};

/// A part of the configuration that is not imported.
struct CrossbarRest {
    std::string path;
    std::string text;       ///< what it means here, and what to do
    bool narrower = false;  ///< Crossbar allows something by it
};

/// The realms and principals of a node's configuration. Whatever is neither in them nor known to
/// have no effect on who may do what is in `rest`.
struct CrossbarConfig {
    std::vector<CrossbarRealm> realms;
    std::vector<CrossbarPrincipal> principals;  ///< of all transports
    std::vector<CrossbarAnonymous> anonymous;   ///< of all transports
    std::vector<CrossbarRest> rest;
};

}  // namespace sallyport::policy
