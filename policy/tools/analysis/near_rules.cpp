#include "policy/tools/analysis/near_rules.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/tools/analysis/rule_match.h"

namespace sallyport::policy {
namespace {

struct Candidate {
    const RuleText* rule;
    RuleMatch match;
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string actions_of(const RuleText& rule) {
    std::vector<std::string> names;
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        if (rule.actions.has(action)) names.emplace_back(to_string(action));
    }
    return joined(names);
}

// The number of leading components that both share; a placeholder or empty component matches any.
std::size_t shared(const Pattern& pattern, const RequestedUri& requested) {
    std::size_t count = 0;
    while (count < pattern.components().size() && count < requested.count()) {
        const PatternComponent& component = pattern.components()[count];
        if (component.kind == PatternComponent::Kind::literal &&
            component.text != requested[count].text())
            break;
        ++count;
    }
    return count;
}

std::string condition_that_fails(const RuleText& rule, const Question& question) {
    static constexpr wamp::Payload nothing{};
    const wamp::Payload& payload = question.payload != nullptr ? *question.payload : nothing;
    for (const Condition& condition : rule.where) {
        if (question.opaque || !holds(condition, payload))
            return subject_of(condition) + " does not meet its condition";
    }
    return "";
}

// Why a rule for this role, action and URI does not apply.
std::string why_not_applied(const Candidate& candidate, const Question& question) {
    if (!candidate.match.payload) {
        return candidate.rule->payload == PayloadMode::opaque ? "is for opaque payloads"
                                                              : "is for readable payloads";
    }
    if (!candidate.match.arguments) return condition_that_fails(*candidate.rule, question);
    if (!candidate.match.granted) return "does not have the grant that \"wamp.\" requires";
    if (!candidate.match.named)
        return "does not name the procedure, which ends sessions, with match = \"exact\"";
    return "is a shadow: counted, but it never decides";
}

std::string named(const RuleText& rule) {
    return (rule.allow ? "allow " : "forbid ") + rule.id;
}

/// Sorts the rules of a file by how nearly they apply.
class Search {
public:
    Search(const PolicyFile& file, const Subject& subject, const Question& question)
        : question_(question), requested_(question.uri, question.match) {
        for (const RuleText& rule : file.rules) ask(rule, subject);
    }

    std::vector<NearRule> take(std::size_t most) {
        overridden();
        std::vector<NearRule> all = std::move(not_applied_);
        for (auto* more : {&overridden_, &beside_}) {
            all.insert(all.end(), more->begin(), more->end());
        }
        std::stable_sort(alike_.begin(), alike_.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        for (const auto& [components, near] : alike_) all.push_back(near);
        if (all.size() > most) all.resize(most);
        return all;
    }

private:
    void ask(const RuleText& rule, const Subject& subject) {
        const RulePatterns patterns(rule.uris, rule.match);
        const Candidate one{&rule, match_rule(rule, patterns, subject, question_, requested_)};
        const RuleMatch& matched = one.match;
        if (matched.uri && matched.role && matched.action) {
            if (matched.applies() && !rule.shadow) {
                applying_.push_back(one);
                shapes_.push_back(matched.pattern->shape);
            } else {
                not_applied_.push_back({&rule, why_not_applied(one, question_)});
            }
        } else if (matched.uri && matched.action) {
            beside_.push_back({&rule, "is for role " + joined(rule.roles)});
        } else if (matched.uri && matched.role) {
            beside_.push_back({&rule, "is for " + actions_of(rule)});
        } else if (matched.role && matched.action) {
            other_uri(rule, patterns);
        }
    }

    void other_uri(const RuleText& rule, const RulePatterns& patterns) {
        std::size_t most = 0;
        std::string text;
        for (const auto& [pattern, shape] : patterns.all()) {
            const std::size_t components = shared(pattern, requested_);
            if (components <= most) continue;
            most = components;
            text = pattern.text();
        }
        if (most == 0) return;
        // The rule covers some of what the pattern matches.
        const bool pattern = !requested_.is_one();
        const bool within =
            rule.match == wamp::MatchPolicy::prefix && text == std::string(question_.uri) + ".";
        alike_.emplace_back(most,
                            NearRule{&rule, "is for " + quoted(text) + " (" +
                                                std::string(wamp::to_string(rule.match)) + ")" +
                                                (within    ? ", which is only what is below it"
                                                 : pattern ? ", which is not everything requested"
                                                           : "")});
    }

    // All rules that apply, except the deciding one.
    void overridden() {
        const auto first = [this](bool allow) {
            std::optional<std::size_t> best;
            for (std::size_t i = 0; i < applying_.size(); ++i) {
                if (applying_[i].rule->allow != allow) continue;
                if (!best || comes_before(i, *best)) best = i;
            }
            return best;
        };
        auto winner = first(false);
        if (!winner) winner = first(true);
        if (!winner) return;
        for (std::size_t i = 0; i < applying_.size(); ++i) {
            const RuleText& rule = *applying_[i].rule;
            if (i == *winner) continue;
            const RuleText& by = *applying_[*winner].rule;
            std::string why;
            if (rule.allow && !by.allow) {
                why = named(by) + " overrides it";
            } else if (shapes_[*winner] < shapes_[i]) {
                why = "is less specific than " + named(by);
            } else {
                why = "is as specific as " + named(by) + ", which comes first";
            }
            overridden_.push_back({&rule, std::move(why)});
        }
    }

    bool comes_before(std::size_t a, std::size_t b) const {
        if (shapes_[a] < shapes_[b]) return true;
        if (shapes_[b] < shapes_[a]) return false;
        const RuleText& of_a = *applying_[a].rule;
        const RuleText& of_b = *applying_[b].rule;
        if (of_a.where.empty() != of_b.where.empty()) return !of_a.where.empty();
        return of_a.id < of_b.id;
    }

    const Question& question_;
    RequestedUri requested_;
    std::vector<Candidate> applying_;
    std::vector<Shape> shapes_;  ///< of applying_, whose patterns no longer exist
    std::vector<NearRule> not_applied_;
    std::vector<NearRule> overridden_;
    std::vector<NearRule> beside_;  ///< the role or the action does not match
    std::vector<std::pair<std::size_t, NearRule>> alike_;
};

}  // namespace

std::vector<NearRule> near_rules(const PolicyFile& file, const Subject& subject,
                                 const Question& question, std::size_t most) {
    return Search(file, subject, question).take(most);
}

}  // namespace sallyport::policy
