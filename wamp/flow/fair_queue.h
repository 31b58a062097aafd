#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp::flow {

/// One of those who share a queue: a session, and the Tor circuit that it came over.
struct Sender {
    std::uint64_t circuit = 0;  ///< 0: none; the session then has a share of its own
    SessionId session = 0;
};

/// Items that wait for something that several senders share, such as a link. The order is fair: by
/// weighted fair queueing (Demers, Keshav and Shenker, SIGCOMM 1989) over the circuits, and over
/// the sessions of each circuit, all with the same weight. Whoever uses less than his share waits
/// for about one item of somebody else, whatever the others have in the queue and however large
/// their items are. The items of one session keep their order.
///
/// docs/decisions/0007-fair-queueing.md: why it is not deficit round robin.
template <class Item>
class FairQueue {
public:
    /// `cost` is what the item takes of the shared resource, in bytes.
    void push(const Sender& from, std::size_t cost, Item item) {
        const IdPair name = circuit_of(from);
        Circuit& circuit = circuits_[name];
        Flow& flow = circuit.flows[from.session];
        flow.items.push_back({cost, std::move(item)});
        flow.bytes += cost;
        ++size_;
        bytes_ += cost;
        if (flow.items.size() > 1) return;
        await_turn(circuit, from.session, flow, std::max(circuit.clock.now, flow.used));
        reorder(name, circuit);
    }

    /// The item whose turn it is, which is removed. There is one.
    Item pop() {
        SALLYPORT_CHECK(!order_.empty());
        const IdPair name = order_.begin()->name;
        Circuit& circuit = circuits_.find(name)->second;
        const auto [finish, session] = *circuit.order.begin();
        Flow& flow = circuit.flows.find(session)->second;
        const std::size_t cost = flow.items.front().cost;
        clock_.advance(cost, order_.size());
        circuit.clock.advance(cost, circuit.order.size());
        circuit.order.erase(circuit.order.begin());
        // What waits there still has waited all along: its time counts from where this item ends,
        // even if others are ahead by now.
        circuit.used = circuit.start + cost;
        circuit.start = circuit.used;
        flow.used = finish;
        Item item = std::move(flow.items.front().item);
        flow.items.pop_front();
        flow.bytes -= cost;
        --size_;
        bytes_ -= cost;
        if (!flow.items.empty()) await_turn(circuit, session, flow, flow.used);
        reorder(name, circuit);
        forget_idle();
        return item;
    }

    /// Removes what the session has in the queue, and what is known of it.
    void remove(const Sender& from) {
        const IdPair name = circuit_of(from);
        const auto found = circuits_.find(name);
        if (found == circuits_.end()) return;
        Circuit& circuit = found->second;
        const auto at = circuit.flows.find(from.session);
        if (at == circuit.flows.end()) return;
        Flow& flow = at->second;
        if (!flow.items.empty()) {
            circuit.order.erase({flow.finish, from.session});
            size_ -= flow.items.size();
            bytes_ -= flow.bytes;
        }
        circuit.flows.erase(at);
        reorder(name, circuit);
        if (circuit.flows.empty() && circuit.used <= clock_.now) circuits_.erase(found);
        forget_idle();
    }

    /// Calls `visit` with each item that the session has in the queue.
    template <class Visit>
    void visit(const Sender& from, Visit&& visit) const {
        const Flow* const flow = find(from);
        if (flow == nullptr) return;
        for (const Entry& entry : flow->items) visit(entry.item);
    }
    bool has(const Sender& from) const noexcept {
        const Flow* flow = find(from);
        return flow != nullptr && !flow->items.empty();
    }
    /// Of what the session has in the queue.
    std::size_t size_of(const Sender& from) const noexcept {
        const Flow* flow = find(from);
        return flow == nullptr ? 0 : flow->items.size();
    }
    std::size_t bytes_of(const Sender& from) const noexcept {
        const Flow* flow = find(from);
        return flow == nullptr ? 0 : flow->bytes;
    }
    /// The sessions of which something is known, with items or without; for tests.
    std::size_t known() const noexcept {
        std::size_t sum = 0;
        for (const auto& [name, circuit] : circuits_) sum += circuit.flows.size();
        return sum;
    }
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    // Virtual time is counted in bytes that each of those who wait may have used by then. 64 bits
    // do not overflow.
    using Time = std::uint64_t;

    struct Clock {
        Time now = 0;
        std::size_t rest = 0;  ///< bytes that are not divided yet

        /// `cost` bytes pass while `waiting` share.
        void advance(std::size_t cost, std::size_t waiting) noexcept {
            rest += cost;
            now += rest / waiting;
            rest %= waiting;
        }
    };
    struct Entry {
        std::size_t cost;
        Item item;
    };
    // Items may be movable only, which a map does not see in a deque.
    struct Flow {
        Flow() = default;
        Flow(Flow&&) = default;
        Flow& operator=(Flow&&) = default;

        std::deque<Entry> items;
        std::size_t bytes = 0;
        Time finish = 0;  ///< of the first item: when a fair share would have let it pass
        Time used = 0;    ///< `finish` of the last item that was removed by pop()
    };
    struct Circuit {
        Circuit() = default;
        Circuit(Circuit&&) = default;
        Circuit& operator=(Circuit&&) = default;

        IdMap<Flow> flows;
        std::set<std::pair<Time, SessionId>> order;  ///< sessions with items, by Flow::finish
        Clock clock;
        Time start = 0;   ///< of the item that it sends next
        Time finish = 0;  ///< of that item
        Time used = 0;
        bool queued = false;  ///< it is in order_
    };
    struct Turn {
        Time finish;
        IdPair name;

        bool operator<(const Turn& other) const noexcept {
            return std::tie(finish, name.first, name.second) <
                   std::tie(other.finish, other.name.first, other.name.second);
        }
    };

    static IdPair circuit_of(const Sender& from) noexcept {
        return {from.circuit, from.circuit == 0 ? from.session : 0};
    }

    const Flow* find(const Sender& from) const noexcept {
        const auto circuit = circuits_.find(circuit_of(from));
        if (circuit == circuits_.end()) return nullptr;
        const auto flow = circuit->second.flows.find(from.session);
        return flow == circuit->second.flows.end() ? nullptr : &flow->second;
    }

    static void await_turn(Circuit& circuit, SessionId session, Flow& flow, Time start) {
        flow.finish = start + flow.items.front().cost;
        circuit.order.emplace(flow.finish, session);
    }

    /// The circuit's place, by the item that it would send next.
    void reorder(const IdPair& name, Circuit& circuit) {
        if (circuit.queued) order_.erase({circuit.finish, name});
        const bool waits = !circuit.order.empty();
        if (waits) {
            if (!circuit.queued) circuit.start = std::max(clock_.now, circuit.used);
            const Flow& next = circuit.flows.find(circuit.order.begin()->second)->second;
            circuit.finish = circuit.start + next.items.front().cost;
            order_.insert({circuit.finish, name});
        }
        circuit.queued = waits;
    }

    /// What a sender has used is remembered only as long as somebody waits, and while it counts.
    void forget_idle() {
        if (order_.empty()) {
            circuits_.clear();
            clock_ = {};
        } else if (circuits_.size() > 2 * order_.size() + idle_kept) {
            erase_if(circuits_, [this](const auto& entry) {
                return !entry.second.queued && entry.second.used <= clock_.now;
            });
        }
    }

    static constexpr std::size_t idle_kept = 64;

    IdPairMap<Circuit> circuits_;
    std::set<Turn> order_;
    Clock clock_;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace sallyport::wamp::flow
