#include "policy/tools/analysis/diff_walk.h"
#include "policy/document/names.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};

Actions all_actions() {
    Actions all;
    for (const Action action : actions) all.add(action);
    return all;
}

/// Hashes a line to 64 bits. Two different lines with the same hash would hide a difference; with
/// 10,000 lines the probability is one in 10^11.
class Mark {
public:
    Mark& add(std::string_view text) { return add(hash_of(text)).add(text.size()); }
    Mark& add(std::uint64_t number) {
        mark_ = fold(mark_, number * 0x9E3779B97F4A7C15U + 1);
        return *this;
    }
    template <class T>
        requires(std::is_enum_v<T> || std::is_same_v<T, bool>)
    Mark& add(T value) {
        return add(static_cast<std::uint64_t>(value));
    }
    Mark& add(double number) { return add(std::to_string(number)); }
    std::uint64_t value() const { return mark_ * 0xD6E8FEB86659FD93U; }

private:
    std::uint64_t mark_ = 0x243F6A8885A308D3U;
};

void add(Mark& mark, const ScopeLimits& limits) {
    mark.add(limits.rate_per_s).add(std::uint64_t{limits.in_flight});
}

void add(Mark& mark, const Condition& condition) {
    mark.add(condition.source).add(std::uint64_t{condition.index}).add(condition.name);
    mark.add(condition.optional);
    for (unsigned type = 0; type < 8; ++type)
        mark.add(condition.types.has(static_cast<ValueTypes::Type>(type)));
    const auto bound = [&mark](const auto& value) {
        mark.add(value.has_value());
        if (!value) return;
        if constexpr (std::is_same_v<std::decay_t<decltype(*value)>, Number>) {
            mark.add(std::uint64_t{value->index()});
            if (const auto* integer = std::get_if<std::int64_t>(&*value)) {
                mark.add(static_cast<std::uint64_t>(*integer));
            } else {
                mark.add(*std::get_if<double>(&*value));
            }
        } else {
            mark.add(std::uint64_t{*value});
        }
    };
    bound(condition.min);
    bound(condition.max);
    bound(condition.min_length);
    bound(condition.max_length);
    bound(condition.max_depth);
    bound(condition.max_bytes);
    mark.add(std::uint64_t{condition.one_of.size()});
    for (const Condition::Literal& literal : condition.one_of) {
        mark.add(std::uint64_t{literal.index()});
        if (const auto* flag = std::get_if<bool>(&literal)) mark.add(*flag);
        if (const auto* integer = std::get_if<std::int64_t>(&literal))
            mark.add(static_cast<std::uint64_t>(*integer));
        if (const auto* real = std::get_if<double>(&literal)) mark.add(*real);
        if (const auto* text = std::get_if<std::string>(&literal)) mark.add(*text);
    }
}

// Everything but roles, actions and URIs. Includes the id, as the first rule by id decides among
// equals with different limits.
void add(Mark& mark, const EventKey& key) {
    mark.add(std::uint64_t{key.index()});
    if (const auto* index = std::get_if<std::uint32_t>(&key)) mark.add(std::uint64_t{*index});
    if (const auto* name = std::get_if<std::string>(&key)) mark.add(*name);
}

std::uint64_t mark_of(const RuleText& rule) {
    Mark mark;
    mark.add(rule.id).add(rule.allow).add(rule.payload);
    mark.add(rule.limits.rate_per_s).add(std::uint64_t{rule.limits.in_flight});
    mark.add(static_cast<std::uint64_t>(rule.limits.timeout.count()));
    mark.add(rule.limits.payload_bytes);
    add(mark, rule.limits.authid);
    add(mark, rule.limits.circuit);
    for (std::size_t grant = 0; grant < grant_count; ++grant)
        mark.add(rule.grants.has(static_cast<Grant>(grant)));
    mark.add(rule.delivery.latest);
    add(mark, rule.delivery.key);
    mark.add(rule.delivery.rate_per_s);
    mark.add(std::uint64_t{rule.where.size()});
    for (const Condition& condition : rule.where) add(mark, condition);
    return mark.value();
}

