#include "policy/engine/realm_policy.h"

#include <algorithm>

#include "policy/engine/compiled.h"
#include "policy/engine/reserved.h"
#include "wamp/base/check.h"

namespace sallyport::policy {
namespace {

using Entry = PatternTable::Entry;

/// Whether a rule with a matching URI applies, or why not.
enum class Applicability : std::uint8_t { applies, condition, opaque, grant, unnamed, silent };

Denial::Reason reason_of(Applicability applicability) noexcept {
    switch (applicability) {
        case Applicability::condition:
            return Denial::Reason::condition;
        case Applicability::opaque:
            return Denial::Reason::opaque;
        case Applicability::grant:
            return Denial::Reason::grant;
        case Applicability::unnamed:
            return Denial::Reason::unnamed;
        case Applicability::applies:
        case Applicability::silent:
            break;
    }
    return Denial::Reason::no_allow;
}

}  // namespace

/// The evaluation of one question.
class RealmPolicy::Evaluation {
public:
    Evaluation(const RealmPolicy& policy, const Compiled& compiled, const Subject& subject,
               const Question& question) noexcept
        : policy_(policy),
          compiled_(compiled),
          question_(question),
          uri_(question.uri, question.match, compiled.depth),
          bindings_{subject.authid, subject.authrole},
          session_(subject.session),
          role_(static_cast<std::size_t>(subject.role)),
          needed_(needed_grant(question.action, question.uri)),
          ends_sessions_(needed_ && ends_sessions(question.action, question.uri)) {
        SALLYPORT_CHECK(role_ < compiled.roles.size());
    }

    Decision decide() noexcept {
        if (!uri_.is_one()) return decide_pattern();
        Decision decision = decide_one();
        if (std::holds_alternative<Denial>(decision)) check_a_payload_anyway();
        return decision;
    }
    bool may_receive() noexcept {
        return forbid_covering().entry == nullptr && allow().entry != nullptr;
    }

private:
    struct Found {
        const Entry* entry = nullptr;
        RuleIndex rule = no_rule;
    };
    using Side = PatternTable Compiled::ActionRules::*;
    using RuleSummary = Compiled::RuleSummary;

    const PatternTable& table(std::size_t role, Side side) const noexcept {
        return compiled_.roles[role][static_cast<std::size_t>(question_.action)].*side;
    }
    PatternTable::Query query(bool unfit) const noexcept { return {uri_, bindings_, unfit}; }

    // An allow does not cover an unreadable payload, a forbid does.
    Applicability applicability_of(RuleIndex index, const RuleSummary& rule) noexcept {
        const bool has_payload =
            question_.action == Action::call || question_.action == Action::publish;
        if (has_payload && question_.opaque) {
            const bool readable = rule.payload == PayloadMode::readable;
            if (readable) return rule.allow ? Applicability::opaque : Applicability::silent;
            if (rule.allow && rule.conditional) return Applicability::condition;
        } else if (has_payload) {
            if (rule.payload == PayloadMode::opaque) return Applicability::silent;
            if (rule.conditional && !conditions_hold(index)) return Applicability::condition;
        }
        if (rule.allow && needed_ && !rule.grants.has(*needed_)) return Applicability::grant;
        if (rule.allow && ends_sessions_ && !rule.exact) return Applicability::unnamed;
        return Applicability::applies;
    }
    bool conditions_hold(RuleIndex index) noexcept {
        checked_payload_ = true;
        static constexpr wamp::Payload nothing{};
        const wamp::Payload* const payload = question_.payload;
        return all_hold(policy_.rules_[index].where, payload != nullptr ? *payload : nothing);
    }

    // Evaluating conditions takes time, which would reveal the URIs that have rules with conditions
    // (architecture: Policy 9). If none was evaluated, one is evaluated and its result ignored.
    void check_a_payload_anyway() noexcept {
        if (checked_payload_ || question_.opaque) return;
        for (const std::size_t role : {role_, std::size_t{0}}) {
            const RuleIndex rule =
                compiled_.roles[role][static_cast<std::size_t>(question_.action)].conditional;
            if (rule == no_rule) continue;
            conditions_hold(rule);
            return;
        }
    }

    // Whether a rule of the entry applies, which is then stored in `found`; otherwise the first
    // rule that nearly applied is noted.
    bool find_applying(const PatternTable& table, const Entry& entry, Found& found) noexcept {
        for (const RuleIndex index : table.values(entry)) {
            const RuleSummary& rule = compiled_.summaries[index];
            const Applicability applicability = applicability_of(index, rule);
            if (applicability == Applicability::applies) {
                found = {&entry, index};
                return true;
            }
            if (near_.rule == no_rule && applicability != Applicability::silent && rule.allow) {
                near_ = {reason_of(applicability), index};
            }
        }
        return false;
    }

    Found first_of(std::size_t role, Side side, bool unfit) noexcept {
        Found found;
        const PatternTable& rules = table(role, side);
        rules.find(query(unfit),
                   [&](const Entry& entry) noexcept { return find_applying(rules, entry, found); });
        return found;
    }

