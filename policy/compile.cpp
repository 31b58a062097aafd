#include "policy/compile.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/compiled.h"
#include "policy/nearest.h"

namespace sallyport::policy {
namespace {

using Entries = std::vector<PatternTable::Entry>;

// By text, equal ones by number.
bool before(const PatternTable::Entry& a, const PatternTable::Entry& b) noexcept {
    return a.text != b.text ? a.text < b.text : a.value < b.value;
}

// Leaves the one of the lowest number of those with the same text.
void keep_first(Entries& entries) {
    const auto same = [](const PatternTable::Entry& a, const PatternTable::Entry& b) {
        return a.text == b.text;
    };
    entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
}

template <class Text>
std::vector<const Text*> by_id(const std::vector<Text>& texts) {
    std::vector<const Text*> sorted;
    sorted.reserve(texts.size());
    for (const Text& text : texts) sorted.push_back(&text);
    std::sort(sorted.begin(), sorted.end(),
              [](const Text* a, const Text* b) { return a->id < b->id; });
    return sorted;
}

std::string match_and_text(std::string_view text) {
    const bool prefix = text.empty() || text.back() == '.';
    return (prefix ? "prefix " : "exact ") + quoted(text);
}

}  // namespace

/// What one role may and may not do by one action, before it becomes tables.
struct Compiler::Bucket {
    Entries allows;
    Entries forbids;
};

class Compiler::Build {
public:
    Build(const PolicyFile& file, const CompileOptions& options, std::string_view hash)
        : file_(file),
          options_(options),
          policy_(new RealmPolicy),
          compiled_(std::make_shared<RealmPolicy::Compiled>()) {
        policy_->realm_ = file.realm;
        policy_->hash_ = hash;
    }

    wamp::Result<Policy, Diagnostics> run() {
        routes();
        name_roles();
        rules();
        if (!diagnostics_.empty()) {
            sort(diagnostics_);
            return std::move(diagnostics_);
        }
        policy_->compiled_ = std::move(compiled_);
        return Policy(std::move(policy_));
    }

private:
    void routes();
    void check_backend(const RouteText& route);
    void name_roles();
    void rules();
    void check_limits(const Entries& one, const Entries& other, std::string_view role);
    void ambiguous(const PatternTable::Entry& a, const PatternTable::Entry& b,
                   std::string_view role);
    std::string_view keep(const std::string& text) { return compiled_->texts.emplace_back(text); }

