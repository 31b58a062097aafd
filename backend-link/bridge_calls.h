#pragma once

#include <cstdint>
#include <vector>

#include "backend-link/bridge.h"
#include "backend-link/deadlines.h"
#include "backend-link/link_side.h"
#include "backend-link/request_table.h"

namespace sallyport::backend_link {

/// The calls of a bridge, from front callers to procedures behind the link. Each gets exactly one
/// final answer (W-RPC-07): the backend's, or our own when it is cancelled, late, or the link is
/// lost. A call that we answered ourselves stays, abandoned, until the backend's answer has come or
/// its time is up, and counts against its rule's limit till then: cancelling must not let a caller
/// run more at once than the rule says.
class Calls {
public:
    static constexpr std::size_t calls_per_session_max = 4096;

    explicit Calls(LinkSide& link) : link_(link), table_(link.random.next()) {}

    void forward(wamp::SessionId from, const policy::Permit& permit, wamp::Call&& call,
                 wamp::Instant now, BridgeOutbox& out);
    bool cancel(wamp::SessionId from, const wamp::Cancel& request, wamp::Instant now,
                BridgeOutbox& out);
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_result(wamp::CallResult&& result, wamp::Instant now, BridgeOutbox& out);
    void on_error(wamp::Error&& error, BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    void on_deadline(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept { return deadlines_.next(); }

    std::size_t size() const noexcept { return table_.size(); }

private:
    enum class State : std::uint8_t {
        open,
        killing,    ///< cancelled with mode kill: the backend's answer counts, for a while
        abandoned,  ///< answered by us
    };
    struct Call {
        State state = State::open;
        bool progressive = false;  ///< the caller asked for progressive results
        policy::RuleIndex rule = policy::no_rule;
        wamp::Duration timeout{};
        wamp::Instant due = wamp::never;
    };
    struct RuleCount {
        policy::RuleIndex rule;
        std::uint32_t open;
    };
    struct Caller {
        std::vector<RuleCount> rules;  ///< those with open calls
    };
    using Table = RequestTable<Call, Caller>;
    using Slot = Table::Slot;

    bool admit(wamp::SessionId from, const policy::Permit& permit) noexcept;
    wamp::Dict options_for(const policy::Session& caller, bool progressive) const;
    void set_due(Slot slot, wamp::Instant due);
    /// Gives the caller our own final answer; the backend's will be dropped.
    void abandon(Slot slot, std::string_view uri, wamp::Instant now, BridgeOutbox& out);
    void cancel_behind(Slot slot, std::string_view mode, BridgeOutbox& out);
    void erase(Slot slot) noexcept;

    LinkSide& link_;
    Table table_;
    Deadlines deadlines_;
};

}  // namespace sallyport::backend_link
