#include "policy/tools/analysis/diff_cause.h"

#include <algorithm>

#include "policy/tools/analysis/atoms.h"
#include "policy/tools/analysis/rule_match.h"

namespace sallyport::policy {
namespace {

bool is_at(const DiffPlace& place, const RuleText* rule) {
    return std::find(place.rules.begin(), place.rules.end(), rule) != place.rules.end();
}

std::string named(const RuleText& rule, const std::vector<std::string>& misfits) {
    if (misfits.empty()) return "";
    if (misfits.size() > 1) return std::string(Causes::several);
    return std::string(Causes::condition) + rule.id + ' ' + misfits.front();
}

// The URI of `there` that covers the place, if `here` does not have that URI.
std::string new_uri(const DiffPlace& place, const RuleText& there, const RuleText& here) {
    const RulePatterns patterns(there.uris, there.match);
    const RuleMatch matched =
        match_rule(there, patterns, {{}, place.authid, place.role}, {place.action, place.uri},
                   RequestedUri(place.uri, wamp::MatchPolicy::exact));
    if (matched.pattern == nullptr) return "";
    const std::string& text =
        there.uris[static_cast<std::size_t>(matched.pattern - patterns.all().data())].text;
    const bool known = there.match == here.match &&
                       std::any_of(here.uris.begin(), here.uris.end(),
                                   [&text](const PatternText& uri) { return uri.text == text; });
    return known ? "" : "uri " + text;
}

}  // namespace

Causes::Causes(const PolicyFile& before, const PolicyFile& after) {
    for (std::size_t side = 0; side < sides; ++side) {
        for (const RuleText& one : (side == 0 ? before : after).rules) {
            if (!one.shadow) by_id_[side].emplace(one.id, &one);
        }
    }
}

const RuleText* Causes::rule(std::size_t side, std::string_view id) const {
    const auto found = by_id_[side].find(id);
    return found == by_id_[side].end() ? nullptr : found->second;
}

// A rule with another id that exists only on this side may be the old deciding rule, renamed.
std::string Causes::of_renamed(std::size_t side, const DiffPlace& place,
                               const ArgumentCase& arguments, const RuleText& decider) const {
    std::string found;
    for (const RuleText* one : place.rules) {
        if (one->allow != decider.allow || rule(side, one->id) != one ||
            rule(1 - side, one->id) != nullptr)
            continue;
        std::string name = named(*one, misfits(*one, decider, arguments));
        if (name.starts_with(condition)) return name;
        if (found.empty()) found = std::move(name);
    }
    return found;
}

// Why the rule does not decide here as it does on the other side.
std::string Causes::on_side(std::size_t side, const DiffPlace& place, const ArgumentCase& arguments,
                            const std::string& decider) const {
    const RuleText* there = rule(1 - side, decider);
    if (there == nullptr) return "";
    const RuleText* here = rule(side, decider);
    if (here == nullptr) return of_renamed(side, place, arguments, *there);
    if (!is_at(place, here)) return new_uri(place, *there, *here);
    return named(*here, misfits(*here, *there, arguments));
}

std::string Causes::of(const DiffPlace& place, const ArgumentCase& arguments,
                       const std::string& before, const std::string& after) const {
    if (before == after) return "";
    const std::string lost = on_side(1, place, arguments, before);
    const std::string won = on_side(0, place, arguments, after);
    if (lost == several || won == several) return std::string(several);
    if (lost.empty() || won.empty()) return lost + won;
    return lost + " and " + won;
}

}  // namespace sallyport::policy
