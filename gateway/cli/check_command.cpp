#include "gateway/cli/check_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "gateway/cli/second_doors.h"
#include "gateway/config/load_config.h"
#include "gateway/host/start_error.h"
#include "policy/auth/principals.h"
#include "policy/document/document.h"
#include "policy/document/nearest.h"
#include "policy/tools/analysis/describe.h"
#include "policy/tools/analysis/two_doors.h"
#include "policy/tools/check.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;
namespace exit_code = policy::exit_code;
using policy::Action;
using policy::Json;

/// One thing that the check has found in files that are valid.
struct Finding {
    policy::Place place;
    bool warning = false;  ///< something is to be done; otherwise a note
    std::string text;
};
using Findings = std::vector<Finding>;

/// A policy with the configuration that names it.
struct Checked {
    const policy::LoadedRealm& realm;
    std::string principals;  ///< path of its principals file, or ""
};

std::string path_of_principals(const policy::LoadedRealm& realm) {
    const std::string& named = realm.file.auth.principals;
    if (named.empty()) return "";
    return (fs::path(realm.file.file).parent_path() / named).lexically_normal().string();
}

std::string may_do(Action action) {
    switch (action) {
        case Action::call:
            return "call";
        case Action::register_:
            return "register";
        case Action::subscribe:
            return "subscribe to";
        case Action::publish:
            return "publish to";
    }
    return "";
}

std::string whose(const policy::LostPassage& lost) {
    if (lost.roles.empty()) return "all roles";
    return (lost.roles.size() == 1 ? "role " : "roles ") + policy::listed(lost.roles) +
           (lost.others ? " and all others" : "");
}

Finding finding_of(const policy::LostPassage& lost) {
    std::string text = "the inside " + policy::quoted(lost.backends) + " refuses " +
                       (lost.wholly ? "everything that rule " : "some of what rule ") +
                       lost.rule.id + " lets " + whose(lost) + " " + may_do(lost.action) +
                       ", for example " + policy::quoted(lost.uri);
    if (lost.uri_inside != lost.uri) text += " (there " + policy::quoted(lost.uri_inside) + ")";
    text +=
        " as " + lost.authid + ":" + lost.role + policy::describe(lost.arguments) + ": " + lost.why;
    return {lost.rule.place, lost.wholly, text};
}

void check_doors(const LoadedGateway& gateway, const SecondDoors& second, Findings& found) {
    const auto doors = second.doors();
    for (const policy::LoadedRealm& realm : gateway.realms) {
        for (const auto& lost : policy::lost_passages({realm.file, *realm.policy}, doors))
            found.push_back(finding_of(lost));
    }
    for (const SecondDoors::Unknown& unknown : second.unknown()) {
        found.push_back(
            {unknown.place, false,
             unknown.sallyport
                 ? "what the inside behind " + policy::quoted(unknown.backend) +
                       " lets through is not known here (copy its files, and add --inside " +
                       unknown.backend + "=inside.toml)"
                 : "what the router behind " + policy::quoted(unknown.backend) +
                       " lets through is not known here, as its configuration is its own"});
    }
}

/// The roles that the rules of a policy name, without "*".
std::vector<std::string_view> roles_of(const policy::PolicyFile& file) {
    std::set<std::string_view> roles;
    for (const auto& rule : file.rules) roles.insert(rule.roles.begin(), rule.roles.end());
    roles.erase("*");
    return {roles.begin(), roles.end()};
}

bool has_rules_for_all(const policy::PolicyFile& file) {
    return std::any_of(file.rules.begin(), file.rules.end(), [](const policy::RuleText& rule) {
        return rule.allow &&
               std::find(rule.roles.begin(), rule.roles.end(), "*") != rule.roles.end();
    });
}

/// Adds a finding if no rule names the role of `who`. Rules for all roles make it less grave.
void check_role(const policy::PolicyFile& file, const std::string& role, const std::string& who,
                const policy::Place& place, Findings& found) {
    const auto roles = roles_of(file);
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) return;
    const std::string_view similar = policy::nearest(role, roles);
    found.push_back(
        {place, !has_rules_for_all(file) || !similar.empty(),
         "role " + policy::quoted(role) + " of " + who + " is named by no rule of " + file.file +
             (similar.empty() ? "" : " (did you mean " + policy::quoted(similar) + "?)")});
}

/// The roles of everybody who may join under that policy.
void check_principals(const Checked& checked, Findings& found) {
    const policy::PolicyFile& file = checked.realm.file;
    if (!file.auth.anonymous_role.empty()) {
        check_role(file, file.auth.anonymous_role, "anonymous sessions", {file.file, 0, 0}, found);
    }
    if (checked.principals.empty()) return;
    const auto text = policy::read_file(checked.principals, true);
    if (!text) {
        found.push_back(
            {text.error().place, false, "the principals were not checked: " + text.error().text});
        return;
    }
    policy::Diagnostics wrong;
    const auto principals = policy::parse_principals(*text, checked.principals, wrong);
    if (!wrong.empty()) throw StartError(wrong);
    for (const policy::Credentials& principal : principals.list) {
        check_role(file, principal.role, "principal " + policy::quoted(principal.authid),
                   principal.place, found);
    }
}

