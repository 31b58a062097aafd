#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/link_side.h"
#include "wamp/base/id_map.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// The requests of a bridge that wait while the link is down, if their route allows it (`when_down
/// = "wait"`), and copies of calls in flight that may be repeated (`idempotent = true`). They are
/// forwarded in the order in which they arrived, regardless of their types (W-ORD-07), or end when
/// they have waited too long, are cancelled, or their session leaves. Both their number and their
/// bytes are bounded (W-GWY-10).
class WaitingRequests {
public:
    static constexpr std::size_t requests_per_session_max = 256;
    static constexpr std::size_t bytes_per_session_max = std::size_t{4} << 20;
    static constexpr std::size_t bytes_max = std::size_t{64} << 20;

    /// A request with everything that is needed to forward it later.
    struct Entry {
        wamp::SessionId from;
        std::shared_ptr<const policy::RealmPolicy> policy;  ///< that issued the permit
        policy::Permit permit;
        wamp::Message message;
        wamp::OwnedPayload payload;
        wamp::Instant since;
        std::size_t bytes = 0;
        /// While it waits. A call in flight is not charged: its answer may need its sender.
        wamp::flow::CircuitBytes::Charge charge{};
        bool again = false;          ///< it was in flight when the link was lost
        wamp::Tally::Lease lease{};  ///< of a call that waits
        wamp::Instant due = wamp::never;
        std::string_view late{};  ///< the error if it waits too long
        std::uint64_t order = 0;  ///< of its arrival
        /// Of a SUBSCRIBE or REGISTER: the UNSUBSCRIBE or UNREGISTER that follows it, and its id.
        wamp::RequestId ended_by = 0;
        wamp::Id ended = 0;
    };

    explicit WaitingRequests(LinkSide& link) : link_(link) {}

    /// A copy with the permit moved into it; null if there is no room for one.
    std::unique_ptr<Entry> keep(RequestContext& context, const wamp::Message& message);
    /// Releases its share of the limits.
    void forget(const Entry& entry) noexcept;
    /// Queues it until `due`; then it ends with the error `late`.
    void wait(std::unique_ptr<Entry> entry, wamp::Instant due, std::string_view late);

    /// False if no such call is waiting.
    bool cancel(wamp::SessionId from, wamp::RequestId request, BridgeOutbox& out);
    void leave(wamp::SessionId session);
    /// All, oldest first.
    std::vector<Bridge::Waiting> list() const;
    /// The newest of the session that `wanted` accepts; null if there is none.
    template <class Wanted>
    Entry* newest(wamp::SessionId session, Wanted&& wanted) {
        const Owner* const owner = wamp::find_in(owners_, session);
        if (owner == nullptr) return nullptr;
        for (auto order = owner->waiting.rbegin(); order != owner->waiting.rend(); ++order) {
            Entry& entry = *queue_.find(*order)->second;
            if (wanted(std::as_const(entry))) return &entry;
        }
        return nullptr;
    }
    /// Removes and returns the oldest of the session; null if it has none.
    std::unique_ptr<Entry> take_oldest(wamp::SessionId session);

    /// Removes and returns those that `wanted` accepts, oldest first.
    template <class Wanted>
    std::vector<std::unique_ptr<Entry>> take_all(Wanted&& wanted) {
        std::vector<Order> orders;
        for (const auto& [order, entry] : queue_)
            if (wanted(std::as_const(*entry))) orders.push_back(order);
        std::vector<std::unique_ptr<Entry>> taken;
        taken.reserve(orders.size());
        for (const Order order : orders) taken.push_back(take(order));
        return taken;
    }
    /// It has waited for another link, and is the newest here now.
    void take_over(std::unique_ptr<Entry> entry);

    /// Removes and returns one that has waited too long, which is answered; null if there is none.
    std::unique_ptr<Entry> take_late(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept {
        return due_.empty() ? wamp::never : due_.begin()->first;
    }

    std::size_t size() const noexcept { return queue_.size(); }
    /// As bytes(), of one session.
    std::size_t bytes_of(wamp::SessionId session) const noexcept {
        const Owner* owner = wamp::find_in(owners_, session);
        return owner == nullptr ? 0 : owner->bytes;
    }
    /// Of those that wait and of the calls that are kept to be made again.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Decides the request again by the session's policy, which has changed; the error if it is
    /// denied.
    std::string_view judge_again(const policy::Session& session, Entry& entry);
    /// Answers the request with an error, except a publication without acknowledgement.
    static void refuse(const Entry& entry, std::string_view uri, BridgeOutbox& out);

private:
    using Order = std::uint64_t;
    struct Owner {
        std::size_t requests = 0;
        std::size_t bytes = 0;
        std::vector<Order> waiting;  ///< sorted
    };

    std::unique_ptr<Entry> take(Order order);

    LinkSide& link_;
    Order last_ = 0;
    std::size_t bytes_ = 0;
    std::map<Order, std::unique_ptr<Entry>> queue_;
    std::set<std::pair<wamp::Instant, Order>> due_;
    std::map<std::pair<wamp::SessionId, wamp::RequestId>, Order> calls_;
    wamp::IdMap<Owner> owners_;
};

}  // namespace sallyport::backend_link
