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
struct Overruled {
    const RuleText* rule;
    const PatternText* uri;       ///< null: all of them
    std::vector<std::string> by;  ///< rules that always decide instead, or forbid as much
    bool unrouted = false;        ///< it allows what no route leads anywhere
};

/// The rules that can never decide: whatever they match, a forbid or more specific rules decide, or
/// another forbid covers it as well. Decided exactly but for conditions on arguments, which are
/// tried at their boundaries. In the order of the file.
std::vector<Overruled> overruled(const PolicyFile& file);

/// How often each rule decided, or as a shadow would have, by the lines of a decision log.
class HitCounts {
public:
    explicit HitCounts(std::string_view realm) : realm_(realm) {}

    /// False when it is no record of a decision log.
    bool line(std::string_view text);
    std::uint64_t of(const std::string& rule) const;
    std::uint64_t decisions() const noexcept { return decisions_; }
    std::uint64_t unreadable() const noexcept { return unreadable_; }
    std::uint64_t first_unreadable() const noexcept { return first_unreadable_; }  ///< line

private:
    std::string realm_;
    std::unordered_map<std::string, std::uint64_t> hits_;
    std::uint64_t decisions_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t first_unreadable_ = 0;
    LogLine line_;
};

/// Tells of the rules that never decide and, with `hits`, of those that did not. 0 when there are
/// none, otherwise 1.
int print_unused(const LoadedRealm& realm, const HitCounts* hits, const Output& to);

}  // namespace sallyport::policy
