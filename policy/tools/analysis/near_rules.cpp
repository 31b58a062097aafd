#include "policy/tools/analysis/near_rules.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/tools/analysis/lone_rule.h"

namespace sallyport::policy {
namespace {

struct Asked {
    const RuleText* rule;
    Stand stand;
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

// Components from the beginning that both have, a placeholder or gap fitting any.
std::size_t shared(const Pattern& pattern, const AskedUri& asked) {
    std::size_t count = 0;
    while (count < pattern.components().size() && count < asked.count()) {
        const PatternComponent& component = pattern.components()[count];
        if (component.kind == PatternComponent::Kind::literal &&
            component.text != asked[count].text())
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
            return subject_of(condition) + " is not as it demands";
    }
    return "";
}

// Why a rule for this role, action and URI has no say.
std::string why_silent(const Asked& asked, const Question& question) {
    if (!asked.stand.payload) {
        return asked.rule->payload == PayloadMode::opaque ? "is for payloads that cannot be read"
                                                          : "is for payloads that can be read";
    }
    if (!asked.stand.arguments) return condition_that_fails(*asked.rule, question);
    if (!asked.stand.granted) return "does not grant what \"wamp.\" needs";
    if (!asked.stand.named)
        return "does not name the procedure, which ends sessions, with match = \"exact\"";
    return "is a shadow: counted, never decisive";
}

std::string named(const RuleText& rule) {
    return (rule.allow ? "allow " : "forbid ") + rule.id;
}

/// Sorts the rules of a file by how near they came.
class Search {
public:
    Search(const PolicyFile& file, const Subject& subject, const Question& question)
        : question_(question), asked_(question.uri, question.match) {
        for (const RuleText& rule : file.rules) ask(rule, subject);
    }

    std::vector<NearRule> take(std::size_t most) {
        outweighed();
        std::vector<NearRule> all = std::move(silent_);
        for (auto* more : {&outweighed_, &beside_}) {
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
        const LonePatterns patterns(rule.uris, rule.match);
        const Asked one{&rule, stand(rule, patterns, subject, question_, asked_)};
        const Stand& stands = one.stand;
        if (stands.uri && stands.role && stands.action) {
            if (stands.applies() && !rule.shadow) {
                applying_.push_back(one);
                shapes_.push_back(stands.pattern->shape);
            } else {
                silent_.push_back({&rule, why_silent(one, question_)});
            }
        } else if (stands.uri && stands.action) {
            beside_.push_back({&rule, "is for role " + joined(rule.roles)});
        } else if (stands.uri && stands.role) {
            beside_.push_back({&rule, "is for " + actions_of(rule)});
        } else if (stands.role && stands.action) {
            other_uri(rule, patterns);
        }
    }

    void other_uri(const RuleText& rule, const LonePatterns& patterns) {
        std::size_t most = 0;
        std::string text;
        for (const auto& [pattern, shape] : patterns.all()) {
            const std::size_t components = shared(pattern, asked_);
            if (components <= most) continue;
            most = components;
            text = pattern.text();
        }
        if (most == 0) return;
        // It covers some of what the pattern matches.
        const bool pattern = !asked_.is_one();
        const bool within =
            rule.match == wamp::MatchPolicy::prefix && text == std::string(question_.uri) + ".";
        alike_.emplace_back(most,
                            NearRule{&rule, "is for " + quoted(text) + " (" +
                                                std::string(wamp::to_string(rule.match)) + ")" +
                                                (within    ? ", which is all below it"
                                                 : pattern ? ", which is not all that is asked for"
                                                           : "")});
    }

    // All that apply, but the one that decides.
    void outweighed() {
        const auto first = [this](bool allow) {
            std::optional<std::size_t> best;
            for (std::size_t i = 0; i < applying_.size(); ++i) {
                if (applying_[i].rule->allow != allow) continue;
                if (!best || comes_before(i, *best)) best = i;
            }
            return best;
        };
        const auto forbid = first(false);
        const auto allow = first(true);
        for (std::size_t i = 0; i < applying_.size(); ++i) {
            const RuleText& rule = *applying_[i].rule;
            const auto& winner = forbid ? forbid : allow;
            if (i == *winner) continue;
            const RuleText& by = *applying_[*winner].rule;
            std::string why;
            if (rule.allow && !by.allow) {
                why = named(by) + " outweighs it";
            } else if (shapes_[*winner] < shapes_[i]) {
                why = "is less specific than " + named(by);
            } else {
                why = "is as specific as " + named(by) + ", which comes first";
            }
            outweighed_.push_back({&rule, std::move(why)});
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
    AskedUri asked_;
    std::vector<Asked> applying_;
    std::vector<Shape> shapes_;  ///< of applying_; their patterns are gone
    std::vector<NearRule> silent_;
    std::vector<NearRule> outweighed_;
    std::vector<NearRule> beside_;  ///< that miss by role or action
    std::vector<std::pair<std::size_t, NearRule>> alike_;
};

}  // namespace

std::vector<NearRule> near_rules(const PolicyFile& file, const Subject& subject,
                                 const Question& question, std::size_t most) {
    return Search(file, subject, question).take(most);
}

}  // namespace sallyport::policy
