// Any text as a policy file and as a principals file: read, compiled, tested and asked. What loads
// must hold what the engine promises; what does not must say where and why.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/auth/authenticator.h"
#include "policy/auth/principals.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "policy/file/inline_test.h"
#include "tests/fuzz/explained.h"
#include "wamp/base/check.h"

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

// Some files can be included, some are broken, and some cannot be read.
wamp::Result<std::string, Diagnostic> read_include(const std::string& path) {
    if (path.ends_with("gone")) return Diagnostic{{path, 0, 0}, "cannot be read", "write it"};
    if (path.ends_with("cut")) return std::string("[[allow");
    return "[variables]\nfrom-" + std::to_string(path.size()) + " = \"x\"\n";
}

bool allows(const RealmPolicy& policy, RoleIndex role, Action action, std::string_view uri,
            MatchPolicy match) {
    return std::holds_alternative<Permit>(policy.decide({role}, {action, uri, match}));
}

// Each pattern of the file is asked for by each role: what a prefix allows, all below it must be
// allowed.
void ask(const PolicyFile& file, const RealmPolicy& policy) {
    for (const RuleText& rule : file.rules) {
        for (const PatternText& uri : rule.uris) {
            for (const std::string& name : rule.roles) {
                const RoleIndex role = policy.role(name);
                for (const Action action :
                     {Action::call, Action::register_, Action::subscribe, Action::publish}) {
                    const bool prefix = allows(policy, role, action, uri.text, MatchPolicy::prefix);
                    const std::string below = uri.text + (uri.text.ends_with('.') ? "x" : ".x");
                    if (prefix && wamp::is_valid_uri(below)) {
                        SALLYPORT_CHECK(allows(policy, role, action, below, MatchPolicy::exact));
                    }
                    static_cast<void>(
                        allows(policy, role, action, uri.text, MatchPolicy::wildcard));
                    static_cast<void>(
                        allows(policy, role, action, "." + uri.text, MatchPolicy::wildcard));
                    if (!rule.allow && rule.actions.has(action)) {
                        SALLYPORT_CHECK(!allows(policy, role, action, uri.text, rule.match));
                        SALLYPORT_CHECK(!allows(policy, role, action, "", MatchPolicy::prefix));
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace sallyport::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::policy;
    const std::string text(bytes, bytes + size);
    Diagnostics diagnostics;
    const auto principals = parse_principals(text, "f", diagnostics);
    sallyport::fuzz::hold_explained(diagnostics);
    static_cast<void>(Authenticator::make({}, principals));

    diagnostics.clear();
    const PolicyFile file = parse_policy(text, "f", diagnostics, read_include);
    sallyport::fuzz::hold_explained(diagnostics);
    const bool sound = diagnostics.empty();
    const auto policy = Compiler::compile(file, {false, {}, true}, "");
    if (!policy) {
        sallyport::fuzz::hold_explained(policy.error());
        return 0;
    }
    if (!sound) return 0;
    sallyport::fuzz::hold_explained(failed_tests(file, **policy));
    ask(file, **policy);
    return 0;
}
