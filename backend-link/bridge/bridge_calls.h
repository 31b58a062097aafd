#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/bridge_history.h"
#include "backend-link/bridge/bridge_waiting.h"
#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/request_table.h"
#include "wamp/base/deadline_heap.h"

namespace sallyport::backend_link {

/// The calls of a bridge, from front callers to procedures behind the link. Each gets exactly one
/// final answer (W-RPC-07): the backend's, or one of this gateway if the call is cancelled, times
/// out, or the link is lost. A call that the gateway answered itself stays in the table, abandoned,
/// until the backend's answer arrives or its time is up, and counts against its rule's limit until
/// then: cancelling must not let a caller run more calls at once than the rule allows. A call whose
/// route is idempotent is repeated once if the link is lost and comes back in time, unless the
/// caller has already received a progressive result.
class Calls {
public:
    static constexpr std::size_t calls_per_session_max = 4096;

    /// How long a call without a timeout waits to be repeated.
    static constexpr wamp::Duration again_wait_max = std::chrono::seconds(30);

    Calls(LinkSide& link, WaitingRequests& waiting, const Subscriptions& subscriptions)
        : link_(link),
          waiting_(waiting),
          subscriptions_(subscriptions),
          table_(link.ids.calls, link.number) {}

    void forward(RequestContext& context, wamp::Call&& call, BridgeOutbox& out);
    /// A further CALL; dropped if the gateway has answered the call itself, or will (W-PCI-05).
    bool proceed(wamp::SessionId from, wamp::Call&& further, BridgeOutbox& out);
    bool cancel(wamp::SessionId from, const wamp::Cancel& request, wamp::Instant now,
                BridgeOutbox& out, std::string_view reason);
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_result(wamp::CallResult&& result, wamp::Instant now, BridgeOutbox& out);
    void on_error(wamp::Error&& error, wamp::Instant now, BridgeOutbox& out);
    void on_link_lost(wamp::Instant now, BridgeOutbox& out);

    void on_deadline(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept { return deadlines_.next(); }

    std::size_t size() const noexcept { return table_.size(); }
    std::size_t count_of(wamp::SessionId session) const noexcept {
        return table_.count_of(session);
    }

private:
    enum class State : std::uint8_t {
        open,
        killing,    ///< cancelled with mode `kill`: the backend's answer is awaited for a limited
                    ///< time
        abandoned,  ///< answered by the gateway
    };
    struct Call {
        State state = State::open;
        bool progressive = false;  ///< the caller requested progressive results
        bool open = false;         ///< its last CALL has not come yet (W-PCI-01)
        wamp::Duration timeout{};
        wamp::Instant due = wamp::never;
        std::unique_ptr<WaitingRequests::Entry> request{};  ///< if the call may be repeated
        wamp::Tally::Lease lease{};
        bool diagnoses = false;                  ///< the caller may know the cause of `unavailable`
        std::unique_ptr<HistoryCall> history{};  ///< of wamp.subscription.get_events
        std::string procedure{};                 ///< behind the link, while it is open
        wamp::Instant since{};                   ///< it arrived
        policy::RuleIndex rule = policy::no_rule;
        std::uint64_t version = 0;  ///< RealmCounts::version() of `rule`
        bool allotted = false;      ///< the timeout is the policy's, not one that the caller chose
    };
    using Table = RequestTable<Call>;
    using Slot = Table::Slot;

    wamp::Dict options_for(const policy::Session& caller, const wamp::Call& asked, bool progressive,
                           bool disclose, bool open) const;
    /// The call ends; its callee is told if it may still wait for something.
    void end_behind(Slot slot, BridgeOutbox& out);
    /// The result of wamp.subscription.get_events for its caller, or the error.
    void answer_history(Table::Found found, wamp::CallResult&& result, BridgeOutbox& out);
    /// Ends a call whose result the caller cannot decode.
    void refuse_result(Table::Found found, bool progress, wamp::Instant now, BridgeOutbox& out);
    /// The caller gets its final answer.
    void count(const Table::Entry& call, wamp::Instant now) const noexcept;
    /// The call must not be repeated any more.
    void settle(Slot slot) noexcept;
    void set_due(Slot slot, wamp::Instant due);
    /// Sends the caller a final answer of the gateway; the backend's will be dropped.
    void abandon(Slot slot, std::string_view uri, wamp::Instant now, BridgeOutbox& out);
    void cancel_behind(Slot slot, std::string_view mode, BridgeOutbox& out);
    /// For the link's Health: the backend has answered, if the gateway had not.
    void note_answer(const Call& call, wamp::Instant now) noexcept;
    void erase(Slot slot) noexcept;
    void erase(Table::Found found) noexcept;

    LinkSide& link_;
    WaitingRequests& waiting_;
    const Subscriptions& subscriptions_;
    Table table_;
    wamp::DeadlineHeap deadlines_;
    wamp::OwnedPayload answer_;  ///< borrowed by the outbox of the last call
};

}  // namespace sallyport::backend_link
