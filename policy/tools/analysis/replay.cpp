#include "policy/tools/analysis/replay.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "policy/file/inline_test.h"
#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

/// Limits of the answers and kinds of changes that are kept, as clients may send any number of
/// URIs.
constexpr std::size_t known_max = 200'000;
constexpr std::size_t flips_max = 10'000;
constexpr std::size_t shown_max = 100;

std::string message(const LogLine& line) {
    std::string text = std::string(to_string(line.action)) + ' ' + policy::quoted(line.uri);
    if (line.match != wamp::MatchPolicy::exact)
        text += " (" + std::string(wamp::to_string(line.match)) + ')';
    return text + " as " + line.authid + ':' + line.role;
}

std::string was(const Replay::Flip& flip) {
    const std::string verb = flip.allowed ? "allow" : "deny";
    return flip.rule.empty() ? verb : verb + " by " + flip.rule;
}

void print(const Replay::Flip& flip, std::ostream& out) {
    out << counted(flip.count, "decision", "decisions") << (flip.certain ? "" : " perhaps")
        << ", first at line " << flip.first_line << ": " << message(flip.first) << '\n'
        << "  was: " << was(flip) << '\n'
        << "  now: " << flip.now << '\n';
}

Json json_of(const Replay::Flip& flip) {
    return {{"certain", flip.certain},
            {"count", flip.count},
            {"first_line", flip.first_line},
            {"action", to_string(flip.first.action)},
            {"uri", flip.first.uri},
            {"authid", flip.first.authid},
            {"role", flip.first.role},
            {"was", flip.allowed ? "allow" : "deny"},
            {"rule", flip.rule},
            {"now", flip.now}};
}

}  // namespace

Replay::Replay(const LoadedRealm& realm) : realm_(realm) {
    const auto& rules = realm.file.rules;
    for (std::uint32_t index = 0; index < rules.size(); ++index) {
        const RuleText& rule = rules[index];
        patterns_.emplace_back(rule.uris, rule.match);
        for (const auto& [pattern, shape] : patterns_.back().all())
            trie_.add(pattern, {index, 0, {}});
        looks_at_payloads_ = looks_at_payloads_ || !rule.where.empty() ||
                             (rule.allow && rule.payload != PayloadMode::readable);
        if (rule.limits.payload_bytes != 0) payload_limits_.push_back(rule.limits.payload_bytes);
    }
    std::sort(payload_limits_.begin(), payload_limits_.end());
}

