#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "policy/file/file.h"
#include "policy/tools/analysis/diff.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// A mistake that no inline test notices.
struct Unnoticed {
    std::string rule;  ///< "allow drive", "route lab"
    Place place;
    std::string what;                           ///< "for all roles"
    std::shared_ptr<const Difference> witness;  ///< a message that would show it, or null
    /// The [[test]] that would notice it; "" when TOML cannot say it.
    std::string test;
};

struct MutationReport {
    std::size_t mutants = 0;
    std::size_t noticed = 0;
    std::size_t same = 0;              ///< that change nothing that a test can ask for
    std::vector<Unnoticed> unnoticed;  ///< those without a witness were not looked into
};

/// Makes every mistake of mutant.h in every rule and route, one at a time, and looks whether a test
/// of the file then fails. All of them pass before. Looks only at tests that a change can reach, so
/// that it takes well under a second with 10,000 rules.
MutationReport mutate(const PolicyFile& file);

struct MutateRequest {
    std::string file;
    bool suggest = false;  ///< print the missing tests alone, ready to be appended to the file
};

/// `sallyport policy mutate FILE`. 0 when each change is noticed, 1 when not, 2 when the file is
/// not sound or a test fails as it is.
int mutate(const MutateRequest& request, const Output& to);

}  // namespace sallyport::policy
