#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/file/load.h"
#include "policy/tools/analysis/log_line.h"
#include "policy/tools/report.h"

namespace sallyport::policy {

/// A rule, or one of its URIs, that never decides anything.
struct UnreachableRule {
    const RuleText* rule;
    const PatternText* uri;       ///< null: all of them
    std::vector<std::string> by;  ///< rules that always decide instead, or forbid the same
    bool unrouted = false;        ///< it only allows what no route covers
};

/// The rules that can never decide: whatever they match is decided by a forbid or by more specific
/// rules, or covered by another forbid. Exact, except that conditions on arguments are only tried
/// at their boundaries. In file order.
std::vector<UnreachableRule> unreachable_rules(const PolicyFile& file);

/// How often each rule decided, or would have decided as a shadow, by the lines of a decision log.
class HitCounts {
public:
    explicit HitCounts(std::string_view realm) : realm_(realm) {}

    /// False if the line is not a record of a decision log.
    bool line(std::string_view text);
    std::uint64_t of(const std::string& rule) const;
    std::uint64_t decisions() const noexcept { return decisions_; }
    std::uint64_t unreadable() const noexcept { return unreadable_; }
    std::uint64_t first_unreadable() const noexcept { return first_unreadable_; }  ///< line number

private:
    std::string realm_;
    std::unordered_map<std::string, std::uint64_t> hits_;
    std::uint64_t decisions_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t first_unreadable_ = 0;
    LogLine line_;
};

/// Prints the rules that never decide and, with `hits`, those that did not decide. 0 if there are
/// none, otherwise 1.
int print_unused(const LoadedRealm& realm, const HitCounts* hits, const Output& to);

}  // namespace sallyport::policy
