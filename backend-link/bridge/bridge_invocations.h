#pragma once

#include <cstddef>

#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/bridge_registrations.h"
#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/request_table.h"
#include "wamp/base/recent_ids.h"

namespace sallyport::backend_link {

/// The calls that arrive over the link for front callees. Each INVOCATION gets exactly one final
/// answer on the link, and only the session that it was sent to can give it (W-RPC-08); later
/// answers are dropped.
class Invocations {
public:
    static constexpr std::size_t invocations_per_session_max = 4096;
    static constexpr std::size_t ended_max = 65'536;

    Invocations(LinkSide& link, const Registrations& registrations)
        : link_(link), registrations_(registrations), table_(link.ids.invocations, link.number) {}

    void on_invocation(wamp::Invocation&& invocation, BridgeOutbox& out);
    void on_interrupt(const wamp::Interrupt& interrupt, BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    bool answer(wamp::SessionId from, wamp::Yield&& yield, BridgeOutbox& out);
    bool answer(wamp::SessionId from, wamp::Error&& error, BridgeOutbox& out);
    void leave(wamp::SessionId session, BridgeOutbox& out);

    std::size_t size() const noexcept { return table_.size(); }
    std::size_t count_of(wamp::SessionId session) const noexcept {
        return table_.count_of(session);
    }

private:
    struct Invocation {
        bool progressive = false;               ///< the caller requested progressive results
        bool open = false;                      ///< its last INVOCATION has not come yet (W-PCI-01)
        wamp::RegistrationId registration = 0;  ///< towards the front
    };
    using Table = RequestTable<Invocation>;
    using Slot = Table::Slot;

    /// A further INVOCATION of one that is there.
    void proceed(Slot slot, wamp::Invocation&& further, BridgeOutbox& out);
    /// The invocation has been answered.
    void end(Slot slot);
    void interrupt(Slot slot, std::string_view mode, BridgeOutbox& out);

    LinkSide& link_;
    const Registrations& registrations_;
    Table table_;
    /// Of the link: those that were answered before their last INVOCATION had come.
    wamp::RecentIds ended_{ended_max};
};

}  // namespace sallyport::backend_link