    const PolicyFile& file_;
    const CompileOptions& options_;
    std::shared_ptr<RealmPolicy> policy_;
    std::shared_ptr<RealmPolicy::Compiled> compiled_;
    Diagnostics diagnostics_;
    std::set<std::pair<RuleIndex, RuleIndex>> reported_;
};

void Compiler::Build::check_backend(const RouteText& route) {
    if (options_.any_backend || route.backend.empty()) return;
    std::vector<std::string_view> known(options_.backends.begin(), options_.backends.end());
    if (!options_.routes_required) known.push_back(local_backend);
    if (std::find(known.begin(), known.end(), route.backend) != known.end()) return;
    diagnostics_.push_back(
        {route.backend_place,
         "route " + quoted(route.id) + " leads to an unknown backend " + quoted(route.backend),
         suggestion(route.backend, known, "backends")});
}

void Compiler::Build::routes() {
    struct Pattern {
        PatternTable::Entry entry;
        const PatternText* text;
    };
    std::vector<RouteInfo>& infos = policy_->routes_;
    std::vector<Pattern> patterns;
    for (const RouteText* route : by_id(file_.routes)) {
        check_backend(*route);
        const auto index = static_cast<RouteIndex>(infos.size());
        infos.push_back({route->id, route->backend,
                         route->realm.empty() ? file_.realm : route->realm, route->place});
        compiled_->one_target = compiled_->one_target &&
                                infos.front().backend == infos.back().backend &&
                                infos.front().realm == infos.back().realm;
        for (const PatternText& uri : route->uris)
            patterns.push_back({{keep(uri.text), index}, &uri});
    }
    if (infos.empty() && options_.routes_required) {
        diagnostics_.push_back(
            {{file_.file, 1, 1},
             "no [[route]] says where anything goes",
             "add [[route]] with id = \"all\", match = \"prefix\", uri = \"\", to = \"BACKEND\""});
    }
    if (infos.empty()) {
        const std::string local(local_backend);
        infos.push_back({local, local, file_.realm, {file_.file, 0, 0}});
        patterns.push_back({{std::string_view{}, 0}, nullptr});
    }
    const auto line = [](const Pattern& pattern) {
        return pattern.text == nullptr ? 0 : pattern.text->place.line;
    };
    std::sort(patterns.begin(), patterns.end(), [&line](const Pattern& a, const Pattern& b) {
        return a.entry.text != b.entry.text ? a.entry.text < b.entry.text : line(a) < line(b);
    });
    Entries entries;
    for (const Pattern& pattern : patterns) {
        if (entries.empty() || entries.back().text != pattern.entry.text) {
            entries.push_back(pattern.entry);
            continue;
        }
        const RouteInfo& first = infos[entries.back().value];
        diagnostics_.push_back({pattern.text->place,
                                "routes " + quoted(first.id) + " and " +
                                    quoted(infos[pattern.entry.value].id) + " both lead " +
                                    match_and_text(pattern.entry.text),
                                "remove it here or at line " + std::to_string(first.place.line)});
    }
    compiled_->routes = PatternTable(std::move(entries));
}

void Compiler::Build::name_roles() {
    std::uint32_t count = 1;  // 0 is "*"
    for (const RuleText& rule : file_.rules) {
        for (const std::string& role : rule.roles) {
            if (role != "*" && policy_->role_names_.try_emplace(role, RoleIndex{count}).second)
                ++count;
        }
    }
    compiled_->roles.resize(count);
}

void Compiler::Build::rules() {
    constexpr std::array actions{Action::call, Action::register_, Action::subscribe,
                                 Action::publish};
    std::vector<std::array<Bucket, actions.size()>> buckets(compiled_->roles.size());
    for (const RuleText* rule : by_id(file_.rules)) {
        const auto index = static_cast<RuleIndex>(policy_->rules_.size());
        policy_->rules_.push_back({rule->id, rule->allow, rule->place, rule->limits});
        std::set<std::size_t> roles;
        for (const std::string& role : rule->roles)
            roles.insert(static_cast<std::size_t>(policy_->role(role)));
        if (roles.contains(0)) roles = {0};
        for (const PatternText& uri : rule->uris) {
            const std::string_view text = keep(uri.text);
            for (const std::size_t role : roles) {
                for (const Action action : actions) {
                    if (!rule->actions.has(action)) continue;
                    Bucket& bucket = buckets[role][static_cast<std::size_t>(action)];
                    (rule->allow ? bucket.allows : bucket.forbids).push_back({text, index});
                }
            }
        }
    }
    std::vector<std::string_view> names(buckets.size(), "*");
    for (const auto& [name, role] : policy_->role_names_)
        names[static_cast<std::size_t>(role)] = name;
    for (std::size_t role = 0; role < buckets.size(); ++role) {
        for (std::size_t action = 0; action < actions.size(); ++action) {
            Bucket& bucket = buckets[role][action];
            std::sort(bucket.allows.begin(), bucket.allows.end(), before);
            std::sort(bucket.forbids.begin(), bucket.forbids.end(), before);
            check_limits(bucket.allows, bucket.allows, names[role]);
            keep_first(bucket.allows);
            keep_first(bucket.forbids);
            if (role != 0) check_limits(bucket.allows, buckets.front()[action].allows, names[role]);
        }
    }
    for (std::size_t role = 0; role < buckets.size(); ++role) {
        for (std::size_t action = 0; action < actions.size(); ++action) {
            compiled_->roles[role][action].allows =
                PatternTable(std::move(buckets[role][action].allows));
            compiled_->roles[role][action].forbids =
                PatternTable(std::move(buckets[role][action].forbids));
        }
    }
}

// Both sorted. An entry is compared with the first of the same text in the other list, which is as
// good as with all of them: equality carries over, and of different ones at least one differs from
// the first.
void Compiler::Build::check_limits(const Entries& one, const Entries& other,
                                   std::string_view role) {
    auto at = other.begin();
    for (const PatternTable::Entry& entry : one) {
        while (at != other.end() && at->text < entry.text) ++at;
        if (at == other.end()) return;
        if (at->text == entry.text) ambiguous(*at, entry, role);
    }
}

void Compiler::Build::ambiguous(const PatternTable::Entry& a, const PatternTable::Entry& b,
                                std::string_view role) {
    const RuleInfo* first = &policy_->rules_[a.value];
    const RuleInfo* second = &policy_->rules_[b.value];
    if (first->limits == second->limits || !reported_.insert(std::minmax(a.value, b.value)).second)
        return;
    if (first->place.line > second->place.line) std::swap(first, second);
    diagnostics_.push_back(
        {second->place,
         "rules " + quoted(first->id) + " and " + quoted(second->id) + " both allow role " +
             quoted(role) + " " + match_and_text(a.text) + ", with different limits",
         "give them the same limits, or take it out of one; the other is at line " +
             std::to_string(first->place.line)});
}

wamp::Result<Compiler::Policy, Diagnostics> Compiler::compile(const PolicyFile& file,
                                                              const CompileOptions& options,
                                                              std::string_view hash) {
    return Build(file, options, hash).run();
}

}  // namespace sallyport::policy
