#include "policy/tools/check.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "policy/file/load.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

struct Counts {
    std::size_t routes, allows, forbids, principals, tests;
};

Counts count(const LoadedRealm& realm) {
    const auto rules = realm.policy->rules();
    const auto allows = static_cast<std::size_t>(
        std::count_if(rules.begin(), rules.end(), [](const RuleInfo& rule) { return rule.allow; }));
    return {realm.policy->routes().size(), allows, rules.size() - allows, realm.principals,
            realm.tests};
}

std::string actions_of(const RuleText& rule) {
    std::vector<std::string> actions;
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        if (rule.actions.has(action)) actions.emplace_back(to_string(action));
    }
    return listed(actions);
}

/// What a rule for everything does, as its one line in the file is easily overlooked.
std::string describe_everything(const RuleText& rule) {
    const bool procedures = rule.actions.has(Action::call) || rule.actions.has(Action::register_);
    const bool topics = rule.actions.has(Action::subscribe) || rule.actions.has(Action::publish);
    const bool all_roles = std::find(rule.roles.begin(), rule.roles.end(), "*") != rule.roles.end();
    return (rule.shadow ? "shadow rule " : "rule ") + rule.id +
           (rule.allow ? " allows every " : " forbids every ") +
           (!topics       ? "procedure"
            : !procedures ? "topic"
                          : "procedure and topic") +
           " (" + actions_of(rule) + ") to " +
           (all_roles ? "all roles"
                      : (rule.roles.size() == 1 ? "role " : "roles ") + listed(rule.roles)) +
           (rule.where.empty() ? "" : ", if its conditions hold");
}

}  // namespace

void print_sound(const std::string& path, const LoadedRealm& realm, std::ostream& out) {
    const Counts counts = count(realm);
    out << path << ": ok: realm " << realm.policy->realm() << ", "
        << counted(counts.routes, "route", "routes") << ", "
        << counted(counts.allows, "allow", "allows") << ", "
        << counted(counts.forbids, "forbid", "forbids") << ", "
        << counted(counts.principals, "principal", "principals") << ", "
        << counted(counts.tests, "test passed", "tests passed") << '\n';
    if (!realm.terms->admits_anybody()) {
        out << path
            << ": note: nobody can join: there is neither anonymous nor a principal in [auth]\n";
    }
    for (const RuleText& rule : realm.file.rules) {
        if (covers_everything(rule))
            out << to_string(rule.place) << ": note: " << describe_everything(rule) << '\n';
    }
}

Json sound_json(const std::string& path, const LoadedRealm& realm) {
    const Counts counts = count(realm);
    Json everything = Json::array();
    for (const RuleText& rule : realm.file.rules) {
        if (!covers_everything(rule)) continue;
        Json object = to_json(rule.place);
        object["id"] = rule.id;
        object["note"] = describe_everything(rule);
        everything.push_back(std::move(object));
    }
    return {{"file", path},
            {"sound", true},
            {"realm", realm.policy->realm()},
            {"routes", counts.routes},
            {"allows", counts.allows},
            {"forbids", counts.forbids},
            {"principals", counts.principals},
            {"tests", counts.tests},
            {"somebody_can_join", realm.terms->admits_anybody()},
            {"rules_for_everything", std::move(everything)},
            {"hash", realm.policy->hash()}};
}

int check(std::span<const std::string> files, const Output& to) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    int code = exit_code::fine;
    Json reports = Json::array();
    for (const std::string& path : files) {
        const auto realm = load_realm(path, options);
        if (!realm) code = exit_code::broken;
        if (to.json) {
            reports.push_back(
                realm ? sound_json(path, *realm)
                      : Json{{"file", path}, {"sound", false}, {"errors", to_json(realm.error())}});
        } else if (realm) {
            print_sound(path, *realm, to.out);
        } else {
            print_errors(realm.error(), to);
        }
    }
    if (to.json) print_json(to.out, {{"files", std::move(reports)}});
    return code;
}

}  // namespace sallyport::policy
