#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wamp/base/ids.h"

namespace sallyport::sim {

/// The model of what several senders share: the queue of a link, or the calls that are held for a
/// callee. Whoever waits there does not wait for the appetite of others: until his message passes,
/// another circuit gets no more than two messages beyond what his own circuit gets with that
/// message: one of its own, and as much as the largest of all, as it may have waited for that one
/// before. What his own circuit has got counts from the last time that nobody waited. The same
/// holds for the other sessions of his circuit (docs/decisions/0007).
class FairShares {
public:
    using Queue = std::uint64_t;
    struct Sender {
        std::uint64_t circuit = 0;  ///< 0: none; the session has a share of its own
        wamp::SessionId session = 0;
    };
    /// A moment, in messages that have passed any queue.
    using Moment = std::uint64_t;

    Moment now() const noexcept { return moment_; }
    /// Nobody waits there.
    void is_empty(Queue queue) { queues_.erase(queue); }
    /// A message begins to wait there.
    void wait(Queue queue, std::size_t cost) {
        std::size_t& largest = queues_[queue].largest;
        largest = std::max(largest, cost);
    }
    /// A message of the sender passes that has waited since then. Says what is wrong, if anything.
    std::optional<std::string> pass(Queue queue, const Sender& from, std::size_t cost,
                                    Moment since);
    /// The sender has had a turn with which nothing passed.
    void count(Queue queue, const Sender& from, std::size_t cost);
    /// What waited for some queue has ended, and may have its turn there all the same. Time passes
    /// with it for everybody, at most as much as half of it, as one who waits shares it with the
    /// session: who comes afterwards comes later than those who wait already, although no message
    /// was seen to pass.
    void forgive(wamp::SessionId session, std::size_t cost) {
        forgiven_[session] += cost;
        forgiven_bytes_ += cost;
    }

private:
    using Circuit = std::pair<std::uint64_t, wamp::SessionId>;
    struct Passed {
        Moment when;
        Circuit circuit;
        wamp::SessionId session;
        std::size_t cost;
    };
    struct Shared {
        std::size_t largest = 0;  ///< of all messages
        std::vector<Passed> passed;
        std::map<Circuit, std::size_t> used;
        std::map<wamp::SessionId, std::size_t> used_by_session;
    };
    struct Taken {
        std::size_t bytes = 0;
        std::size_t largest = 0;  ///< message
    };

    static Circuit circuit_of(const Sender& from) noexcept {
        return {from.circuit, from.circuit == 0 ? from.session : 0};
    }

    Moment moment_ = 0;
    std::map<Queue, Shared> queues_;
    std::map<wamp::SessionId, std::size_t> forgiven_;
    std::size_t forgiven_bytes_ = 0;  ///< of all sessions
};

}  // namespace sallyport::sim