/// Whether a file has [[principal]]s; false if it cannot be read.
bool lists_principals(const std::string& path) {
    const auto text = policy::read_file(path, false);
    if (!text) return false;
    const auto document = policy::parse_document(*text, path);
    return document && document->find("principal") != nullptr;
}

/// Principals files beside the files of this gateway that no policy names.
void check_unnamed(const std::string& config, const std::vector<Checked>& all, Findings& found) {
    const auto folder_of = [](const std::string& path) {
        const fs::path folder = fs::path(path).parent_path();
        return folder.empty() ? fs::path(".") : folder;
    };
    std::set<fs::path> folders{folder_of(config)};
    std::set<std::string> named;
    for (const Checked& checked : all) {
        folders.insert(folder_of(checked.realm.file.file));
        if (checked.principals.empty()) continue;
        folders.insert(folder_of(checked.principals));
        named.insert(fs::weakly_canonical(checked.principals).string());
    }
    std::set<std::string> unnamed;
    std::error_code unreadable;
    for (const fs::path& folder : folders) {
        for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
            const std::string path = fs::weakly_canonical(entry.path()).string();
            if (entry.path().extension() != ".toml" || named.contains(path)) continue;
            if (lists_principals(entry.path().string())) unnamed.insert(entry.path().string());
        }
    }
    for (const std::string& path : unnamed) {
        found.push_back({{path, 0, 0},
                         true,
                         "has principals, but no policy names it, so nobody in it can log in (name "
                         "it in [auth] as principals, or remove it)"});
    }
}

Json json_of(const Findings& found) {
    Json list = Json::array();
    for (const Finding& one : found) {
        Json object = policy::to_json(one.place);
        object["warning"] = one.warning;
        object["text"] = one.text;
        list.push_back(std::move(object));
    }
    return list;
}

}  // namespace

int check_all(const std::string& config, const std::vector<std::string>& insides,
              const policy::Output& to) {
    const LoadedGateway gateway = load_gateway(config);
    const SecondDoors second(gateway.config, insides, true);
    std::vector<Checked> all;
    all.reserve(gateway.realms.size());
    for (const auto& realm : gateway.realms) all.push_back({realm, path_of_principals(realm)});
    for (const auto& inside : second.insides()) {
        for (const auto& realm : inside.realms) all.push_back({realm, path_of_principals(realm)});
    }
    Findings found;
    check_doors(gateway, second, found);
    for (const Checked& checked : all) check_principals(checked, found);
    check_unnamed(config, all, found);
    const auto warnings = static_cast<std::size_t>(
        std::count_if(found.begin(), found.end(), [](const Finding& one) { return one.warning; }));
    if (to.json) {
        Json policies = Json::array();
        for (const Checked& checked : all)
            policies.push_back(policy::sound_json(checked.realm.file.file, checked.realm));
        policy::print_json(to.out, {{"file", config},
                                    {"sound", true},
                                    {"policies", std::move(policies)},
                                    {"findings", json_of(found)},
                                    {"warnings", warnings}});
    } else {
        to.out << config << ": ok: " << policy::counted(gateway.realms.size(), "realm", "realms")
               << ", " << policy::counted(gateway.config.backends.size(), "backend", "backends")
               << '\n';
        for (const Checked& checked : all)
            policy::print_sound(checked.realm.file.file, checked.realm, to.out);
        for (const Finding& one : found) {
            to.out << policy::to_string(one.place) << (one.warning ? ": warning: " : ": note: ")
                   << one.text << '\n';
        }
        to.out << policy::counted(warnings, "warning", "warnings") << '\n';
    }
    return warnings == 0 ? exit_code::fine : exit_code::no;
}

void add_check_command(Command& program) {
    struct Texts {
        std::string config = "gateway.toml";
        std::vector<std::string> insides;
        bool json = false;
    };
    const auto texts = std::make_shared<Texts>();
    Command& check = program.add_command(
        "check", "Check a gateway's configuration, and what of it the insides let through");
    check.add_option("--config", &texts->config, "Configuration file", {.show_default = true});
    check.add_option("--inside", &texts->insides,
                     "BACKEND=INSIDE.TOML: a copy of the configuration of an inside elsewhere",
                     {.one_value_each = true});
    check.add_option("--json", &texts->json, "Print one JSON object on one line");
    check.footer =
        "Examples:\n"
        "  sallyport check --config /etc/sallyport/gateway.toml\n"
        "  sallyport check --config gateway.toml --inside lab=copy/inside.toml\n"
        "Exit codes: 0 nothing to do; 1 a warning; 2 something is invalid.";
    check.action = [texts] {
        return check_all(texts->config, texts->insides, {std::cout, std::cerr, texts->json});
    };
}

}  // namespace sallyport::gateway
