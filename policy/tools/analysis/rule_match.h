#pragma once

#include <string_view>
#include <vector>

#include "policy/engine/pattern.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// The patterns of a rule or route, compiled; borrows its texts.
class RulePatterns {
public:
    RulePatterns(const std::vector<PatternText>& uris, wamp::MatchPolicy match);

    struct Entry {
        Pattern pattern;
        Shape shape;
    };
    const std::vector<Entry>& all() const noexcept { return all_; }
    /// The most specific pattern that covers everything requested; with `overlapping`, that
    /// overlaps it. Null if there is none.
    const Entry* find(const RequestedUri& requested, const Bindings& bindings, bool unfit,
                      bool overlapping) const noexcept;

private:
    std::vector<Entry> all_;
};

/// Which parts of a rule match a request. The rule applies if all of them do.
struct RuleMatch {
    bool role = false;
    bool action = false;
    bool uri = false;
    bool payload = false;                          ///< readable or opaque, as the rule requires
    bool arguments = false;                        ///< the conditions hold
    bool granted = false;                          ///< the grant that "wamp." requires
    bool named = false;                            ///< names the procedure, if it ends sessions
    const RulePatterns::Entry* pattern = nullptr;  ///< the most specific that matches

    bool applies() const noexcept {
        return role && action && uri && payload && arguments && granted && named;
    }
};

/// Evaluates one rule alone, with the semantics of the engine (compared in tests); for tools that
/// explain decisions. `patterns` are the rule's.
RuleMatch match_rule(const RuleText& rule, const RulePatterns& patterns, const Subject& subject,
                     const Question& question, const RequestedUri& requested) noexcept;

/// Of two rules of one kind that apply to the same URI, whether the first one decides.
bool decides_before(const RuleText& a, const RuleMatch& of_a, const RuleText& b,
                    const RuleMatch& of_b) noexcept;

}  // namespace sallyport::policy
