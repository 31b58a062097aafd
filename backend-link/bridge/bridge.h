#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "backend-link/bridge/bridge_holdings.h"
#include "backend-link/bridge/front_ids.h"
#include "backend-link/bridge/link_wire.h"
#include "backend-link/link/profile.h"
#include "policy/door/judge.h"
#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/message/deliveries.h"
#include "wamp/session/features.h"

namespace sallyport::backend_link {

/// What a bridge wants sent. Payloads are borrowed from the message that was handed in or from the
/// bridge itself: carry this out before the next call into the bridge.
struct BridgeOutbox {
    wamp::Deliveries to_sessions;
    std::vector<wamp::Message> to_link;

    void clear() noexcept {
        to_sessions.clear();
        to_link.clear();
    }
};

/// Joins front sessions to one session on a backend's router (architecture: Messages; requirements:
/// Gateway mapping, model B): maps requests, calls, subscriptions, registrations and publications
/// of many sessions to the one of the link and back, with ids of its own on either side (W-GWY-01)
/// and options rebuilt from an allow-list (W-SEC-25). Promises: every call that was forwarded gets
/// exactly one final answer, whatever becomes of the link, the callee and the caller; nothing
/// crosses without the Permit that was given for it, which is checked here; one back subscription
/// per topic and match, one back registration per URI and match.
///
/// Numbers the requests on the link itself, from 1 after each on_link_up(). A session whose request
/// it was handed stays where it is, and in `sessions`, until leave(). `ids` belongs to all bridges
/// of the front, outlives them, and tells which of them a follow-up is for; `link` is this one's
/// number there.
class Bridge {
public:
    /// Asks `judge` again where a policy has changed since a request got its permit.
    Bridge(Profile profile, policy::Sessions& sessions, policy::Judge& judge, FrontIds& ids,
           LinkNumber link, wamp::Random random);
    ~Bridge();

    /// A request that policy has let pass. `from` is one of `sessions`. `lease` is the call's place
    /// among the calls in flight, kept until the backend is done with it.
    void forward(policy::Session& from, policy::Permit permit, wamp::Call&& call, wamp::Instant now,
                 BridgeOutbox& out, wamp::Tally::Lease lease = {});
    void forward(policy::Session& from, policy::Permit permit, wamp::Publish&& publish,
                 wamp::Instant now, BridgeOutbox& out);
    void forward(policy::Session& from, policy::Permit permit, wamp::Subscribe&& subscribe,
                 wamp::Instant now, BridgeOutbox& out);
    void forward(policy::Session& from, policy::Permit permit, wamp::Register&& request,
                 wamp::Instant now, BridgeOutbox& out);

    // What follows from an earlier permit. False: nothing here has that id, and nothing was done.
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, wamp::Instant now,
                     BridgeOutbox& out);
    bool unregister(wamp::SessionId from, const wamp::Unregister& request, wamp::Instant now,
                    BridgeOutbox& out);
    bool cancel(wamp::SessionId from, const wamp::Cancel& request, wamp::Instant now,
                BridgeOutbox& out);
    bool answer(wamp::SessionId from, wamp::Yield&& yield, wamp::Instant now, BridgeOutbox& out);
    bool answer(wamp::SessionId from, wamp::Error&& error, wamp::Instant now, BridgeOutbox& out);

    /// The session has ended; disposes of all that it had here (W-SES-05). Before it is removed
    /// from Sessions.
    void leave(wamp::SessionId session, wamp::Instant now, BridgeOutbox& out);

    /// The link's WAMP session is there: subscriptions and registrations that front sessions hold
    /// are made again; then what waited goes on its way.
    void on_link_up(wamp::Features router, const LinkWire& wire, wamp::Instant now,
                    BridgeOutbox& out);
    /// It is gone: ends all calls in flight with `network_failure`, once, but those that their
    /// route lets make again; later requests get `unavailable` until it is back, or wait for it
    /// where their route says so.
    void on_link_lost(wamp::Instant now, BridgeOutbox& out);
    /// A message of the established link session: an answer, EVENT, INVOCATION, INTERRUPT, or
    /// revocation.
    void on_link(wamp::Message&& message, wamp::Instant now, BridgeOutbox& out);

    /// What front sessions hold here by permits that they once had, for a policy that changed to
    /// judge again: oldest first.
    std::vector<Holding> holdings() const;
    /// Takes it from the session, which is not told.
    void drop(const Holding& holding, BridgeOutbox& out);
    /// Takes over what was dropped here or by another bridge: the session goes on with the same id.
    /// `permit` is by the policy that its session has now. False when that cannot be.
    bool adopt(const Holding& holding, policy::Permit permit, BridgeOutbox& out);
    /// The session's last word on what was dropped.
    void notify_lost(const Holding& holding, std::string_view reason, BridgeOutbox& out) const;

    void on_deadline(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept;  ///< when on_deadline() is next due; `never` if not

    bool up() const noexcept;

    /// Sizes of the tables, for metrics and for the checker that all is empty when everyone has
    /// gone.
    struct Counts {
        std::size_t calls, publications, subscriptions, registrations, invocations, waiting;
        std::size_t publication_bytes;  ///< kept until the backend has taken the publications
        std::size_t waiting_bytes;      ///< with calls that are kept to be made again
    };
    Counts counts() const noexcept;

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace sallyport::backend_link
