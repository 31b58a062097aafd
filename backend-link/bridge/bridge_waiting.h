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

/// The requests of a bridge that wait for a link which is down, where their route says so
/// (`when_down = "wait"`), and what is kept of calls in flight that may be made again
/// (`idempotent = true`). They go on in the order in which they came, whatever their kinds
/// (W-ORD-07), or end when they have waited too long, are cancelled, or their session leaves. Both
/// their number and their bytes are bounded (W-GWY-10).
class WaitingRequests {
public:
    static constexpr std::size_t requests_per_session_max = 256;
    static constexpr std::size_t bytes_per_session_max = std::size_t{4} << 20;
    static constexpr std::size_t bytes_max = std::size_t{64} << 20;

    /// A request with all that is needed to forward it later.
    struct Entry {
        wamp::SessionId from;
        std::shared_ptr<const policy::RealmPolicy> policy;  ///< that gave the permit
        policy::Permit permit;
        wamp::Message message;
        wamp::OwnedPayload payload;
        wamp::Instant since;
        std::size_t bytes = 0;
        bool again = false;          ///< it was in flight before
        wamp::Tally::Lease lease{};  ///< of a call that waits
        wamp::Instant due = wamp::never;
        std::string_view late{};  ///< the error when it has waited too long
    };

    explicit WaitingRequests(LinkSide& link) : link_(link) {}

    /// A copy, which takes the permit with it; or nothing when there is no room for one.
    std::unique_ptr<Entry> keep(RequestContext& context, const wamp::Message& message);
    /// Its room is free again.
    void forget(const Entry& entry) noexcept;
    /// Lets it wait until `due`; then it ends with the error `late`.
    void wait(std::unique_ptr<Entry> entry, wamp::Instant due, std::string_view late);

    /// False: no such call waits.
    bool cancel(wamp::SessionId from, wamp::RequestId request, BridgeOutbox& out);
    void leave(wamp::SessionId session);
    /// All, oldest first; they wait no more.
    std::vector<std::unique_ptr<Entry>> take_all();

    void on_deadline(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept {
        return due_.empty() ? wamp::never : due_.begin()->first;
    }

    std::size_t size() const noexcept { return queue_.size(); }
    /// Of those that wait and of the calls that are kept to be made again.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Has the request judged again by the session's policy, which has changed since; the error
    /// when it may not go on.
    std::string_view judge_again(const policy::Session& session, Entry& entry);
    /// The answer that the request is due, which is none for a publication that wants none.
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
