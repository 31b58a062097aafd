#include "policy/tools/import/import.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <tuple>
#include <utility>

#include "policy/auth/credentials.h"
#include "policy/document/names.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "policy/file/load.h"
#include "policy/tools/edit/toml_text.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/import/crossbar_reader.h"
#include "policy/tools/import/import_auth.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

using Kind = ImportNote::Kind;
using wamp::MatchPolicy;

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};
constexpr std::size_t notes_in_file_max = 50;

bool allows(const CrossbarPermission& permission, Action action) {
    return permission.allow[static_cast<std::size_t>(action)];
}

std::string list_of(const std::vector<Action>& some) {
    std::string text;
    for (const Action action : some)
        text += (text.empty() ? "" : ", ") + std::string(to_string(action));
    return text;
}

// Makes a valid id or role; the number keeps ids unique.
std::string name_for(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '@';
        name += good ? c : '-';
    }
    return name.substr(0, 48);
}

/// A rule made from a permission.
struct MadeRule {
    std::string path;  ///< of the permission
    std::string id;
    bool allow = true;
    std::string role;
    std::vector<Action> actions;
    MatchPolicy match = MatchPolicy::exact;
    std::string uri;
    std::vector<std::string_view> grants;

    std::string text() const {
        std::string out = allow ? "[[allow]]\n" : "[[forbid]]\n";
        out += "id = " + toml_text(id) + "\nroles = [" + toml_text(role) + "]\nactions = [";
        for (const Action action : actions)
            out +=
                (action == actions.front() ? "" : ", ") + toml_text(std::string(to_string(action)));
        out += "]\n";
        if (match != MatchPolicy::exact)
            out += "match = " + toml_text(std::string(wamp::to_string(match))) + "\n";
        out += "uri = " + toml_text(uri) + "\n";
        if (!grants.empty()) {
            out += "grants = [";
            for (const std::string_view grant : grants)
                out += (grant == grants.front() ? "" : ", ") + toml_text(grant);
            out += "]\n";
        }
        return out;
    }
};

/// The patterns that cover the URIs of a permission.
struct Area {
    MatchPolicy match;
    std::string uri;
};

std::vector<Area> areas_of(const CrossbarPermission& permission, const ImportOptions& options) {
    const std::string& uri = permission.uri;
    switch (permission.match) {
        case MatchPolicy::exact:
            return {{MatchPolicy::exact, uri}};
        case MatchPolicy::wildcard:
            if (uri.find("..") == std::string::npos) return {};  // Crossbar never finds it
            return {{MatchPolicy::wildcard, uri}};
        case MatchPolicy::prefix:
            break;
    }
    if (uri.empty()) {
        std::vector<Area> all;
        all.reserve(options.everything.size());
        for (const std::string& prefix : options.everything)
            all.push_back({MatchPolicy::prefix, prefix});
        return all;
    }
    if (uri.ends_with('.')) return {{MatchPolicy::prefix, uri}};
    return {{MatchPolicy::exact, uri}, {MatchPolicy::prefix, uri + "."}};
}

/// Creates the files of one realm.
class RealmImport {
public:
    RealmImport(const CrossbarConfig& config, const CrossbarRealm& realm,
                const ImportOptions& options, wamp::Random& random, Imported& out)
        : config_(config), realm_(realm), options_(options), random_(random), out_(out) {}

    void run();

private:
    void note(Kind kind, const std::string& path, const std::string& role, std::string text) {
        notes_.push_back({kind, path, realm_.name, role, "", "", {}, std::move(text)});
    }
    void make_role(const CrossbarRole& role);
    void make_rules(const CrossbarRole& role, const CrossbarPermission& permission);
    void add(MadeRule rule);
    void index(const CrossbarRole& role);
    bool allowed_above(const CrossbarPermission& permission, Action action) const;
    bool allowed_below(const std::string& beginning, Action action) const;
    std::vector<Action> forbidden(const CrossbarPermission& permission) const;
    std::vector<Action> hidden(const CrossbarPermission& permission) const;
    void compare(const RealmPolicy& policy);
    void compare_at(const RealmPolicy& policy, const CrossbarRole& role, const std::string& uri);
    std::string tests(const RealmPolicy& policy) const;
    std::shared_ptr<const RealmPolicy> compiled(const std::string& text) const;
    std::string head() const;
    bool is_taken(const std::string& name) const;

