#include "policy/tools/analysis/lone_rule.h"

#include <algorithm>

#include "policy/engine/reserved.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {
namespace {

void look_at_payload(Stand& stand, const RuleText& rule, const Question& question) noexcept {
    const bool carries = question.action == Action::call || question.action == Action::publish;
    stand.payload = stand.arguments = true;
    if (!carries) return;
    if (question.opaque) {
        // What cannot be read an allow does not cover, and a forbid does.
        stand.payload = rule.payload != PayloadMode::readable;
        stand.arguments = !rule.allow || rule.where.empty();
        return;
    }
    static constexpr wamp::Payload nothing{};
    stand.payload = rule.payload != PayloadMode::opaque;
    stand.arguments =
        rule.where.empty() ||
        all_hold(rule.where, question.payload != nullptr ? *question.payload : nothing);
}

}  // namespace

LonePatterns::LonePatterns(const std::vector<PatternText>& uris, wamp::MatchPolicy match) {
    all_.reserve(uris.size());
    for (const PatternText& uri : uris) {
        Pattern pattern(uri.text, match);
        Shape shape = pattern.shape();
        all_.push_back({std::move(pattern), std::move(shape)});
    }
}

const LonePatterns::One* LonePatterns::find(const AskedUri& asked, const Bindings& bindings,
                                            bool unfit, bool meeting) const noexcept {
    const One* found = nullptr;
    for (const One& one : all_) {
        const bool fits = meeting ? one.pattern.meets(asked, bindings, unfit)
                                  : one.pattern.covers(asked, bindings, unfit);
        if (fits && (found == nullptr || one.shape < found->shape)) found = &one;
    }
    return found;
}

Stand stand(const RuleText& rule, const LonePatterns& patterns, const Subject& subject,
            const Question& question, const AskedUri& asked) noexcept {
    Stand stand;
    stand.role = std::any_of(
        rule.roles.begin(), rule.roles.end(),
        [&subject](const std::string& role) { return role == "*" || role == subject.authrole; });
    stand.action = rule.actions.has(question.action);
    const Bindings bindings{subject.authid, subject.authrole};
    stand.pattern = patterns.find(asked, bindings, !rule.allow, !rule.allow && !asked.is_one());
    stand.uri = stand.pattern != nullptr;
    look_at_payload(stand, rule, question);
    stand.granted = !rule.allow || !wamp::is_reserved(question.uri) ||
                    rule.grants.has(needed_below_wamp(question.action, question.uri));
    stand.named = !rule.allow || !ends_sessions(question.action, question.uri) ||
                  rule.match == wamp::MatchPolicy::exact;
    return stand;
}

bool decides_before(const RuleText& a, const Stand& of_a, const RuleText& b,
                    const Stand& of_b) noexcept {
    const Shape& shape_a = of_a.pattern->shape;
    const Shape& shape_b = of_b.pattern->shape;
    if (shape_a < shape_b) return true;
    if (shape_b < shape_a) return false;
    if (a.where.empty() != b.where.empty()) return !a.where.empty();
    return a.id < b.id;
}

}  // namespace sallyport::policy
