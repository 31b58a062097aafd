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
#include "policy/tools/analysis/lone_rule.h"
#include "policy/tools/analysis/pattern_trie.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// Puts the messages of a decision log to another policy, line by line, and keeps what would be
/// answered otherwise; its memory does not grow with the log. The log holds no payloads: where the
/// answer hangs on arguments it says so.
class Replay {
public:
    /// Borrows the realm.
    explicit Replay(const LoadedRealm& realm);

    /// False when it is no record of a decision log.
    bool line(std::string_view text);

    /// Decisions of one kind that would flip.
    struct Flip {
        bool certain = true;   ///< false: depends on arguments that the log does not hold
        bool allowed = false;  ///< as it was
        std::string rule;      ///< that decided then, or ""
        std::string now;       ///< what the policy answers, for people
        std::uint64_t count = 0;
        std::uint64_t first_line = 0;
        LogLine first;
    };
    struct Counts {
        std::uint64_t lines = 0;
        std::uint64_t decisions = 0;  ///< that were replayed
        std::uint64_t other_realms = 0;
        std::uint64_t not_decisions =
            0;  ///< of sessions, of reloads, of what no policy was asked, shadows
        std::uint64_t shadows = 0;  ///< of what shadow rules would have done
        std::uint64_t unreadable = 0;
        std::uint64_t first_unreadable = 0;  ///< line
        std::uint64_t flips = 0;
        std::uint64_t uncertain = 0;
    };

    const Counts& counts() const noexcept { return counts_; }
    std::vector<Flip> flips() const;  ///< the certain ones first, then by their first line

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
    std::vector<LonePatterns> patterns_;
    PatternTrie trie_;
    bool looks_at_payloads_ = false;
    std::vector<std::uint64_t> payload_limits_;
    std::unordered_map<std::string, Answer> known_;
    std::string key_;
    LogLine line_;
    Counts counts_;
    std::map<Key, Flip> flips_;
};

/// Tells what a replay came to. 0 when nothing flips, 1 when something does or may.
int print_replay(const Replay& replay, const Output& to);

}  // namespace sallyport::policy
