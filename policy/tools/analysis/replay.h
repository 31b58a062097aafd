#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "policy/file/load.h"
#include "policy/tools/analysis/log_line.h"
#include "policy/tools/analysis/pattern_trie.h"
#include "policy/tools/analysis/rule_match.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// Decides the messages of a decision log again with another policy, line by line, and keeps the
/// changes; its memory does not grow with the log. The log contains no payloads: a decision that
/// depends on arguments is reported as uncertain.
class Replay {
public:
    /// Borrows the realm.
    explicit Replay(const LoadedRealm& realm);

    /// False if the line is not a record of a decision log.
    bool line(std::string_view text);

    /// Decisions of one kind that would change.
    struct Flip {
        bool certain = true;   ///< false: depends on what the log does not hold: arguments, URIs
        bool allowed = false;  ///< the logged decision
        std::string rule;      ///< the rule that decided it, or ""
        std::string now;       ///< the decision of the policy, for people
        std::uint64_t count = 0;
        std::uint64_t first_line = 0;
        LogLine first;
    };
    struct Counts {
        std::uint64_t lines = 0;
        std::uint64_t decisions = 0;  ///< the number of replayed decisions
        /// Of these: summed up with others, and decided here by the first one's URI, not by theirs.
        std::uint64_t by_first_uri = 0;
        std::uint64_t other_realms = 0;
        /// About sessions and reloads, without a policy decision, and of shadows.
        std::uint64_t not_decisions = 0;
        std::uint64_t shadows = 0;  ///< records of what shadow rules would have decided
        std::uint64_t unreadable = 0;
        std::uint64_t first_unreadable = 0;  ///< line
        std::uint64_t flips = 0;
        std::uint64_t uncertain = 0;
    };

    const Counts& counts() const noexcept { return counts_; }
    std::vector<Flip> flips() const;  ///< certain changes first, then by first line

private:
    struct Answer {
        bool may_allow = false;
        bool may_deny = false;
        std::string text;
    };
    using Key = std::tuple<bool, bool, std::string, std::string, Action, std::string>;

    const Answer& answer(const LogLine& line);
    Answer ask(const LogLine& line) const;
    std::vector<const RuleText*> candidates(const LogLine& line) const;

    const LoadedRealm& realm_;
    std::vector<RulePatterns> patterns_;
    PatternTrie trie_;
    bool looks_at_payloads_ = false;
    std::vector<std::uint64_t> payload_limits_;
    std::unordered_map<std::string, Answer> known_;
    std::string key_;
    LogLine line_;
    Counts counts_;
    std::map<Key, Flip> flips_;
};

/// Prints the result of a replay. 0 if nothing changes, 1 if something does or may.
int print_replay(const Replay& replay, const Output& to);

}  // namespace sallyport::policy
