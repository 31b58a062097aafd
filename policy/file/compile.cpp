#include "policy/file/compile.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "policy/document/nearest.h"
#include "policy/engine/compiled.h"

namespace sallyport::policy {
namespace {

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};

using Line = PatternTable::Line;
using Lines = std::vector<Line>;

bool before(const Pattern& a, const Pattern& b) noexcept {
    if (a.text() != b.text()) return a.text() < b.text();
    return a.is_open() < b.is_open();
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

std::string match_and_text(const Pattern& pattern) {
    const auto& components = pattern.components();
    const bool wild = std::any_of(components.begin(), components.end(), [](const auto& component) {
        return component.kind == PatternComponent::Kind::any;
    });
    return (pattern.is_open() ? "prefix " : wild ? "wildcard " : "exact ") + quoted(pattern.text());
}

}  // namespace

/// What one role may do and may not do with one action, before the tables are built.
struct Compiler::Bucket {
    Lines allows;
    Lines forbids;
};

class Compiler::Build {
public:
    Build(const PolicyFile& file, const CompileOptions& options, std::string_view hash)
        : file_(file), options_(options), policy_(new RealmPolicy) {
        policy_->realm_ = file.realm;
        policy_->hash_ = hash;
    }

    wamp::Result<Policy, Diagnostics> run() {
        routes();
        name_roles();
        rules();
        rank_shapes();
        policy_->compiled_ = tables(false);
        policy_->with_shadows_ = has_shadows() ? tables(true) : policy_->compiled_;
        if (!diagnostics_.empty()) {
            sort(diagnostics_);
            return std::move(diagnostics_);
        }
        return Policy(std::move(policy_));
    }

private:
    using Buckets = std::vector<std::array<Bucket, actions.size()>>;  ///< by role

    void routes();
    void check_backend(const RouteText& route);
    void name_roles();
    void rules();
    void rank_shapes();
    bool has_shadows() const;
    std::shared_ptr<const RealmPolicy::Compiled> tables(bool with_shadows);
    Buckets buckets(bool with_shadows) const;
    void check_limits(const Lines& own, const Lines& everyones, std::string_view role,
                      Action action);
    void ambiguous(RuleIndex a, RuleIndex b, const Pattern& pattern, std::string_view role,
                   Action action);
    std::string_view keep(const std::string& text) { return policy_->texts_.emplace_back(text); }

    /// A rule with its patterns, by RuleIndex.
    struct Rule {
        const RuleText* text;
        std::vector<Pattern> patterns;
        std::set<std::size_t> roles;
    };

    const PolicyFile& file_;
    const CompileOptions& options_;
    std::shared_ptr<RealmPolicy> policy_;
    std::vector<Rule> rules_;
    Lines routes_;
    std::size_t roles_ = 1;  ///< with "*"
    bool one_target_ = true;
    PatternTable::Shapes shapes_;
    Diagnostics diagnostics_;
    std::set<std::pair<RuleIndex, RuleIndex>> reported_;
};

void Compiler::Build::check_backend(const RouteText& route) {
    if (options_.any_backend) return;
    std::vector<std::string_view> known(options_.backends.begin(), options_.backends.end());
    if (!options_.routes_required) known.push_back(local_backend);
    for (std::size_t i = 0; i < route.backends.size(); ++i) {
        const std::string& name = route.backends[i];
        if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) continue;
        diagnostics_.push_back(
            {route.backend_places[i],
             "route " + quoted(route.id) + " names an unknown backend " + quoted(name),
             suggestion(name, known, "backends")});
    }
}

