#include "policy/tools/analysis/rule_match.h"

#include <algorithm>

#include "policy/engine/reserved.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {
namespace {

void look_at_payload(RuleMatch& match, const RuleText& rule, const Question& question) noexcept {
    const bool carries = question.action == Action::call || question.action == Action::publish;
    match.payload = match.arguments = true;
    if (!carries) return;
    if (question.opaque) {
        // An allow does not cover an unreadable payload, a forbid does.
        match.payload = rule.payload != PayloadMode::readable;
        match.arguments = !rule.allow || rule.where.empty();
        return;
    }
    static constexpr wamp::Payload nothing{};
    match.payload = rule.payload != PayloadMode::opaque;
    match.arguments =
        rule.where.empty() ||
        all_hold(rule.where, question.payload != nullptr ? *question.payload : nothing);
}

}  // namespace

RulePatterns::RulePatterns(const std::vector<PatternText>& uris, wamp::MatchPolicy match) {
    all_.reserve(uris.size());
    for (const PatternText& uri : uris) {
        Pattern pattern(uri.text, match);
        Shape shape = pattern.shape();
        all_.push_back({std::move(pattern), std::move(shape)});
    }
}

const RulePatterns::Entry* RulePatterns::find(const RequestedUri& requested,
                                              const Bindings& bindings, bool unfit,
                                              bool overlapping) const noexcept {
    const Entry* found = nullptr;
    for (const Entry& entry : all_) {
        const bool fits = overlapping ? entry.pattern.meets(requested, bindings, unfit)
                                      : entry.pattern.covers(requested, bindings, unfit);
        if (fits && (found == nullptr || entry.shape < found->shape)) found = &entry;
    }
    return found;
}

RuleMatch match_rule(const RuleText& rule, const RulePatterns& patterns, const Subject& subject,
                     const Question& question, const RequestedUri& requested) noexcept {
    RuleMatch match;
    match.role = std::any_of(
        rule.roles.begin(), rule.roles.end(),
        [&subject](const std::string& role) { return role == "*" || role == subject.authrole; });
    match.action = rule.actions.has(question.action);
    const Bindings bindings{subject.authid, subject.authrole};
    match.pattern =
        patterns.find(requested, bindings, !rule.allow, !rule.allow && !requested.is_one());
    match.uri = match.pattern != nullptr;
    look_at_payload(match, rule, question);
    const auto needed = needed_grant(question.action, question.uri);
    match.granted = !rule.allow || !needed || rule.grants.has(*needed);
    match.named = !rule.allow || !ends_sessions(question.action, question.uri) ||
                  rule.match == wamp::MatchPolicy::exact;
    return match;
}

bool decides_before(const RuleText& a, const RuleMatch& of_a, const RuleText& b,
                    const RuleMatch& of_b) noexcept {
    const Shape& shape_a = of_a.pattern->shape;
    const Shape& shape_b = of_b.pattern->shape;
    if (shape_a < shape_b) return true;
    if (shape_b < shape_a) return false;
    if (a.where.empty() != b.where.empty()) return !a.where.empty();
    return a.id < b.id;
}

}  // namespace sallyport::policy
