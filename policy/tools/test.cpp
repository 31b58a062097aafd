#include "policy/tools/test.h"

#include <algorithm>
#include <ostream>

#include "policy/file/inline_test.h"
#include "policy/file/load.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

/// The sums over all files.
struct Totals {
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
    int code = exit_code::fine;
    Json tests = Json::array();   ///< with --json
    Json errors = Json::array();  ///< likewise
};

void print_outcome(const TestOutcome& outcome, Totals& totals, const Output& to) {
    const TestText& test = *outcome.test;
    ++(outcome.passed ? totals.passed : totals.failed);
    if (to.json) {
        Json object = to_json(test.place);
        object["question"] = describe(test);
        object["passed"] = outcome.passed;
        object["expected"] = outcome.expected;
        object["got"] = outcome.got;
        totals.tests.push_back(std::move(object));
        return;
    }
    to.out << (outcome.passed ? "pass " : "FAIL ") << to_string(test.place) << " " << describe(test)
           << ": ";
    if (!outcome.passed) to.out << "expected " << outcome.expected << ", got ";
    to.out << outcome.got << '\n';
}

void test_file(const std::string& path, Totals& totals, const Output& to) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = false;
    options.run_tests = false;
    const auto realm = load_realm(path, options);
    if (!realm) {
        totals.code = exit_code::broken;
        if (!to.json) print_errors(realm.error(), to);
        for (const Diagnostic& error : realm.error()) totals.errors.push_back(to_json(error));
        return;
    }
    for (const TestOutcome& outcome : run_tests(realm->file, *realm->policy)) {
        print_outcome(outcome, totals, to);
        if (!outcome.passed) totals.code = std::max(totals.code, exit_code::no);
    }
}

}  // namespace

int test(std::span<const std::string> files, const Output& to) {
    Totals totals;
    for (const std::string& path : files) test_file(path, totals, to);
    if (to.json) {
        print_json(to.out, {{"passed", totals.passed},
                            {"failed", totals.failed},
                            {"tests", std::move(totals.tests)},
                            {"errors", std::move(totals.errors)}});
    } else {
        to.out << totals.passed << " passed, " << totals.failed << " failed\n";
    }
    return totals.code;
}

}  // namespace sallyport::policy