void Compiler::Build::routes() {
    struct Written {
        Line line;
        Place place;
    };
    std::vector<RouteInfo>& infos = policy_->routes_;
    std::vector<Written> written;
    for (const RouteText* route : by_id(file_.routes)) {
        check_backend(*route);
        const auto index = static_cast<RouteIndex>(infos.size());
        const std::string prefix =
            route->rewrite && !route->uris.empty() ? route->uris[0].text : "";
        infos.push_back({route->id, route->backends,
                         route->realm.empty() ? file_.realm : route->realm, route->place, prefix,
                         route->rewrite, route->wait, route->idempotent, route->spread});
        const RouteInfo& first = infos.front();
        const RouteInfo& last = infos.back();
        one_target_ = one_target_ && first.backends == last.backends && first.realm == last.realm &&
                      !last.rewrite;
        for (const PatternText& uri : route->uris)
            written.push_back({{Pattern(keep(uri.text), route->match), index}, uri.place});
    }
    if (infos.empty() && options_.routes_required) {
        diagnostics_.push_back(
            {{file_.file, 1, 1},
             "the policy has no [[route]]",
             "add [[route]] with id = \"all\", match = \"prefix\", uri = \"\", to = \"BACKEND\""});
    }
    if (infos.empty()) {
        const std::string local(local_backend);
        infos.push_back({local, {local}, file_.realm, {file_.file, 0, 0}, {}, {}, {}, {}, {}});
        written.push_back({{Pattern("", wamp::MatchPolicy::prefix), 0}, {}});
    }
    std::sort(written.begin(), written.end(), [](const Written& a, const Written& b) {
        if (!same(a.line.pattern, b.line.pattern)) return before(a.line.pattern, b.line.pattern);
        return a.place.line < b.place.line;
    });
    for (const auto& [line, place] : written) {
        if (routes_.empty() || !same(routes_.back().pattern, line.pattern)) {
            routes_.push_back(line);
            continue;
        }
        const RouteInfo& first = infos[routes_.back().value];
        diagnostics_.push_back({place,
                                "routes " + quoted(first.id) + " and " +
                                    quoted(infos[line.value].id) + " both match " +
                                    match_and_text(line.pattern),
                                "remove it here or at line " + std::to_string(first.place.line)});
    }
}

void Compiler::Build::name_roles() {
    for (const RuleText& rule : file_.rules) {
        for (const std::string& role : rule.roles) {
            const RoleIndex next{static_cast<std::uint32_t>(roles_)};
            if (role != "*" && policy_->role_names_.try_emplace(role, next).second) ++roles_;
        }
    }
}

void Compiler::Build::rules() {
    for (const RuleText* rule : by_id(file_.rules)) {
        policy_->rules_.push_back({rule->id, rule->allow, rule->shadow, rule->payload, rule->place,
                                   rule->limits, rule->grants, rule->where, rule->delivery});
        Rule& made = rules_.emplace_back(Rule{rule, {}, {}});
        for (const std::string& role : rule->roles)
            made.roles.insert(static_cast<std::size_t>(policy_->role(role)));
        if (made.roles.contains(0)) made.roles = {0};
        for (const PatternText& uri : rule->uris)
            made.patterns.emplace_back(keep(uri.text), rule->match);
    }
}

bool Compiler::Build::has_shadows() const {
    return std::any_of(file_.rules.begin(), file_.rules.end(),
                       [](const RuleText& rule) { return rule.shadow; });
}

void Compiler::Build::rank_shapes() {
    std::set<Shape> shapes;
    for (const Rule& rule : rules_) {
        for (const Pattern& pattern : rule.patterns) shapes.insert(pattern.shape());
    }
    for (const Line& route : routes_) shapes.insert(route.pattern.shape());
    shapes_.assign(shapes.begin(), shapes.end());
    const auto is_bound = [](PatternComponent::Kind kind) {
        return kind == PatternComponent::Kind::authid || kind == PatternComponent::Kind::authrole;
    };
    policy_->binds_ = std::any_of(shapes.begin(), shapes.end(), [&](const Shape& shape) {
        return std::any_of(shape.kinds.begin(), shape.kinds.end(), is_bound);
    });
}

Compiler::Build::Buckets Compiler::Build::buckets(bool with_shadows) const {
    Buckets buckets(roles_);
    for (RuleIndex index = 0; index < rules_.size(); ++index) {
        const auto& [rule, patterns, roles] = rules_[index];
        if (rule->shadow && !with_shadows) continue;
        for (const std::size_t role : roles) {
            for (const Action action : actions) {
                if (!rule->actions.has(action)) continue;
                Bucket& bucket = buckets[role][static_cast<std::size_t>(action)];
                for (const Pattern& pattern : patterns)
                    (rule->allow ? bucket.allows : bucket.forbids).push_back({pattern, index});
            }
        }
    }
    const auto order = [this](const Line& a, const Line& b) {
        if (!same(a.pattern, b.pattern)) return before(a.pattern, b.pattern);
        const bool conditional = !rules_[a.value].text->where.empty();
        if (conditional != !rules_[b.value].text->where.empty()) return conditional;
        return a.value < b.value;
    };
    for (auto& role : buckets) {
        for (Bucket& bucket : role) {
            std::sort(bucket.allows.begin(), bucket.allows.end(), order);
            std::sort(bucket.forbids.begin(), bucket.forbids.end(), order);
        }
    }
    return buckets;
}

