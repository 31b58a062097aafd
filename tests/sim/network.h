#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/random.h"
#include "wamp/base/instant.h"

namespace sallyport::sim {

using wamp::Duration;
using wamp::Instant;

/// Virtual time: what is due next happens next; what is due together happens in the order it was
/// asked for.
class Schedule {
public:
    Instant now() const noexcept { return now_; }
    void at(Instant when, std::function<void()> what);
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
    /// Runs everything that is due until `end`, and stands there.
    void run_until(Instant end);

private:
    Instant now_{};
    std::uint64_t asked_ = 0;
    std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> due_;
};

/// One end of a wire, as its owner sees it.
class WireEnd {
public:
    virtual ~WireEnd() = default;
    virtual void on_bytes(std::string_view bytes) = 0;
    /// The other end has read; `unread` bytes that this end wrote still wait for it.
    virtual void on_read(std::size_t /*unread*/) {}
    virtual void on_cut() = 0;
};

/// How a wire misbehaves.
struct WireFaults {
    bool one_byte_reads = false;
    bool stalled = false;  ///< nothing arrives at either end until it is lifted
    Duration latency = std::chrono::microseconds(200);
};

/// A byte stream between two ends over virtual time, cut into reads of any size. Bytes on their way
/// when it is cut are lost, those before stay in order.
class Wire : public std::enable_shared_from_this<Wire> {
public:
    Wire(Schedule& schedule, Dice& dice, WireFaults faults)
        : schedule_(schedule), dice_(dice), faults_(faults) {}

    void attach(WireEnd* left, WireEnd* right) {
        sides_[0].reader = left;
        sides_[1].reader = right;
    }
    /// Writes from `side` (0 left, 1 right) to the other one.
    void write(int side, std::string_view bytes);
    /// Bytes written by `side` that were not read yet.
    std::size_t unread(int side) const noexcept { return sides_[1 - side].pending.size(); }
    /// From now on nothing arrives and both ends are told, each after a while; the one that cuts is
    /// not.
    void cut(int by_side);
    /// As cut(), but the other end first reads what is on its way.
    void finish(int by_side);
    void stall(bool on);
    /// Ends all faults but a cut.
    void heal();
    bool is_cut() const noexcept { return cut_; }

private:
    struct Side {
        WireEnd* reader = nullptr;
        std::string pending;
        bool scheduled = false;
        bool ends = false;
    };
    void wake(int side);
    void read(int side);

    Schedule& schedule_;
    Dice& dice_;
    WireFaults faults_;
    Side sides_[2];
    bool cut_ = false;
};

}  // namespace sallyport::sim
