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

/// Counts failed attempts to log in, by Tor circuit and by the name that was tried, known or not
/// (W-AUT-04): there are no addresses to count by. A window begins with a first failure; what
/// reaches its limit is not heard until the window ends. Memory is bounded: beyond `entries_max`
/// the oldest window is forgotten.
class JoinFailures {
public:
    static constexpr std::size_t entries_max = 16'384;

    /// Draws a secret, so that nobody can choose names that count for each other.
    explicit JoinFailures(wamp::Random& random) noexcept { random.fill(key_); }

    /// Whether an attempt is not even to be looked at. Circuit 0 is none.
    bool blocks(std::uint64_t circuit, std::string_view realm, std::string_view name,
                const FailureLimits& limits, wamp::Instant now) const noexcept;
    /// Whether it was the circuit's last one in this window.
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
        std::deque<std::pair<wamp::Instant, std::uint64_t>> order_;  ///< as the windows began
    };
    std::uint64_t key_of(std::string_view realm, std::string_view name) const noexcept;

    crypto::Digest key_{};
    Table circuits_;
    Table names_;
};

}  // namespace sallyport::policy