std::uint64_t mark_of(const RouteText& route, const PolicyFile& file) {
    Mark mark;
    mark.add(std::uint64_t{route.backends.size()});
    for (const std::string& backend : route.backends) mark.add(backend);
    mark.add(route.realm.empty() ? file.realm : route.realm);
    mark.add(route.rewrite.has_value()).add(route.rewrite.value_or(""));
    mark.add(static_cast<std::uint64_t>(route.wait.count())).add(route.idempotent);
    mark.add(static_cast<std::uint64_t>(route.spread.by));
    add(mark, route.spread.key);
    return mark.value();
}

// The same rule under different patterns has different marks.
std::uint64_t with_pattern(std::uint64_t mark, const Pattern& pattern) {
    return Mark().add(mark).add(pattern.text()).add(pattern.is_open()).value();
}

constexpr std::array<std::string_view, 4> landmark_uris{
    "wamp.session.add_testament", "wamp.session.flush_testaments", "wamp.subscription.get_events",
    "wamp.session.count"};

}  // namespace

DiffWalk::DiffWalk(const PolicyFile& before, const PolicyFile& after) {
    fill(sides_[0], before);
    fill(sides_[1], after);
    for (const std::string_view uri : landmark_uris)
        landmarks_.add(Pattern(uri, wamp::MatchPolicy::exact), {0, 0, all_actions()});
    landmarks_.seal();
    choose_names();
}

void DiffWalk::fill(Side& side, const PolicyFile& file) {
    side.file = &file;
    for (std::uint32_t line = 0; line < file.rules.size(); ++line) {
        const RuleText& rule = file.rules[line];
        if (rule.shadow) continue;
        const std::uint64_t mark = mark_of(rule);
        const bool everyones =
            std::find(rule.roles.begin(), rule.roles.end(), "*") != rule.roles.end();
        const std::set<std::string> roles(rule.roles.begin(), rule.roles.end());
        for (const PatternText& uri : rule.uris) {
            const Pattern pattern(uri.text, rule.match);
            const std::uint64_t whole = with_pattern(mark, pattern);
            const auto add = [&](Tries& tries) {
                tries[rule.allow ? 0 : 1].add(pattern, {line, whole, rule.actions});
            };
            if (everyones) add(side.everyones);
            for (const std::string& role : roles) {
                if (role == "*") continue;
                roles_.insert(role);
                if (!everyones) add(side.own[role]);
            }
        }
    }
    for (std::uint32_t line = 0; line < file.routes.size(); ++line) {
        const RouteText& route = file.routes[line];
        for (const PatternText& uri : route.uris) {
            const Pattern pattern(uri.text, route.match);
            side.routes.add(pattern,
                            {line, with_pattern(mark_of(route, file), pattern), all_actions()});
        }
    }
    for (PatternTrie& trie : side.everyones) trie.seal();
    for (auto& [role, tries] : side.own) {
        for (PatternTrie& trie : tries) trie.seal();
    }
    side.routes.seal();
}