    // The more specific shape; then a rule with conditions before one without, then the lower
    // number: the order within Entry::values.
    Found more_specific(const Found& a, const Found& b) const noexcept {
        if (a.entry == nullptr || b.entry == nullptr) return a.entry != nullptr ? a : b;
        if (a.entry->rank != b.entry->rank) return a.entry->rank < b.entry->rank ? a : b;
        const bool conditional = compiled_.summaries[a.rule].conditional;
        if (conditional != compiled_.summaries[b.rule].conditional) return conditional ? a : b;
        return a.rule < b.rule ? a : b;
    }

    Found first_of(Side side, bool unfit) noexcept {
        const Found all = first_of(0, side, unfit);
        return role_ == 0 ? all : more_specific(first_of(role_, side, unfit), all);
    }
    Found allow() noexcept { return first_of(&Compiled::ActionRules::allows, false); }
    Found forbid_covering() noexcept { return first_of(&Compiled::ActionRules::forbids, true); }

    Decision permit(const Found& allow, RouteIndex route) const noexcept {
        const RuleSummary& rule = compiled_.summaries[allow.rule];
        if (rule.payload_bytes != 0 && question_.payload_bytes > rule.payload_bytes) {
            return Denial{Denial::Reason::payload_too_big, allow.rule};
        }
        return Permit(allow.rule, route, &policy_.rules_[allow.rule].limits, rule.grants, session_,
                      question_);
    }

    Decision decide_one() noexcept {
        const Found forbid = forbid_covering();
        const Found allowing = allow();
        if (forbid.entry != nullptr) return Denial{Denial::Reason::forbidden, forbid.rule};
        if (allowing.entry == nullptr) return near_;
        const Entry* const route = base_route();
        if (route == nullptr) return Denial{Denial::Reason::no_route, allowing.rule};
        return permit(allowing, route_of(*route));
    }

    // Containment (W-AUZ-03). A prefix or wildcard pattern matches infinitely many values of each
    // open component, and rules name finitely many; so all its matches are allowed exactly if one
    // single rule covers them all. This is checked first: the check of the forbids may visit every
    // forbid below the literal head, and only an allowed principal can cause that work.
    Decision decide_pattern() noexcept {
        const Found allowing = allow();
        if (allowing.entry == nullptr) {
            if (near_.rule == no_rule) near_.reason = Denial::Reason::pattern;
            return near_;
        }
        for (const std::size_t role : {role_, std::size_t{0}}) {
            Found forbid;
            const PatternTable& rules = table(role, &Compiled::ActionRules::forbids);
            rules.find_meeting(query(true), [&](const Entry& entry) noexcept {
                return find_applying(rules, entry, forbid);
            });
            if (forbid.entry != nullptr) return Denial{Denial::Reason::forbidden, forbid.rule};
        }
        // A permit has one route: a pattern that spans several destinations is refused like one
        // that matches more than is allowed.
        const Entry* const route = base_route();
        if (route == nullptr) return Denial{Denial::Reason::no_route, allowing.rule};
        const RouteInfo& target = policy_.routes_[route_of(*route)];
        const auto has_other_target = [&](const Entry& inner) noexcept {
            const RouteInfo& other = policy_.routes_[route_of(inner)];
            return inner.rank < route->rank &&
                   (other.backends != target.backends || other.realm != target.realm ||
                    other.rewrite != target.rewrite || target.rewrite);
        };
        if (!compiled_.one_target &&
            compiled_.routes.find_meeting(query(false), has_other_target) != nullptr) {
            return Denial{Denial::Reason::pattern, allowing.rule};
        }
        return permit(allowing, route_of(*route));
    }

    RouteIndex route_of(const Entry& entry) const noexcept {
        return compiled_.routes.values(entry).front();
    }
    const Entry* base_route() const noexcept {
        return compiled_.routes.find(query(false), [](const Entry&) noexcept { return true; });
    }

    const RealmPolicy& policy_;
    const Compiled& compiled_;
    const Question& question_;
    RequestedUri uri_;
    Bindings bindings_;
    wamp::SessionId session_;
    std::size_t role_;
    std::optional<Grant> needed_;
    bool ends_sessions_;
    bool checked_payload_ = false;  ///< a condition was evaluated
    Denial near_;
};

RoleIndex RealmPolicy::role(std::string_view name) const noexcept {
    const auto found = role_names_.find(name);
    return found == role_names_.end() ? RoleIndex{0} : found->second;
}

Decision RealmPolicy::decide(const Subject& subject, const Question& question) const noexcept {
    if (question.uri.size() > wamp::uri_bytes_max) return Denial{};
    return Evaluation(*this, *compiled_, subject, question).decide();
}

Decision RealmPolicy::decide_with_shadows(const Subject& subject,
                                          const Question& question) const noexcept {
    if (question.uri.size() > wamp::uri_bytes_max) return Denial{};
    return Evaluation(*this, *with_shadows_, subject, question).decide();
}

bool RealmPolicy::may_receive(const Subject& subject, std::string_view topic) const noexcept {
    if (topic.size() > wamp::uri_bytes_max) return false;
    const Question question{Action::subscribe, topic};
    return Evaluation(*this, *compiled_, subject, question).may_receive();
}

}  // namespace sallyport::policy
