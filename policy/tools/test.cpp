#include "policy/tools/test.h"

#include <algorithm>
#include <ostream>

#include "policy/inline_test.h"
#include "policy/load.h"
#include "policy/tools/exit_code.h"

namespace sallyport::policy {
namespace {

struct Counts {
    std::size_t passed = 0;
    std::size_t failed = 0;
};

void print_outcome(const TestOutcome& outcome, std::ostream& out) {
    const TestText& test = *outcome.test;
    out << (outcome.passed ? "pass " : "FAIL ") << to_string(test.place) << " " << describe(test)
        << ": ";
    if (!outcome.passed) out << "expected " << outcome.wanted << ", got ";
    out << outcome.got << '\n';
}

int test_file(const std::string& path, Counts& counts, std::ostream& out, std::ostream& err) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = false;
    options.run_tests = false;
    const auto realm = load_realm(path, options);
    if (!realm) {
        for (const Diagnostic& diagnostic : realm.error()) err << to_string(diagnostic) << '\n';
        return exit_code::broken;
    }
    int code = exit_code::fine;
    for (const TestOutcome& outcome : run_tests(realm->file, *realm->policy)) {
        print_outcome(outcome, out);
        ++(outcome.passed ? counts.passed : counts.failed);
        if (!outcome.passed) code = exit_code::no;
    }
    return code;
}

}  // namespace

int test(std::span<const std::string> files, std::ostream& out, std::ostream& err) {
    Counts counts;
    int code = exit_code::fine;
    for (const std::string& path : files) code = std::max(code, test_file(path, counts, out, err));
    out << counts.passed << " passed, " << counts.failed << " failed\n";
    return code;
}

}  // namespace sallyport::policy