// Names that no rule of either file has, and the names that a role may have for ${authrole}.
void DiffWalk::choose_names() {
    std::set<std::string, std::less<>> used{"*", "wamp"};
    std::set<std::size_t> role_depths;
    std::vector<std::pair<std::size_t, std::string_view>> literals;
    const auto look = [&](const PatternText& uri, wamp::MatchPolicy match) {
        const Pattern pattern(uri.text, match);
        for (std::size_t depth = 0; depth < pattern.components().size(); ++depth) {
            const PatternComponent& component = pattern.components()[depth];
            switch (component.kind) {
                case PatternComponent::Kind::literal:
                    literals.emplace_back(depth, component.text);
                    break;
                case PatternComponent::Kind::authid:
                    binds_authid_ = true;
                    break;
                case PatternComponent::Kind::authrole:
                    role_depths.insert(depth);
                    break;
                case PatternComponent::Kind::any:
                    break;
            }
        }
    };
    for (const Side& side : sides_) {
        for (const RuleText& rule : side.file->rules) {
            for (const PatternText& uri : rule.uris) look(uri, rule.match);
        }
        for (const RouteText& route : side.file->routes) {
            for (const PatternText& uri : route.uris) look(uri, route.match);
        }
    }
    used.insert(roles_.begin(), roles_.end());
    for (const auto& [depth, text] : literals) used.emplace(text);
    const auto choose = [&used](std::string name) {
        const std::string wanted = name;
        for (int number = 2; used.contains(name); ++number) name = wanted + std::to_string(number);
        used.insert(name);
        return name;
    };
    fresh_ = choose("x");
    fresh_authid_ = choose("anna");
    other_roles_.push_back(choose("somebody"));
    if (role_depths.empty()) return;
    other_roles_.push_back(choose("some.body"));  // matches no component
    std::set<std::string_view> beside;
    for (const auto& [depth, text] : literals) {
        if (role_depths.contains(depth) && is_valid_name(text) && !roles_.contains(text))
            beside.insert(text);
    }
    other_roles_.insert(other_roles_.end(), beside.begin(), beside.end());
}

void DiffWalk::run(const Report& report) {
    report_ = &report;
    for (const Action action : actions) {
        for (const std::string& role : other_roles_) walk_role(role, true, action);
        for (const std::string& role : roles_) walk_role(role, false, action);
    }
    report_ = nullptr;
}

void DiffWalk::start(Positions& at, const Tries& tries, std::size_t side, bool own) const {
    for (std::size_t forbid = 0; forbid < 2; ++forbid) {
        at.push_back({&tries[forbid], PatternTrie::root, static_cast<std::uint8_t>(side), own,
                      forbid == 1, true});
    }
}

void DiffWalk::walk_role(const std::string& role, bool others, Action action) {
    role_ = role;
    others_ = others;
    action_ = action;
    role_fits_ = is_bindable(role);
    Positions at;
    for (std::size_t side = 0; side < sides; ++side) {
        start(at, sides_[side].everyones, side, false);
        const auto own = sides_[side].own.find(role);
        if (own != sides_[side].own.end()) start(at, own->second, side, true);
        at.push_back({&sides_[side].routes, PatternTrie::root, static_cast<std::uint8_t>(side),
                      false, false, false});
    }
    at.push_back({&landmarks_, PatternTrie::root, 0, false, false, false});
    for (const Bound bound : {Bound::no, Bound::unfit}) {
        if (bound == Bound::unfit && !binds_authid_) continue;
        bound_ = bound;
        visit(at);
    }
}

// Of routes and landmarks only the marks are kept.
void DiffWalk::report(const Positions& at) {
    DiffPlace place;
    place.role = role_;
    place.action = action_;
    place.others = others_;
    switch (bound_) {
        case Bound::no:
            place.authid = fresh_authid_;
            break;
        case Bound::yes:
            place.authid = authid_;
            break;
        case Bound::unfit:
            place.authid = "an.na";
            break;
    }
    for (const std::string_view component : path_) {
        if (!place.uri.empty()) place.uri += '.';
        place.uri += component;
    }
    if (place.uri.size() > wamp::uri_bytes_max) return;
    place.rules = held_rules_;
    for (const Position& one : at) {
        if (!one.rules) continue;
        for (const PatternTrie::Line& line : (*one.trie)[one.node].ends) {
            if (line.actions.has(action_))
                place.rules.push_back(&sides_[one.side].file->rules[line.line]);
        }
    }
    (*report_)(place);
}

// Whether any pattern distinguishes this role from others.
bool DiffWalk::concerns_role(const Positions& at) const {
    return others_ || held_own_ > 0 || std::any_of(at.begin(), at.end(), [](const Position& one) {
               return one.own || (*one.trie)[one.node].has_authrole;
           });
}