    const CrossbarConfig& config_;
    const CrossbarRealm& realm_;
    const ImportOptions& options_;
    wamp::Random& random_;
    Imported& out_;
    std::map<std::string_view, const CrossbarPermission*> keys_;  ///< of the current role
    std::vector<const CrossbarPermission*> wildcards_;
    std::vector<MadeRule> rules_;
    std::set<std::tuple<std::string, MatchPolicy, std::string, bool>> made_;
    std::vector<ImportNote> notes_;
    std::map<std::tuple<Kind, std::string, std::string>, std::size_t> compared_;
    std::size_t number_ = 0;
};

// Compiling the rule alone shows whether the policy language can express it.
void RealmImport::add(MadeRule rule) {
    const bool reserved = wamp::is_reserved(rule.uri);
    if (reserved && rule.allow) {
        std::erase_if(rule.actions, [](Action action) {
            return action == Action::publish || action == Action::register_;
        });
        for (const std::string_view grant : {"meta", "testaments", "history"})
            rule.grants.push_back(grant);
    }
    if (rule.actions.empty() || !made_.insert({rule.role, rule.match, rule.uri, rule.allow}).second)
        return;
    rule.id = name_for(rule.role) + "-" + std::to_string(++number_);
    Diagnostics diagnostics;
    parse_policy("realm = \"r\"\n" + rule.text(), realm_.name, diagnostics);
    if (!diagnostics.empty()) {
        note(Kind::other, rule.path, rule.role,
             "the permission " + policy::quoted(rule.uri) + " of role " + rule.role +
                 " is not imported: " + diagnostics.front().text);
        return;
    }
    rules_.push_back(std::move(rule));
}

void RealmImport::index(const CrossbarRole& role) {
    keys_.clear();
    wildcards_.clear();
    for (const CrossbarPermission& permission : role.permissions) {
        if (permission.match == MatchPolicy::wildcard) {
            wildcards_.push_back(&permission);
        } else {
            keys_[permission.uri] = &permission;
        }
    }
}

// Whether a wider prefix allows it.
bool RealmImport::allowed_above(const CrossbarPermission& permission, Action action) const {
    const std::string_view uri = permission.uri;
    for (std::size_t bytes = 0; bytes < uri.size(); ++bytes) {
        const auto found = keys_.find(uri.substr(0, bytes));
        if (found != keys_.end() && found->second->match == MatchPolicy::prefix &&
            allows(*found->second, action))
            return true;
    }
    return false;
}

// Whether a permission below that prefix allows it.
bool RealmImport::allowed_below(const std::string& beginning, Action action) const {
    for (auto at = keys_.lower_bound(beginning);
         at != keys_.end() && at->first.starts_with(beginning); ++at) {
        if (allows(*at->second, action)) return true;
    }
    return false;
}

// The actions that it denies although something wider allows them.
std::vector<Action> RealmImport::forbidden(const CrossbarPermission& permission) const {
    std::vector<Action> found;
    const bool wild = permission.match == MatchPolicy::wildcard;
    const std::string beginning = permission.uri.substr(0, permission.uri.find(".."));
    for (const Action action : actions) {
        if (allows(permission, action)) continue;
        const auto reaches = [&](const CrossbarPermission* other) {
            if (other == &permission || !allows(*other, action)) return false;
            return wild || (permission.match == MatchPolicy::exact &&
                            wamp::matches(other->uri, other->match, permission.uri));
        };
        if (allowed_above(permission, action) || (wild && allowed_below(beginning, action)) ||
            std::any_of(wildcards_.begin(), wildcards_.end(), reaches))
            found.push_back(action);
    }
    return found;
}

// The actions that something wider allows below an exact permission, which hides it there.
std::vector<Action> RealmImport::hidden(const CrossbarPermission& permission) const {
    std::vector<Action> found;
    if (permission.match != MatchPolicy::exact) return found;
    for (const Action action : actions) {
        if (allowed_above(permission, action) && !allowed_below(permission.uri + ".", action))
            found.push_back(action);
    }
    return found;
}

