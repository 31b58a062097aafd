#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "wamp/base/check.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/flow/fair_queue.h"

namespace sallyport::wamp::flow {

/// A smaller payload is not worth dividing.
inline constexpr std::size_t divided_bytes_min = 32U << 10;

/// Items that wait for a link in the order of FairQueue, where a large item does not occupy the
/// link while it is sent: it is sent in parts, and others have their turns between them. So a small
/// message waits for parts only, however large the messages of others are.
///
/// As the receiver keeps the parts of a message until it is complete, only `streams_max` are under
/// way, one for each circuit; further ones wait for that, in the order of FairQueue. The items of
/// one session keep their order.
template <class Item>
class DividedQueue {
public:
    static constexpr std::size_t part_bytes = 16U << 10;
    static constexpr std::size_t streams_max = 8;

    /// An item whose turn it is. If it is sent in parts, the turn is that of one part.
    struct Turn {
        Sender from;
        Item item;
        std::size_t cost = 0;   ///< of the whole item, in bytes
        std::size_t bytes = 0;  ///< of its parts together; 0: it is sent whole
        std::size_t sent = 0;   ///< of these
        Id stream = 0;          ///< of its parts

        bool is_divided() const noexcept { return bytes != 0; }
        /// Of the part whose turn it is.
        std::size_t part() const noexcept { return std::min(part_bytes, bytes - sent); }
    };

    /// `cost` is what the item takes of the link, in bytes.
    void push(const Sender& from, std::size_t cost, Item item) {
        add(Turn{from, std::move(item), cost, 0, 0, 0});
    }
    /// Of `cost`, these bytes are sent in parts, which are not none.
    void push_divided(const Sender& from, std::size_t cost, std::size_t bytes, Item item) {
        SALLYPORT_CHECK(bytes != 0);
        add(Turn{from, std::move(item), cost, bytes, 0, 0});
    }

    /// The item whose turn it is; there is one. After sending its part, again() or done().
    Turn next() {
        Turn turn = ready_.pop();
        if (!turn.is_divided()) count_out(turn);
        return turn;
    }
    /// A part was sent, and it was not the last one: it waits for its next turn.
    void again(Turn&& turn) {
        const Sender from = turn.from;
        const std::size_t cost = turn.part();
        ready_.push(from, cost, std::move(turn));
    }
    /// The divided item was sent, or will not be.
    void done(const Turn& turn) {
        count_out(turn);
        close(turn.stream);
        follow(turn.from.session);
    }

    /// Removes what the session has here; the streams of which parts may have been sent.
    std::vector<Id> remove(const Sender& from) {
        std::vector<Id> ended;
        for (const Stream& stream : streams_) {
            if (stream.from.session == from.session) ended.push_back(stream.id);
        }
        const IdPair circuit = circuit_of(from);
        const bool had_turn = large_.has(from);
        forget(ready_, from);
        forget(large_, from);
        forget(behind_, circuit, from);
        forget(followers_, IdPair{from.session, 0}, from);
        sessions_.erase(from.session);
        if (had_turn) release(circuit);
        for (const Id stream : ended) close(stream);
        return ended;
    }

    bool has(const Sender& from) const noexcept { return sessions_.contains(from.session); }
    bool empty() const noexcept { return size_ == 0; }
    /// Whether the next item or part can be taken.
    bool is_ready() const noexcept { return !ready_.empty(); }
    std::size_t size() const noexcept { return size_; }
    /// The cost of all items, until they are sent.
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t bytes_of(const Sender& from) const noexcept {
        const Share* share = find_in(sessions_, from.session);
        return share == nullptr ? 0 : share->bytes;
    }

private:
    struct Stream {
        Id id;
        Sender from;
    };
    struct Share {
        std::size_t items = 0;
        std::size_t bytes = 0;
        bool divided = false;  ///< one of them is in large_, in behind_ or under way
    };
    // Items may be movable only, which a map does not see in a deque.
    struct Waiting {
        Waiting() = default;
        Waiting(Waiting&&) = default;
        Waiting& operator=(Waiting&&) = default;