std::shared_ptr<const RealmPolicy::Compiled> Compiler::Build::tables(bool with_shadows) {
    const Buckets all = buckets(with_shadows);
    std::vector<std::string_view> names(all.size(), "*");
    for (const auto& [name, role] : policy_->role_names_)
        names[static_cast<std::size_t>(role)] = name;
    auto compiled = std::make_shared<RealmPolicy::Compiled>();
    compiled->routes = PatternTable(routes_, shapes_);
    compiled->one_target = one_target_;
    for (const Shape& shape : shapes_)
        compiled->depth = std::max(compiled->depth, shape.kinds.size());
    compiled->roles.resize(all.size());
    for (RuleIndex index = 0; index < rules_.size(); ++index) {
        const RuleInfo& rule = policy_->rules_[index];
        const bool exact = rules_[index].text->match == wamp::MatchPolicy::exact;
        compiled->summaries.push_back({rule.limits.payload_bytes, rule.allow, !rule.where.empty(),
                                       exact, rule.payload, rule.grants});
    }
    for (std::size_t role = 0; role < all.size(); ++role) {
        for (std::size_t action = 0; action < actions.size(); ++action) {
            const Bucket& bucket = all[role][action];
            RealmPolicy::Compiled::ActionRules& rules = compiled->roles[role][action];
            rules.allows = PatternTable(bucket.allows, shapes_);
            rules.forbids = PatternTable(bucket.forbids, shapes_);
            for (const Lines* lines : {&bucket.allows, &bucket.forbids}) {
                for (const Line& line : *lines) {
                    if (compiled->summaries[line.value].conditional) rules.conditional = line.value;
                }
            }
            check_limits(bucket.allows, all.front()[action].allows, names[role], actions[action]);
        }
    }
    return compiled;
}

// Both are sorted. Reports two rules for the same pattern and the same specificity with different
// limits, grants or delivery. Comparing each with the first one is enough, as equality is
// transitive.
void Compiler::Build::check_limits(const Lines& own, const Lines& everyones, std::string_view role,
                                   Action action) {
    auto other = everyones.begin();
    for (auto at = own.begin(); at != own.end();) {
        const Pattern& pattern = at->pattern;
        std::vector<RuleIndex> rules;
        for (; at != own.end() && same(at->pattern, pattern); ++at) rules.push_back(at->value);
        while (other != everyones.end() && before(other->pattern, pattern)) ++other;
        for (; other != everyones.end() && same(other->pattern, pattern); ++other)
            rules.push_back(other->value);
        std::vector<RuleIndex> firsts;
        for (const RuleIndex rule : rules) {
            const RuleText& text = *rules_[rule].text;
            const auto alike = [&](RuleIndex index) {
                const RuleText& first = *rules_[index].text;
                return first.where == text.where && first.payload == text.payload;
            };
            const auto first = std::find_if(firsts.begin(), firsts.end(), alike);
            if (first == firsts.end()) {
                firsts.push_back(rule);
            } else {
                ambiguous(*first, rule, pattern, role, action);
            }
        }
    }
}

void Compiler::Build::ambiguous(RuleIndex a, RuleIndex b, const Pattern& pattern,
                                std::string_view role, Action action) {
    const RuleInfo* first = &policy_->rules_[a];
    const RuleInfo* second = &policy_->rules_[b];
    const bool same_limits = first->limits == second->limits;
    const bool same_grants = first->grants == second->grants;
    const bool same_delivery = action != Action::subscribe || first->delivery == second->delivery;
    const bool equal = same_limits && same_grants && same_delivery;
    if (equal || !reported_.insert(std::minmax(a, b)).second) return;
    const auto where = [](const RuleInfo& rule) {
        return std::tuple(rule.place.file, rule.place.line);
    };
    if (where(*first) > where(*second)) std::swap(first, second);
    const std::string what = !same_limits ? "limits" : !same_grants ? "grants" : "delivery";
    const std::string other_file =
        first->place.file == second->place.file ? "" : " of " + first->place.file;
    diagnostics_.push_back(
        {second->place,
         "rules " + quoted(first->id) + " and " + quoted(second->id) + " both allow " +
             match_and_text(pattern) + " for role " + quoted(role) + ", with different " + what,
         "give them the same " + what + ", or remove it from one; the other is at line " +
             std::to_string(first->place.line) + other_file});
}

wamp::Result<Compiler::Policy, Diagnostics> Compiler::compile(const PolicyFile& file,
                                                              const CompileOptions& options,
                                                              std::string_view hash) {
    return Build(file, options, hash).run();
}

}  // namespace sallyport::policy
