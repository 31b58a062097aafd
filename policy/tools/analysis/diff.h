#pragma once

#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// A policy as it was written and as it decides.
struct ComparedPolicy {
    const PolicyFile& file;
    const RealmPolicy& policy;
};

/// One change of what a policy does, with a message that shows it.
struct Difference {
    Action action = Action::call;
    std::string uri;
    std::string authid;
    std::string role;
    ArgumentCase arguments;
    /// What one of the two policies answers.
    struct Answer {
        std::string text;    ///< for people: "allow drive (old.toml:10:1) by route lab"
        std::string expect;  ///< as a test expects it: "allow drive", "forbid off", "deny"
        std::string route;   ///< of what is allowed
    };
    Answer before;
    Answer after;
    /// All roles that it concerns, in order; `others` are all that no rule names, and those named
    /// ones of which no rule speaks there.
    std::vector<std::string> roles;
    bool others = false;
};

/// Every change from one policy to the other in what is allowed, within which limits, with which
/// grants, and where it goes: one difference, and its witness, for each pair of rules that decided
/// before and after, by action; and of one such pair for each bound, literal and URI of theirs that
/// changes it by itself. What is said of a pattern subscription or registration follows from what
/// is said of the URIs that it matches. Empty exactly if the two do the same; shadow rules and the
/// ids of rules aside.
std::vector<Difference> differences(const ComparedPolicy& before, const ComparedPolicy& after);

/// What differs outside of the rules: the realm, and who may join. One line each.
std::vector<std::string> other_differences(const PolicyFile& before, const PolicyFile& after);

/// `sallyport policy diff OLD NEW`. 0 when they do the same, 1 when not, 2 when one is not sound.
int diff(const std::string& before, const std::string& after, const Output& to);

}  // namespace sallyport::policy
