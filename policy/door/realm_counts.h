#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/engine/permit.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// How long things took: a histogram whose buckets are fixed. Adding allocates nothing.
class Durations {
public:
    /// The upper bounds of the buckets, inclusive; the last bucket has none.
    static constexpr std::array<wamp::Duration, 14> bounds{
        std::chrono::milliseconds(1),     std::chrono::microseconds(2'500),
        std::chrono::milliseconds(5),     std::chrono::milliseconds(10),
        std::chrono::milliseconds(25),    std::chrono::milliseconds(50),
        std::chrono::milliseconds(100),   std::chrono::milliseconds(250),
        std::chrono::milliseconds(500),   std::chrono::seconds(1),
        std::chrono::milliseconds(2'500), std::chrono::seconds(5),
        std::chrono::seconds(10),         std::chrono::seconds(60)};

    void add(wamp::Duration took) noexcept {
        const auto bound = std::lower_bound(bounds.begin(), bounds.end(), took);
        ++buckets_[static_cast<std::size_t>(bound - bounds.begin())];
        ++count_;
        sum_ += took;
    }
    /// How many there were in each bucket alone.
    const std::array<std::uint64_t, bounds.size() + 1>& buckets() const noexcept {
        return buckets_;
    }
    std::uint64_t count() const noexcept { return count_; }
    wamp::Duration sum() const noexcept { return sum_; }

private:
    std::array<std::uint64_t, bounds.size() + 1> buckets_{};
    std::uint64_t count_ = 0;
    wamp::Duration sum_{};
};

inline constexpr std::size_t outcome_count = static_cast<std::size_t>(Outcome::shadow) + 1;

/// What a rule has decided since the start.
struct RuleCounts {
    std::array<std::uint64_t, outcome_count> outcomes{};  ///< by Outcome
    std::uint64_t agreed = 0;  ///< decisions on which a shadow rule agreed with the active ones
    Durations waited;          ///< calls, from their arrival until they crossed the link
    Durations answered;        ///< calls, from their arrival until their final answer

    std::uint64_t of(Outcome outcome) const noexcept {
        return outcomes[static_cast<std::size_t>(outcome)];
    }
    /// Without what reloads have taken away.
    std::uint64_t decisions() const noexcept {
        std::uint64_t sum = agreed;
        for (const std::uint64_t count : outcomes) sum += count;
        return sum - of(Outcome::revoke);
    }
};

/// What has been decided in a realm since the start, and who has joined it. Its size depends on the
/// policy alone.
class RealmCounts {
public:
    /// Names (of methods, of reasons) that are counted apart; further ones are counted as "other".
    static constexpr std::size_t names_max = 16;
    struct Named {
        std::string name;
        std::uint64_t count = 0;
    };

    /// `version` differs for each version of the realm: a RuleIndex means nothing in another one.
    RealmCounts(std::size_t rules, std::uint64_t version) : rules_(rules + 1), version_(version) {}

    std::uint64_t version() const noexcept { return version_; }
    /// With no_rule, of the decisions that no rule has made.
    RuleCounts& of(RuleIndex rule) noexcept { return rules_[slot(rule)]; }
    const RuleCounts& of(RuleIndex rule) const noexcept { return rules_[slot(rule)]; }
    std::size_t rules() const noexcept { return rules_.size() - 1; }

    void joined(std::string_view method) { ++entry(joined_, method).count; }
    const std::vector<Named>& joined() const noexcept { return joined_; }
    void set_joined(std::vector<Named> joined) { joined_ = std::move(joined); }

    /// The entry of that name, one of at most names_max and "other".
    static Named& entry(std::vector<Named>& methods, std::string_view name) {
        const auto named = [&methods](std::string_view wanted) {
            return std::find_if(methods.begin(), methods.end(),
                                [wanted](const Named& method) { return method.name == wanted; });
        };
        if (const auto found = named(name); found != methods.end()) return *found;
        if (methods.size() < names_max) return methods.emplace_back(std::string(name));
        const auto other = named("other");
        return other != methods.end() ? *other : methods.emplace_back("other");
    }

private:
    std::size_t slot(RuleIndex rule) const noexcept {
        return std::min<std::size_t>(rule, rules_.size() - 1);
    }

    std::vector<RuleCounts> rules_;
    std::uint64_t version_;
    std::vector<Named> joined_;
};

}  // namespace sallyport::policy
