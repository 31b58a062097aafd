#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// A policy as written and compiled.
struct ComparedPolicy {
    const PolicyFile& file;
    const RealmPolicy& policy;
};

/// One change of behaviour, with a message that shows it.
struct Difference {
    Action action = Action::call;
    std::string uri;
    std::string authid;
    std::string role;
    ArgumentCase arguments;
    /// The decision of one of the two policies.
    struct Answer {
        std::string text;    ///< for people: "allow drive (old.toml:10:1) by route lab"
        std::string expect;  ///< in the form of a test: "allow drive", "forbid off", "deny"
        std::string route;   ///< if it is allowed
        std::optional<EventDelivery> delivery{};  ///< if it is an allowed subscription
    };
    Answer before;
    Answer after;
    /// All roles with this change, in order. `others` stands for all roles that no rule names, and
    /// for named roles that no rule mentions there.
    std::vector<std::string> roles;
    bool others = false;
};

/// Every change between two policies in what is allowed, within which limits, with which grants,
/// with which delivery of events, and to which route: one difference with an example message for
/// each action and pair of deciding rules before and after, and for one such pair also for each
/// bound, literal and URI that causes a change alone. Differences for pattern subscriptions and
/// registrations follow from those for the URIs that they match. Empty exactly if both behave the
/// same, apart from shadow rules and rule ids.
std::vector<Difference> differences(const ComparedPolicy& before, const ComparedPolicy& after);

/// Differences outside of the rules: the realm, and who may join. One line each.
std::vector<std::string> other_differences(const PolicyFile& before, const PolicyFile& after);

struct LoadedRealm;

/// Prints both, and returns exit_code::fine if there are none, else exit_code::no.
int print_differences(const LoadedRealm& before, const LoadedRealm& after, const Output& to);

/// `sallyport policy diff OLD NEW`. 0 if they behave the same, 1 if not, 2 if a file is invalid.
int diff(const std::string& before, const std::string& after, const Output& to);

}  // namespace sallyport::policy
