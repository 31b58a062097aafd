#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "policy/auth/auth_section.h"
#include "policy/crypto/hash.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// Counts failed login attempts by Tor circuit and by requested name, known or not (W-AUT-04), as
/// there are no client addresses. A window starts at the first failure; a circuit or name that
/// reaches its limit is refused until the window ends. Memory is bounded: beyond `entries_max` the
/// oldest window is dropped.
class JoinFailures {
public:
    static constexpr std::size_t entries_max = 16'384;

    /// Generates a secret, so that clients cannot choose names whose counters collide.
    explicit JoinFailures(wamp::Random& random) noexcept { random.fill(key_); }

    /// Whether an attempt must be refused without a check. Circuit 0 means no circuit.
    bool blocks(std::uint64_t circuit, std::string_view realm, std::string_view name,
                const FailureLimits& limits, wamp::Instant now) const noexcept;
    /// Whether the circuit has now reached its limit for this window.
    bool count(std::uint64_t circuit, std::string_view realm, std::string_view name,
               const FailureLimits& limits, wamp::Instant now);

    std::size_t entries() const noexcept { return circuits_.size() + names_.size(); }

private:
    struct Window {
        wamp::Instant until;
        std::uint32_t failures = 0;
    };
    class Table {
    public:
        std::uint32_t failures(std::uint64_t key, wamp::Instant now) const noexcept;
        std::uint32_t count(std::uint64_t key, wamp::Duration window, wamp::Instant now);
        std::size_t size() const noexcept { return windows_.size(); }

    private:
        void forget_oldest();

        std::unordered_map<std::uint64_t, Window> windows_;
        std::deque<std::pair<wamp::Instant, std::uint64_t>> order_;  ///< by begin of window
    };
    std::uint64_t key_of(std::string_view realm, std::string_view name) const noexcept;

    crypto::Digest key_{};
    Table circuits_;
    Table names_;
};

}  // namespace sallyport::policy
