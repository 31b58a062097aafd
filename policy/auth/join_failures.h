#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <tuple>

#include "policy/auth/auth_section.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// Where attempts to join come from: a Tor circuit or, where there is none, an address. Without
/// either nothing is counted; a connection has one attempt anyway.
struct JoinSource {
    std::uint64_t circuit = 0;  ///< 0: none
    std::uint64_t address = 0;  ///< stands for it; 0: none

    bool is_known() const noexcept { return circuit != 0 || address != 0; }
    /// Identifies it: circuits and addresses never have the same one.
    wamp::IdPair key() const noexcept {
        return circuit != 0 ? wamp::IdPair{circuit, 0} : wamp::IdPair{0, address};
    }
};

/// Counts guessed secrets where they come from, and never for whom they were meant: whoever guesses
/// waits, longer each time, and nobody else does. The failure that reaches `per_circuit` starts a
/// wait of `window`; after it the source has one attempt, and its failure starts a wait of twice
/// the time, up to `wait_max`. A success changes nothing. What a source did is forgotten when it
/// has not failed for as long again as it last had to wait, and at least for `window`.
///
/// Memory is bounded: beyond `entries_max` the source is forgotten that would be forgotten first.
/// These are the ones that have failed least, so that other sources do not push a guesser out
/// before as many of them have guessed as much. Nobody ever waits for what others did.
class JoinFailures {
public:
    static constexpr std::size_t entries_max = 16'384;
    /// The longest wait, if `window` is not longer. Tor counts circuits from the beginning again
    /// when it restarts, and a wait must not outlast that by much.
    static constexpr wamp::Duration wait_max = std::chrono::minutes(15);

    /// Whether attempts from there must be refused without a check.
    bool waits(const JoinSource& source, wamp::Instant now) const noexcept;
    /// Whether something from there has failed and is not forgotten.
    bool suspects(const JoinSource& source, wamp::Instant now) const noexcept;
    /// An attempt has failed. Returns how long the source has to wait now; zero if it need not.
    wamp::Duration count(const JoinSource& source, const FailureLimits& limits, wamp::Instant now);

    std::size_t entries() const noexcept { return entries_.size(); }
    std::uint64_t failed() const noexcept { return failed_; }  ///< attempts, in total
    std::uint64_t waits() const noexcept { return waits_; }    ///< that were started, in total

private:
    struct Entry {
        std::uint32_t failures = 0;
        wamp::Instant until{};   ///< attempts are refused
        wamp::Instant forget{};  ///< the key of its entry in order_
    };
    using Place = std::tuple<wamp::Instant, wamp::Id, wamp::Id>;
    static Place place_of(const wamp::IdPair& key, const Entry& entry) noexcept {
        return {entry.forget, key.first, key.second};
    }
    void forget_first() noexcept;

    wamp::IdPairMap<Entry> entries_;
    std::set<Place> order_;  ///< of entries_, by when they are forgotten
    std::uint64_t failed_ = 0;
    std::uint64_t waits_ = 0;
};

}  // namespace sallyport::policy
