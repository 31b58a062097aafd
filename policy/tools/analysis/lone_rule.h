#pragma once

#include <string_view>
#include <vector>

#include "policy/engine/pattern.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// The patterns of a rule or route, compiled; borrows its texts.
class LonePatterns {
public:
    LonePatterns(const std::vector<PatternText>& uris, wamp::MatchPolicy match);

    struct One {
        Pattern pattern;
        Shape shape;
    };
    const std::vector<One>& all() const noexcept { return all_; }
    /// The most specific one that covers all that is asked for; with `meeting`, that shares
    /// something with it. Null for none.
    const One* find(const AskedUri& asked, const Bindings& bindings, bool unfit,
                    bool meeting) const noexcept;

private:
    std::vector<One> all_;
};

/// How a rule by itself stands to a question: what of it fits. It has a say when all does.
struct Stand {
    bool role = false;
    bool action = false;
    bool uri = false;
    bool payload = false;                        ///< readable or opaque, as the rule wants it
    bool arguments = false;                      ///< the conditions hold
    bool granted = false;                        ///< what "wamp." needs
    bool named = false;                          ///< the procedure, where it ends sessions
    const LonePatterns::One* pattern = nullptr;  ///< the most specific that fits

    bool applies() const noexcept {
        return role && action && uri && payload && arguments && granted && named;
    }
};

/// Asks one rule alone, by the engine's semantics (held against it in tests); for tools that must
/// say why, or what if. `patterns` are the rule's.
Stand stand(const RuleText& rule, const LonePatterns& patterns, const Subject& subject,
            const Question& question, const AskedUri& asked) noexcept;

/// Of two rules of one kind that apply to one URI, whether the first decides.
bool decides_before(const RuleText& a, const Stand& of_a, const RuleText& b,
                    const Stand& of_b) noexcept;

}  // namespace sallyport::policy