        std::deque<Turn> turns;
    };
    using Waits = IdPairMap<Waiting>;

    static IdPair circuit_of(const Sender& from) noexcept {
        return {from.circuit, from.circuit == 0 ? from.session : 0};
    }

    void count_out(const Turn& turn) {
        const auto share = sessions_.find(turn.from.session);
        share->second.bytes -= turn.cost;
        if (--share->second.items == 0) sessions_.erase(share);
        --size_;
        bytes_ -= turn.cost;
    }

    void add(Turn&& turn) {
        Share& share = sessions_[turn.from.session];
        ++share.items;
        share.bytes += turn.cost;
        ++size_;
        bytes_ += turn.cost;
        if (share.divided) {
            followers_[{turn.from.session, 0}].turns.push_back(std::move(turn));
        } else {
            admit(std::move(turn));
        }
    }

    /// Nothing of its session that it has to follow is here.
    void admit(Turn&& turn) {
        const Sender from = turn.from;
        const std::size_t cost = turn.cost;
        if (!turn.is_divided()) return ready_.push(from, cost, std::move(turn));
        sessions_[from.session].divided = true;
        const IdPair circuit = circuit_of(from);
        if (!busy_.insert(circuit).second) {
            behind_[circuit].turns.push_back(std::move(turn));
            return;
        }
        large_.push(from, cost, std::move(turn));
        open();
    }

    void open() {
        while (streams_.size() < streams_max && !large_.empty()) {
            Turn turn = large_.pop();
            turn.stream = last_stream_ = next_id(last_stream_);
            streams_.push_back({turn.stream, turn.from});
            again(std::move(turn));
        }
    }

    void close(Id stream) {
        const auto found = std::find_if(streams_.begin(), streams_.end(),
                                        [stream](const Stream& open) { return open.id == stream; });
        SALLYPORT_CHECK(found != streams_.end());
        const IdPair circuit = circuit_of(found->from);
        streams_.erase(found);
        release(circuit);
        open();
    }

    /// The circuit has no item in large_ or under way any more.
    void release(const IdPair& circuit) {
        busy_.erase(circuit);
        if (auto next = take_first(behind_, circuit)) admit(std::move(*next));
    }

    /// The divided item of the session is done.
    void follow(SessionId session) {
        const auto share = sessions_.find(session);
        if (share == sessions_.end()) return;
        share->second.divided = false;
        while (auto next = take_first(followers_, IdPair{session, 0})) {
            const bool divided = next->is_divided();
            admit(std::move(*next));
            if (divided) return;
        }
    }

    static std::optional<Turn> take_first(Waits& waits, const IdPair& name) {
        const auto found = waits.find(name);
        if (found == waits.end()) return std::nullopt;
        std::optional<Turn> first(std::move(found->second.turns.front()));
        found->second.turns.pop_front();
        if (found->second.turns.empty()) waits.erase(found);
        return first;
    }

    void forget(const Turn& turn) noexcept {
        --size_;
        bytes_ -= turn.cost;
    }
    void forget(FairQueue<Turn>& queue, const Sender& from) {
        queue.visit(from, [this](const Turn& turn) { forget(turn); });
        queue.remove(from);
    }
    void forget(Waits& waits, const IdPair& name, const Sender& from) {
        const auto found = waits.find(name);
        if (found == waits.end()) return;
        std::erase_if(found->second.turns, [&](const Turn& turn) {
            if (turn.from.session != from.session) return false;
            forget(turn);
            return true;
        });
        if (found->second.turns.empty()) waits.erase(found);
    }

    FairQueue<Turn> ready_;  ///< whole items, and the next parts of those that are under way
    FairQueue<Turn> large_;  ///< divided items that wait to be under way, one for each circuit
    IdPairSet busy_;         ///< circuits with an item in large_ or under way
    Waits behind_;           ///< divided items of busy circuits
    Waits followers_;        ///< by session: what follows its divided item
    std::vector<Stream> streams_;  ///< under way
    IdMap<Share> sessions_;        ///< with items
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    Id last_stream_ = 0;
};

}  // namespace sallyport::wamp::flow