// The rules for its role, action and URI.
std::vector<const RuleText*> Replay::candidates(const LogLine& line) const {
    std::vector<const RuleText*> found;
    const Subject subject{{}, line.authid, line.role};
    const Question question{line.action, line.uri, line.match};
    const RequestedUri requested(line.uri, line.match);
    trie_.for_each_overlapping(Pattern(line.uri, line.match), [&](std::uint32_t index) {
        const RuleText& rule = realm_.file.rules[index];
        const RuleMatch matched = match_rule(rule, patterns_[index], subject, question, requested);
        if (matched.role && matched.action && matched.uri) found.push_back(&rule);
    });
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

Replay::Answer Replay::ask(const LogLine& line) const {
    const RealmPolicy& policy = *realm_.policy;
    const Subject subject{policy.role(line.role), line.authid, line.role};
    Question question{line.action, line.uri, line.match,
                      static_cast<std::size_t>(line.payload_bytes)};
    Answer answer;
    const auto add = [&](const Decision& decision) {
        const bool allowed = std::holds_alternative<Permit>(decision);
        const bool fresh = allowed ? !answer.may_allow : !answer.may_deny;
        (allowed ? answer.may_allow : answer.may_deny) = true;
        if (fresh) answer.text += (answer.text.empty() ? "" : ", or ") + describe(decision, policy);
    };
    const bool carries = line.action == Action::call || line.action == Action::publish;
    if (!looks_at_payloads_ || !carries) {
        add(policy.decide(subject, question));
        return answer;
    }
    const auto rules = candidates(line);
    const bool opaque = std::any_of(rules.begin(), rules.end(), [](const RuleText* rule) {
        return rule->allow && rule->payload != PayloadMode::readable;
    });
    for (const ArgumentCase& one : argument_cases(rules, line.action)) {
        if (one.sized || (one.opaque && !opaque)) continue;
        const wamp::Payload payload = one.payload.view();
        question.payload = one.opaque ? nullptr : &payload;
        question.opaque = one.opaque;
        add(policy.decide(subject, question));
    }
    return answer;
}

const Replay::Answer& Replay::answer(const LogLine& line) {
    const auto size =
        std::lower_bound(payload_limits_.begin(), payload_limits_.end(), line.payload_bytes) -
        payload_limits_.begin();
    key_.assign(1, static_cast<char>('0' + static_cast<int>(line.action)));
    key_ += static_cast<char>('0' + static_cast<int>(line.match));
    key_ += std::to_string(size);
    key_ += ' ';
    key_ += line.role;
    key_ += '\n';
    if (realm_.policy->binds()) key_ += line.authid;
    key_ += '\n';
    key_ += line.uri;
    const auto found = known_.find(key_);
    if (found != known_.end()) return found->second;
    if (known_.size() >= known_max) known_.clear();
    return known_.emplace(key_, ask(line)).first->second;
}

bool Replay::line(std::string_view text) {
    ++counts_.lines;
    if (!read_log_line(text, line_)) {
        if (++counts_.unreadable == 1) counts_.first_unreadable = counts_.lines;
        return false;
    }
    // An invalid pattern cannot have been decided.
    if (!line_.decision || !wamp::is_valid_pattern(line_.uri, line_.match)) {
        ++counts_.not_decisions;
        counts_.shadows += line_.shadow ? 1U : 0U;
        return true;
    }
    if (line_.realm != realm_.policy->realm()) {
        ++counts_.other_realms;
        return true;
    }
    counts_.decisions += line_.count;
    if (line_.several_uris) counts_.by_first_uri += line_.count - 1;
    const Answer& now = answer(line_);
    const bool flips = line_.allowed ? now.may_deny : now.may_allow;
    if (!flips) return true;
    const bool certain = !(now.may_allow && now.may_deny) && !line_.several_uris;
    (certain ? counts_.flips : counts_.uncertain) += line_.count;
    const Key key{!certain, line_.allowed, line_.rule, now.text, line_.action, line_.role};
    auto found = flips_.find(key);
    if (found == flips_.end()) {
        if (flips_.size() >= flips_max) return true;
        found = flips_
                    .emplace(key, Flip{certain, line_.allowed, line_.rule, now.text, 0,
                                       counts_.lines, line_})
                    .first;
    }
    found->second.count += line_.count;
    return true;
}

std::vector<Replay::Flip> Replay::flips() const {
    std::vector<Flip> all;
    all.reserve(flips_.size());
    for (const auto& [key, flip] : flips_) all.push_back(flip);
    std::stable_sort(all.begin(), all.end(), [](const Flip& a, const Flip& b) {
        if (a.certain != b.certain) return a.certain;
        return a.first_line < b.first_line;
    });
    return all;
}

int print_replay(const Replay& replay, const Output& to) {
    const Replay::Counts& counts = replay.counts();
    const auto flips = replay.flips();
    if (to.json) {
        Json list = Json::array();
        for (const Replay::Flip& flip : flips) list.push_back(json_of(flip));
        print_json(to.out, {{"lines", counts.lines},
                            {"decisions", counts.decisions},
                            {"by_first_uri", counts.by_first_uri},
                            {"flips", counts.flips},
                            {"uncertain", counts.uncertain},
                            {"other_realms", counts.other_realms},
                            {"not_decisions", counts.not_decisions},
                            {"shadows", counts.shadows},
                            {"unreadable", counts.unreadable},
                            {"first_unreadable", counts.first_unreadable},
                            {"kinds", std::move(list)}});
    } else {
        for (std::size_t i = 0; i < std::min(flips.size(), shown_max); ++i) print(flips[i], to.out);
        if (flips.size() > shown_max) to.out << "… and " << flips.size() - shown_max << " more\n";
        to.out << counted(counts.decisions, "decision", "decisions") << " of "
               << counted(counts.lines, "line", "lines") << ": " << counts.flips
               << " would change, " << counts.uncertain << " might by their arguments";
        if (counts.by_first_uri > 0)
            to.out << "; " << counts.by_first_uri << " of a flood decided by its first URI";
        if (counts.other_realms > 0) to.out << "; " << counts.other_realms << " of other realms";
        if (counts.shadows > 0) to.out << "; " << counts.shadows << " of shadow rules skipped";
        if (counts.unreadable > 0)
            to.out << "; " << unreadable_lines(counts.unreadable, counts.first_unreadable);
        to.out << '\n';
    }
    return counts.flips + counts.uncertain == 0 ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
