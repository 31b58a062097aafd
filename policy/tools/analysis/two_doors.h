#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/engine/question.h"
#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/analysis/diff.h"

namespace sallyport::policy {

/// The policy of an inside, and what a gateway's routes have to name so that messages reach it.
/// Borrows.
struct SecondDoor {
    std::string backend;
    ComparedPolicy policy;
    bool conveys_identity = true;  ///< false: it decides for the role "gateway" only

    bool is_behind(const RouteInfo& route) const {
        return route.realm == policy.policy.realm() &&
               std::find(route.backends.begin(), route.backends.end(), backend) !=
                   route.backends.end();
    }
};

/// For whom the second door decides on a message that the first one has let through: calls and
/// publications for the sender, subscriptions and registrations, which the gateway makes for all of
/// its clients, for the role "gateway" (architecture: Programs).
Subject subject_inside(const SecondDoor& door, Action action, const Subject& outside) noexcept;

/// What it decides on the message, whose URI is that of the second door.
Decision decide_inside(const SecondDoor& door, const Subject& outside, const Question& question);

/// Messages that the first door lets through and no second door does.
struct LostPassage {
    RuleInfo rule;  ///< of the first door
    Action action = Action::call;
    /// Nothing passes that the rule lets through with this action for these roles.
    bool wholly = false;
    std::vector<std::string> roles;
    bool others = false;  ///< also all roles that no rule names
    // An example, and what the second door of its route decides.
    std::string uri;
    std::string authid;
    std::string role;
    ArgumentCase arguments;
    std::string backends;  ///< of its route
    std::string uri_inside;
    std::string why;
};

/// In the order of the rules' ids. Routes to a backend without a door here are left out, and URIs
/// below "wamp.", which the first door answers itself. Exact, except that conditions on arguments
/// are tried at their boundaries, and that a pattern is judged by the URIs that it matches.
std::vector<LostPassage> lost_passages(const ComparedPolicy& first,
                                       std::span<const SecondDoor> second);

}  // namespace sallyport::policy
