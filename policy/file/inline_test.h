#pragma once

#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// The result of one inline test.
struct TestOutcome {
    const TestText* test;
    bool passed;
    std::string expected;  ///< "allow operators-drive"
    std::string got;       ///< "forbid nobody-powers-off (observatory.toml:21:1)"
};

/// "call "lab.x" as alice:operator".
std::string describe(const TestText& test);

/// The decision in the form that a test uses, with the reason for people.
std::string describe(const Decision& decision, const RealmPolicy& policy);

/// "latest, key kwarg "sensor", rate 2/s"; "all".
std::string describe(const EventDelivery& delivery);

/// The policy's decision on the test's request, and whether it is the expected one.
Decision decide(const TestText& test, const RealmPolicy& policy);
bool passes(const TestText& test, const RealmPolicy& policy);

/// Runs the inline tests of the file against the compiled policy. Borrows the file.
std::vector<TestOutcome> run_tests(const PolicyFile& file, const RealmPolicy& policy);

/// The tests that failed, and the tests that name an unknown rule.
Diagnostics failed_tests(const PolicyFile& file, const RealmPolicy& policy);

}  // namespace sallyport::policy
