#include "policy/tools/check.h"

#include <algorithm>
#include <ostream>

#include "policy/load.h"
#include "policy/tools/exit_code.h"

namespace sallyport::policy {
namespace {

std::string counted(std::size_t number, const std::string& singular, const std::string& plural) {
    return std::to_string(number) + " " + (number == 1 ? singular : plural);
}

void print_sound(const std::string& path, const LoadedRealm& realm, std::ostream& out) {
    const auto rules = realm.policy->rules();
    const auto allows = static_cast<std::size_t>(
        std::count_if(rules.begin(), rules.end(), [](const RuleInfo& rule) { return rule.allow; }));
    out << path << ": fine: realm " << realm.policy->realm() << ", "
        << counted(realm.policy->routes().size(), "route", "routes") << ", "
        << counted(allows, "allow", "allows") << ", "
        << counted(rules.size() - allows, "forbid", "forbids") << ", "
        << counted(realm.principals, "principal", "principals") << ", "
        << counted(realm.tests, "test passed", "tests passed") << '\n';
    if (!realm.authenticator->admits_anybody()) {
        out << path
            << ": note: nobody can join: there is neither anonymous nor a principal in [auth]\n";
    }
}

}  // namespace

int check(std::span<const std::string> files, std::ostream& out, std::ostream& err) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    int code = exit_code::fine;
    for (const std::string& path : files) {
        const auto realm = load_realm(path, options);
        if (realm) {
            print_sound(path, *realm, out);
            continue;
        }
        code = exit_code::broken;
        for (const Diagnostic& diagnostic : realm.error()) err << to_string(diagnostic) << '\n';
    }
    return code;
}

}  // namespace sallyport::policy