void DiffWalk::visit(const Positions& at) {
    if (!concerns_role(at)) return;
    const auto action = static_cast<std::size_t>(action_);
    std::array<std::uint64_t, sides> here = held_;
    std::array<std::uint64_t, sides> below = held_;
    for (const Position& one : at) {
        const PatternTrie::Node& node = (*one.trie)[one.node];
        for (const PatternTrie::Line& line : node.ends)
            here[one.side] += line.actions.has(action_) ? line.mark : 0;
        below[one.side] += node.below[action];
    }
    if (!path_.empty() && here[0] != here[1]) report(at);
    if (below[0] != below[1] && !at.empty()) descend(at);
}

// Adds the prefixes that end here for everything longer, and continues with each distinguished
// component.
void DiffWalk::descend(const Positions& at) {
    const auto held = held_;
    const std::size_t held_own = held_own_;
    const std::size_t held_rules = held_rules_.size();
    for (const Position& one : at) {
        for (const PatternTrie::Line& line : (*one.trie)[one.node].opens) {
            if (!line.actions.has(action_)) continue;
            held_[one.side] += line.mark;
            held_own_ += one.own ? 1U : 0U;
            if (one.rules) held_rules_.push_back(&sides_[one.side].file->rules[line.line]);
        }
    }
    const bool placeholder = bound_ != Bound::unfit && follows_authid(at);
    for (const std::string_view component : literals(at)) {
        if (bound_ != Bound::no || !placeholder) {
            go(at, component, bound_ == Bound::yes && component == authid_);
            continue;
        }
        // First another authid, then the principal's own.
        excluded_.push_back(component);
        go(at, component, false);
        excluded_.pop_back();
        if (!is_bindable(component) ||
            std::find(excluded_.begin(), excluded_.end(), component) != excluded_.end())
            continue;
        bound_ = Bound::yes;
        authid_ = component;
        go(at, component, true);
        bound_ = Bound::no;
    }
    go(at, fresh_, false);
    if (placeholder && bound_ == Bound::no) {
        bound_ = Bound::yes;
        authid_ = fresh_authid_;
        go(at, fresh_authid_, true);
        bound_ = Bound::no;
    }
    held_ = held;
    held_own_ = held_own;
    held_rules_.resize(held_rules);
}

bool DiffWalk::follows_authid(const Positions& at) const {
    return std::any_of(at.begin(), at.end(),
                       [](const Position& one) { return (*one.trie)[one.node].authid != 0; });
}

// The components that patterns name here. For a named role, where only its own rules distinguish it
// from others, only theirs.
std::vector<std::string_view> DiffWalk::literals(const Positions& at) const {
    const bool all =
        others_ || held_own_ > 0 || std::any_of(at.begin(), at.end(), [](const Position& one) {
            const PatternTrie::Node& node = (*one.trie)[one.node];
            return node.has_authrole ||
                   (one.own && (node.any != 0 || node.authid != 0 || !node.opens.empty()));
        });
    std::vector<std::string_view> found;
    for (const Position& one : at) {
        const PatternTrie::Node& node = (*one.trie)[one.node];
        if (node.authrole != 0) found.push_back(role_);
        if (node.authid != 0 && bound_ == Bound::yes) found.push_back(authid_);
        if (!all && !one.own) continue;
        for (const auto& [text, child] : node.literals) found.push_back(text);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

void DiffWalk::go(const Positions& at, std::string_view component, bool authid) {
    Positions next;
    for (const Position& one : at) {
        const PatternTrie::Node& node = (*one.trie)[one.node];
        const auto take = [&](std::uint32_t child, bool own) {
            if (child == 0) return;
            next.push_back(one);
            next.back().node = child;
            next.back().own = one.own || own;
        };
        take(one.trie->find(one.node, component), false);
        take(node.any, false);
        if (bound_ == Bound::unfit ? one.forbid : authid) take(node.authid, false);
        if (role_fits_ ? component == role_ : one.forbid) take(node.authrole, true);
    }
    path_.push_back(component);
    visit(next);
    path_.pop_back();
}

}  // namespace sallyport::policy