void RealmImport::make_rules(const CrossbarRole& role, const CrossbarPermission& permission) {
    MadeRule allow;
    allow.path = permission.path;
    allow.role = role.name;
    for (const Action action : actions) {
        if (allows(permission, action)) allow.actions.push_back(action);
    }
    const bool discloses = (permission.disclose_caller && allows(permission, Action::call)) ||
                           (permission.disclose_publisher && allows(permission, Action::publish));
    if (discloses) allow.grants.push_back("disclose_me");
    MadeRule forbid;
    forbid.path = permission.path;
    forbid.allow = false;
    forbid.role = role.name;
    forbid.actions = forbidden(permission);
    for (const Area& area : areas_of(permission, options_)) {
        for (const MadeRule& one : {allow, forbid}) {
            if (one.actions.empty()) continue;
            MadeRule made = one;
            made.match = area.match;
            made.uri = area.uri;
            add(std::move(made));
        }
    }
    MadeRule below = forbid;
    below.actions = hidden(permission);
    below.match = MatchPolicy::prefix;
    below.uri = permission.uri + ".";
    if (!below.actions.empty()) add(std::move(below));
    if (discloses) {
        note(Kind::other, permission.path, role.name,
             "permission " + policy::quoted(permission.uri) + " of role " + role.name +
                 ": Crossbar always discloses its callers or publishers; here they are disclosed "
                 "only if they ask for it (disclose_me)");
    }
    if (permission.validates) {
        note(Kind::other, permission.path, role.name,
             "permission " + policy::quoted(permission.uri) + " of role " + role.name +
                 ": \"validate\" is not imported (write conditions: where = [ … ])");
    }
    if (permission.uri.empty() && permission.match == MatchPolicy::prefix &&
        options_.everything.empty() && !allow.actions.empty()) {
        note(Kind::narrower, permission.path, role.name,
             "role " + role.name + " was allowed to " + list_of(allow.actions) +
                 " every URI, which is not imported: name the prefixes (import --everything "
                 "com.example.), or write a rule with match = \"prefix\" and uri = \"\"");
    }
}

void RealmImport::make_role(const CrossbarRole& role) {
    if (role.dynamic) {
        note(Kind::narrower, role.path, role.name,
             "role " + role.name +
                 " is authorized by a procedure: it has no rules here, and is allowed nothing "
                 "(write "
                 "the rules that the procedure applies)");
        return;
    }
    if (!is_valid_name(role.name) || role.name == gateway_role) {
        note(Kind::narrower, role.path, role.name,
             "role " + policy::quoted(role.name) +
                 " cannot be a role here, and is not imported (give it another name)");
        return;
    }
    index(role);
    for (const CrossbarPermission& permission : role.permissions) make_rules(role, permission);
}

// One message for each permission of Crossbar, role and action.
void RealmImport::compare_at(const RealmPolicy& policy, const CrossbarRole& role,
                             const std::string& uri) {
    if (!wamp::is_valid_uri(uri)) return;
    const CrossbarPermission* decider = role.decider(uri);
    for (const Action action : actions) {
        const bool was = decider != nullptr && allows(*decider, action);
        const bool is = std::holds_alternative<Permit>(
            policy.decide({policy.role(role.name), "somebody", role.name}, {action, uri}));
        // Neither allows it.
        const bool publishes = action == Action::publish || action == Action::register_;
        if (was == is || (wamp::is_reserved(uri) && publishes)) continue;
        const std::string permission = decider == nullptr ? "" : decider->uri;
        const Kind kind = was ? Kind::narrower : Kind::wider;
        const auto [place, fresh] =
            compared_.try_emplace({kind, role.name, permission}, notes_.size());
        if (fresh) {
            notes_.push_back({kind,
                              decider == nullptr ? role.path : decider->path,
                              realm_.name,
                              role.name,
                              permission,
                              uri,
                              {},
                              ""});
        }
        ImportNote& note = notes_[place->second];
        if (std::find(note.actions.begin(), note.actions.end(), action) == note.actions.end())
            note.actions.push_back(action);
    }
}

