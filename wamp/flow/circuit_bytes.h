#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/flow/fair_queue.h"

namespace sallyport::wamp::flow {

/// The bytes that the sessions of each Tor circuit have under way together: messages of theirs that
/// the process holds because what they are for cannot take them yet. A circuit with many sessions
/// so gets no more of the memory than one with few. Nothing is refused; sessions are not read:
///
/// - beyond the limit, a session that has something under way;
/// - beyond twice the limit, all sessions of the circuit.
///
/// So a session with nothing under way may have one message as long as its circuit is below twice
/// the limit, and a circuit has at most that and one message more. A session is read again when its
/// circuit has come down to half of the limit, or, if it has nothing under way, to one and a half
/// times the limit. Those who have waited longest are first.
///
/// A session without a circuit stands for itself. Only what leaves without further messages of its
/// sender may be counted, such as bytes that wait for a link; then nobody waits in a circle
/// (docs/decisions/0007).
class CircuitBytes {
public:
    /// SIZE_MAX for no limit; then nothing is counted.
    explicit CircuitBytes(std::size_t limit) noexcept : limit_(limit) {
        circuits_.reserve(busy_entries);
        sessions_.reserve(busy_entries);
    }
    CircuitBytes(const CircuitBytes&) = delete;
    CircuitBytes& operator=(const CircuitBytes&) = delete;

    /// Bytes that are under way until this is destroyed. Must not outlive the CircuitBytes.
    class Charge {
    public:
        Charge() noexcept = default;
        Charge(Charge&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)),
              from_(other.from_),
              bytes_(other.bytes_) {}
        Charge& operator=(Charge&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(from_, other.from_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~Charge() {
            if (owner_ != nullptr) owner_->release(from_, bytes_);
        }

    private:
        friend class CircuitBytes;
        CircuitBytes* owner_ = nullptr;  ///< null: nothing
        Sender from_;
        std::size_t bytes_ = 0;
    };
    [[nodiscard]] Charge charge(const Sender& from, std::size_t bytes);

    /// Whether there is a circuit beyond the limit. If not, nobody has to wait.
    bool is_short() const noexcept { return over_limit_ > 0; }
    /// Whether the session must not be read now.
    bool must_wait(const Sender& from) const noexcept;
    /// The session, which must_wait(), is not read until take_relieved() returns its peer. False if
    /// it waits already.
    bool wait(const Sender& from, PeerId peer);
    /// The session is read again, or has ended. Whether it waited.
    bool forget(const Sender& from);

    /// Whether take_relieved() or take_full() has something.
    bool has_news() const noexcept { return !relieved_.empty() || !full_.empty(); }
    /// The peers that are to be read again, in that order.
    std::vector<PeerId> take_relieved();
    /// A circuit that has come beyond twice the limit, once: all its sessions have to wait().
    std::optional<std::uint64_t> take_full();

    std::size_t limit() const noexcept { return limit_; }
    std::size_t waiting() const noexcept { return waiters_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t bytes_of_circuit(const Sender& from) const noexcept;

private:
    /// When it last had a message under way in a time of need, then when it began to wait.
    using Order = std::pair<std::uint64_t, std::uint64_t>;
    struct Circuit {
        std::size_t bytes = 0;
        bool full = false;  ///< it has been beyond twice the limit, and not down to `low` since
    };
    struct Waiter {
        PeerId peer = no_peer;
        Order order;
    };
    using Waiters = std::set<std::pair<Order, SessionId>>;

    static IdPair circuit_of(const Sender& from) noexcept {
        return {from.circuit, from.circuit == 0 ? from.session : 0};
    }
    std::size_t full_at() const noexcept { return 2 * limit_; }
    /// At which sessions with nothing under way are read again.
    std::size_t low() const noexcept { return limit_ + limit_ / 2; }
    void release(const Sender& from, std::size_t bytes) noexcept;
    void relieve_all_of(const IdPair& circuit);
    void relieve_idle_of(const IdPair& circuit);
    void relieve(const IdPair& circuit, SessionId session);

    std::size_t limit_;
    IdPairMap<Circuit> circuits_;      ///< those with bytes under way
    IdMap<std::size_t> sessions_;      ///< bytes of each session that has any
    IdMap<std::uint64_t> last_turns_;  ///< of sessions, while a circuit is beyond the limit
    IdMap<Waiter> waiters_;            ///< by session
    std::map<std::pair<Id, Id>, Waiters> queues_;  ///< the same by circuit
    std::vector<PeerId> relieved_;
    std::vector<std::uint64_t> full_;
    std::size_t over_limit_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace sallyport::wamp::flow
