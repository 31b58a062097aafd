#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace sallyport::wamp {

/// Counts things that are open at the same time, such as calls, by keys that the owner chooses, and
/// enforces limits on the counts. Memory: one entry for each count that is not zero.
class Tally {
public:
    /// At most `most` under `key`; zero means no limit, and is not counted.
    struct Bound {
        std::uint64_t key = 0;
        std::uint32_t most = 0;
    };
    static constexpr std::size_t bounds_max = 3;
    using Bounds = std::array<Bound, bounds_max>;

    /// One counted place, released on destruction. Must not outlive the Tally.
    class Lease {
    public:
        Lease() noexcept = default;
        Lease(Lease&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), bounds_(other.bounds_) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(bounds_, other.bounds_);
            return *this;
        }
        ~Lease() {
            if (owner_ != nullptr) owner_->release(bounds_);
        }

    private:
        friend class Tally;
        Tally* owner_ = nullptr;  ///< nullptr: not counted
        Bounds bounds_{};
    };

    Tally() = default;
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;

    /// Adds one to the count of each of these distinct keys; nothing if one of them is at its
    /// limit.
    std::optional<Lease> acquire(const Bounds& bounds);

    std::size_t counts() const noexcept { return counts_.size(); }

private:
    void release(const Bounds& bounds) noexcept;

    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

}  // namespace sallyport::wamp