void RealmImport::compare(const RealmPolicy& policy) {
    for (const CrossbarRole& role : realm_.roles) {
        if (role.dynamic || !is_valid_name(role.name) || role.name == gateway_role) continue;
        for (const CrossbarPermission& permission : role.permissions) {
            std::string uri = permission.uri;
            if (permission.match == MatchPolicy::wildcard) {
                for (auto gap = uri.find(".."); gap != std::string::npos; gap = uri.find(".."))
                    uri.insert(gap + 1, "x");
                if (uri.ends_with('.')) uri += "x";
                if (uri.starts_with('.')) uri.insert(0, "x");
            }
            const std::string dot = uri.ends_with('.') || uri.empty() ? "" : ".";
            for (const std::string& tail :
                 {std::string(), std::string("x"), dot + "x", dot + "x.y", dot + "x.y.z"})
                compare_at(policy, role, uri + tail);
        }
    }
    for (ImportNote& note : notes_) {
        if (note.uri.empty()) continue;
        const bool narrower = note.kind == Kind::narrower;
        note.text = "role " + note.role + ", " + list_of(note.actions) + " " +
                    policy::quoted(note.uri) + ": Crossbar " +
                    (narrower ? "allows it" : "denies it") +
                    (note.permission.empty() ? "" : " (" + policy::quoted(note.permission) + ")") +
                    ", here it is " + (narrower ? "denied" : "allowed");
    }
}

std::shared_ptr<const RealmPolicy> RealmImport::compiled(const std::string& text) const {
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy(text, realm_.name, diagnostics);
    const auto policy = Compiler::compile(file, {true, {}, true}, "");
    return policy && diagnostics.empty() ? *policy : nullptr;
}

// One test for each rule, with a URI where it decides.
std::string RealmImport::tests(const RealmPolicy& policy) const {
    std::string text;
    for (const MadeRule& rule : rules_) {
        std::string uri = rule.uri;
        for (auto gap = uri.find(".."); gap != std::string::npos; gap = uri.find(".."))
            uri.insert(gap + 1, "x");
        if (uri.ends_with('.')) uri += "x";
        if (uri.starts_with('.')) uri.insert(0, "x");
        if (!wamp::is_valid_uri(uri)) continue;
        const Action action = rule.actions.front();
        const Decision decision =
            policy.decide({policy.role(rule.role), "somebody", rule.role}, {action, uri});
        const auto* permit = std::get_if<Permit>(&decision);
        const auto* denial = std::get_if<Denial>(&decision);
        const bool decides = permit != nullptr ? policy.rule(permit->rule()).id == rule.id
                                               : denial->reason == Denial::Reason::forbidden &&
                                                     policy.rule(denial->rule).id == rule.id;
        if (!decides) continue;
        text += "\n[[test]]\nas = { authid = \"somebody\", role = " + toml_text(rule.role) +
                " }\n" + std::string(to_string(action)) + " = " + toml_text(uri) +
                "\nexpect = " + toml_text((rule.allow ? "allow " : "forbid ") + rule.id) + "\n";
    }
    return text;
}

std::string RealmImport::head() const {
    std::string text =
        "# Imported from a Crossbar configuration, realm " + policy::quoted(realm_.name) + ".\n";
    text +=
        "# Subscriptions and registrations of patterns are allowed here only if everything that "
        "they match is allowed.\n";
    if (!notes_.empty()) text += "#\n# Differences:\n";
    for (std::size_t i = 0; i < std::min(notes_.size(), notes_in_file_max); ++i) {
        std::string line = notes_[i].text;
        std::replace(line.begin(), line.end(), '\n', ' ');
        text += "# - " + line + "\n";
    }
    if (notes_.size() > notes_in_file_max)
        text += "# - … and " + std::to_string(notes_.size() - notes_in_file_max) + " more\n";
    return text;
}

bool RealmImport::is_taken(const std::string& name) const {
    return std::any_of(out_.files.begin(), out_.files.end(),
                       [&name](const ImportedFile& file) { return file.name == name; });
}

