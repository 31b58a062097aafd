#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "policy/permit.h"

namespace sallyport::policy {

/// Whom a limit of a rule counts for (DESIGN §7.7).
enum class Scope : std::uint8_t { session, authid, circuit };

/// Names the counter of a rule for one of a scope, by the rule's id, so that it goes on when the
/// policy is reloaded. `secret` keeps strangers from choosing names that meet.
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::string_view who) noexcept;
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::uint64_t who) noexcept;

/// Whom a call counts for. `circuit`: of Tor, or something that stands for the connection.
struct Counted {
    std::uint64_t session = 0;
    std::string_view authid;
    std::uint64_t circuit = 0;
};

/// The calls that are open under rules that limit them, counted over all bridges and sessions.
/// Memory: one entry for each counter that is not zero, so never more than there are calls.
class InFlight {
public:
    /// A place among them, given back when it goes. Not to outlive the InFlight.
    class Lease {
    public:
        Lease() noexcept = default;
        Lease(Lease&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), keys_(other.keys_) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(keys_, other.keys_);
            return *this;
        }
        ~Lease() {
            if (owner_ != nullptr) owner_->release(keys_);
        }

    private:
        friend class InFlight;
        InFlight* owner_ = nullptr;
        std::array<std::uint64_t, 3> keys_{};  ///< 0: not counted
    };

    explicit InFlight(std::uint64_t secret = 0) noexcept : secret_(secret) {}
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

    /// A place for one more call under that rule, or nothing when one of its limits is reached.
    std::optional<Lease> take(std::string_view rule, const Limits& limits, const Counted& who);

    std::size_t counters() const noexcept { return counts_.size(); }

private:
    void release(const std::array<std::uint64_t, 3>& keys) noexcept;

    std::uint64_t secret_;
    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

}  // namespace sallyport::policy
