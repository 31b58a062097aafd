#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "policy/file/file.h"
#include "policy/tools/analysis/diff.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// A mistake that no inline test detects.
struct SurvivingMutant {
    std::string rule;  ///< "allow drive", "route lab"
    Place place;
    std::string what;                           ///< "for all roles"
    std::shared_ptr<const Difference> witness;  ///< a message that shows it, or null
    /// The [[test]] that would detect it; "" if TOML cannot express it.
    std::string test;
};

/// The counts of a run, and the mistakes that no test detects.
struct MutationReport {
    std::size_t mutants = 0;
    std::size_t detected = 0;
    std::size_t equivalent = 0;              ///< without an effect that a test can check
    std::vector<SurvivingMutant> survivors;  ///< those without a witness were not examined
};

/// Applies every mistake of mutant.h to every rule and route, one at a time, and checks whether a
/// test of the file then fails. All tests pass before. Runs only the tests that a change can
/// affect, so that 10,000 rules take well under a second.
MutationReport mutate(const PolicyFile& file);

/// The command line of `mutate`.
struct MutateRequest {
    std::string file;
    bool suggest = false;  ///< print only the missing tests, ready to be appended to the file
};

/// `sallyport policy mutate FILE`. 0 if each change is detected, 1 if not, 2 if the file is invalid
/// or a test fails without a change.
int mutate(const MutateRequest& request, const Output& to);

}  // namespace sallyport::policy