void RealmImport::run() {
    if (!wamp::is_valid_uri(realm_.name)) {
        note(Kind::narrower, realm_.path, "",
             "realm " + policy::quoted(realm_.name) +
                 " is not a valid URI: not imported (give it another name)");
        out_.notes.insert(out_.notes.end(), notes_.begin(), notes_.end());
        return;
    }
    for (const CrossbarRole& role : realm_.roles) make_role(role);
    const std::string name = name_for(realm_.name);
    const ImportedAuth auth = import_auth(config_, realm_, name + ".principals.toml",
                                          options_.all_transports, random_, notes_);
    std::string body = "realm = " + toml_text(realm_.name) + "\n" + auth.section +
                       "\n[[route]]\nid = \"all\"\nmatch = \"prefix\"\nuri = \"\"\nto = " +
                       toml_text(options_.backend) + "\n";
    for (const MadeRule& rule : rules_) body += "\n" + rule.text();
    const auto policy = compiled(body);
    if (policy == nullptr) {
        note(Kind::narrower, realm_.path, "",
             "realm " + policy::quoted(realm_.name) + " could not be imported (write its policy)");
    } else if (is_taken(name + ".toml")) {
        note(Kind::narrower, realm_.path, "",
             "realm " + policy::quoted(realm_.name) +
                 " would be written to the same file as another"
                 ": not imported (import it on its own)");
    } else {
        compare(*policy);
        body += tests(*policy);
        out_.files.push_back({name + ".toml", head() + "\n" + body, false});
        if (!auth.principals.empty())
            out_.files.push_back({name + ".principals.toml", auth.principals, true});
    }
    out_.notes.insert(out_.notes.end(), notes_.begin(), notes_.end());
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::narrower:
            return "narrower";
        case Kind::wider:
            return "wider";
        case Kind::other:
            return "other";
    }
    return "";
}

Json json_of(const ImportNote& note) {
    Json names = Json::array();
    for (const Action action : note.actions) names.push_back(to_string(action));
    return {{"kind", name_of(note.kind)},    {"path", note.path},
            {"realm", note.realm},           {"role", note.role},
            {"permission", note.permission}, {"uri", note.uri},
            {"actions", std::move(names)},   {"text", note.text}};
}

}  // namespace

Imported import_crossbar(const CrossbarConfig& config, const ImportOptions& options,
                         wamp::Random& random) {
    Imported out;
    for (const CrossbarRealm& realm : config.realms)
        RealmImport(config, realm, options, random, out).run();
    note_strangers(config, out.notes);
    for (const CrossbarRest& rest : config.rest) {
        out.notes.push_back({rest.narrower ? Kind::narrower : Kind::other,
                             rest.path,
                             "",
                             "",
                             "",
                             "",
                             {},
                             rest.text});
    }
    return out;
}

int import_file(const ImportRequest& request, wamp::Random& random,
                std::vector<ImportedFile>& files, const Output& to) {
    const auto text = read_file(request.file, false);
    if (!text) return print_errors({text.error()}, to);
    const auto config = read_crossbar(*text, request.file);
    if (!config) return print_errors({config.error()}, to);
    Imported imported = import_crossbar(*config, request.options, random);
    if (to.json) {
        Json notes = Json::array();
        for (const ImportNote& note : imported.notes) notes.push_back(json_of(note));
        Json made = Json::array();
        for (const ImportedFile& file : imported.files) {
            Json one{{"name", file.name}};
            if (request.print && !file.secret) one["text"] = file.text;
            made.push_back(std::move(one));
        }
        print_json(to.out, {{"files", std::move(made)}, {"differences", std::move(notes)}});
    } else {
        for (const ImportNote& note : imported.notes)
            to.err << name_of(note.kind) << ": " << request.file << ": " << note.path
                   << (note.path.empty() ? "" : ": ")
                   << (note.realm.empty() ? "" : "realm " + note.realm + ": ") << note.text << '\n';
        for (const ImportedFile& file : imported.files) {
            if (!request.print) {
                to.out << file.name << '\n';
            } else if (!file.secret) {
                to.out << file.text;
            }
        }
    }
    const bool same = imported.notes.empty();
    if (!request.print) files = std::move(imported.files);
    return same ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
