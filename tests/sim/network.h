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

/// How one end reads; unlike faults, this does not end with heal().
struct Reading {
    /// It reads so much at a time, each `pause` after the last time; 0: everything at once.
    std::size_t bytes_at_a_time = 0;
    Duration pause{};
    /// It reads nothing while the other end has not read so much of what it has written, as a
    /// program that writes and reads by turns. 0: it reads anyway.
    std::size_t unread_max = 0;
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
    void read_as(int side, Reading reading) { sides_[side].reading = reading; }
    /// From now on it reads all that there is.
    void catch_up(int side) {
        sides_[side].reading.bytes_at_a_time = 0;
        sides_[side].reading.pause = {};
    }
    /// While on, the end on that side reads nothing: it does not want to.
    void refuse_to_read(int side, bool on);
    /// Ends all faults but a cut.
    void heal();
    bool is_cut() const noexcept { return cut_; }
    /// Whether everything arrives soon.
    bool is_whole() const noexcept { return !cut_ && !faults_.stalled && !faults_.one_byte_reads; }

private:
    struct Side {
        WireEnd* reader = nullptr;
        std::string pending;
        bool scheduled = false;
        bool ends = false;
        bool refuses = false;
        Reading reading{};
    };
    void wake(int side);
    void read(int side);
    bool reads(int side) const noexcept;

    Schedule& schedule_;
    Dice& dice_;
    WireFaults faults_;
    Side sides_[2];
    bool cut_ = false;
};

}  // namespace sallyport::sim
