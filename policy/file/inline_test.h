#pragma once

#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"

namespace sallyport::policy {

struct TestOutcome {
    const TestText* test;
    bool passed;
    std::string wanted;  ///< "allow operators-drive"
    std::string got;     ///< "forbid nobody-powers-off (observatory.toml:21:1)"
};

/// "call "lab.x" as alice:operator".
std::string describe(const TestText& test);

/// What the policy answers, as a test writes it, with the reason for people.
std::string describe(const Decision& decision, const RealmPolicy& policy);

/// What the policy answers to the test's question, and whether that is what the test expects.
Decision decide(const TestText& test, const RealmPolicy& policy);
bool passes(const TestText& test, const RealmPolicy& policy);

/// Puts the questions of the file's own tests to the compiled policy. Borrows the file.
std::vector<TestOutcome> run_tests(const PolicyFile& file, const RealmPolicy& policy);

/// The tests that failed, and those that name a rule that there is not.
Diagnostics failed_tests(const PolicyFile& file, const RealmPolicy& policy);

}  // namespace sallyport::policy
