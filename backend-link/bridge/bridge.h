#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "backend-link/bridge/bridge_holdings.h"
#include "backend-link/bridge/front_ids.h"
#include "backend-link/bridge/link_wire.h"
#include "backend-link/link/health.h"
#include "backend-link/link/profile.h"
#include "policy/door/judge.h"
#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/flow/circuit_bytes.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/uris.h"
#include "wamp/session/features.h"

namespace sallyport::backend_link {

/// The messages that a bridge requests to be sent. Payloads are borrowed from the message that was
/// passed in or from the bridge itself: send them before the next call into the bridge.
struct BridgeOutbox {
    wamp::Deliveries to_sessions;
    std::vector<wamp::Message> to_link;
    /// A subscription or registration that a session was told that it has, or that it has no more.
    struct HoldingChange {
        wamp::SessionId session;
        wamp::Id id;
        bool registration;
        bool held;
        wamp::SessionId by = 0;  ///< who gives it up; 0: nobody
    };
    /// For the other backends of its route; revocations by the backend are not among them.
    std::vector<HoldingChange> changes;
    /// Sessions for which Bridge::has_room_to_publish() was false and may be true now.
    std::vector<wamp::SessionId> relieved;

    bool empty() const noexcept {
        return to_sessions.empty() && to_link.empty() && changes.empty() && relieved.empty();
    }
    void clear() noexcept {
        to_sessions.clear();
        to_link.clear();
        changes.clear();
        relieved.clear();
    }
};

/// The smaller of the caller's timeout and the rule's limit (W-TMO-01, W-TMO-05); zero means none.
wamp::Duration timeout_of(const wamp::Call& call, const policy::Permit& permit) noexcept;

/// Joins front sessions to one session on a backend's router (architecture: Messages; requirements:
/// Gateway mapping, model B): maps requests, calls, subscriptions, registrations and publications
/// of many sessions to the session of the link and back, with separate ids on each side (W-GWY-01)
/// and options rebuilt from an allow-list (W-SEC-25). Guarantees: every forwarded call gets exactly
/// one final answer, even if the link, the callee or the caller is lost; no request crosses without
/// the Permit that was issued for it, which is checked here; one subscription per topic and match
/// and one registration per URI and match at the backend.
///
/// Numbers the requests on the link itself, from 1 after each on_link_up(). A session whose request
/// was forwarded must stay in `sessions`, at the same address, until leave(). `ids` is shared by
/// all bridges of the front, outlives them, and identifies the bridge that a follow-up is for;
/// `link` is the number of this bridge in it.
class Bridge {
public:
    /// Has `judge` decide again if the policy has changed since a request got its permit.
    Bridge(Profile profile, policy::Sessions& sessions, policy::Judge& judge, FrontIds& ids,
           LinkNumber link, wamp::Random random);
    ~Bridge();

    /// Counts there what sessions have waiting for the link: requests that wait until it is up, and
    /// publications that the backend has not acknowledged. It outlives this.
    void count_in(wamp::flow::CircuitBytes& under_way) noexcept;
    /// Tells it how calls end, and when the link is lost and back. It outlives this.
    void report_to(Health& health) noexcept;

    /// Forwards a request that the policy allows. `from` is one of `sessions`. `lease` is the
    /// call's share of the limit on calls in flight, held until the backend has finished with it.
    void forward(policy::Session& from, policy::Permit permit, wamp::Call&& call, wamp::Instant now,
                 BridgeOutbox& out, wamp::Tally::Lease lease = {});
    /// Whether it has crossed; `permit` then is still good for copies.
    bool forward(policy::Session& from, policy::Permit&& permit, wamp::Publish&& publish,
                 wamp::Instant now, BridgeOutbox& out);
    /// Sends a publication that has crossed another link of its route to this backend as well, for
    /// the sessions there. Nobody waits for it to be acknowledged.
    void copy(const policy::Session& from, const policy::Permit& permit, wamp::Publish&& publish,
              BridgeOutbox& out);
    void forward(policy::Session& from, policy::Permit permit, wamp::Subscribe&& subscribe,
                 wamp::Instant now, BridgeOutbox& out);
    void forward(policy::Session& from, policy::Permit permit, wamp::Register&& request,
                 wamp::Instant now, BridgeOutbox& out);

    /// Whether the session may publish now. Otherwise so much of what it (or everybody together)
    /// has published waits for the backend's acknowledgement that it must wait too (W-GWY-10),
    /// until it is in BridgeOutbox::relieved or has left. While the link is down there is room: the
    /// publication does not wait for the backend.
    bool has_room_to_publish(wamp::SessionId session);
    /// The backend has acknowledged too little for too long: ends the session's publications that
    /// wait for it with `timeout`, and relieves the session.
    void give_up_publications(wamp::SessionId session, BridgeOutbox& out);

    // Follow-ups, which need no permit of their own. False if this bridge knows no such id; nothing
    // was done.
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, wamp::Instant now,
                     BridgeOutbox& out);
    bool unregister(wamp::SessionId from, const wamp::Unregister& request, wamp::Instant now,
                    BridgeOutbox& out);
    /// The caller gets `reason`.
    bool cancel(wamp::SessionId from, const wamp::Cancel& request, wamp::Instant now,
                BridgeOutbox& out, std::string_view reason = wamp::uris::canceled);
    /// A further CALL of one that is open for it (W-PCI-01), judged as such.
    bool proceed(wamp::SessionId from, wamp::Call&& further, BridgeOutbox& out);
    bool answer(wamp::SessionId from, wamp::Yield&& yield, wamp::Instant now, BridgeOutbox& out);
    bool answer(wamp::SessionId from, wamp::Error&& error, wamp::Instant now, BridgeOutbox& out);

    /// The session has ended; disposes of everything that it has at this bridge (W-SES-05). Called
    /// before it is removed from Sessions.
    void leave(wamp::SessionId session, wamp::Instant now, BridgeOutbox& out);

    /// The WAMP session of the link is established: restores the subscriptions and registrations of
    /// front sessions. The requests in waiting() are to be forwarded next.
    void on_link_up(wamp::Features router, const LinkWire& wire, wamp::Instant now,
                    BridgeOutbox& out);
    /// A request that waited for the link.
    struct Waiting {
        wamp::SessionId from;
        std::size_t bytes;  ///< approximately
    };
    /// All of them, oldest first.
    std::vector<Waiting> waiting() const;
    /// The link is up: forwards the oldest request of the session that waited for it, if there
    /// still is one.
    void forward_waiting(wamp::SessionId from, BridgeOutbox& out);
    /// A request that waits, and the decision that was made on it when it came.
    struct Waits {
        wamp::SessionId from;
        const policy::RealmPolicy& policy;
        policy::RouteIndex route;
        const wamp::Message& message;
    };
    /// Moves the requests that wait for this link, and that `serves` accepts, to another bridge.
    void hand_over(Bridge& to, const std::function<bool(const Waits&)>& serves);
    /// Ends the requests that wait for this link, which will not come up any more.
    void refuse_waiting(BridgeOutbox& out);
    /// That session is lost: ends all calls in flight with `network_failure`, except those whose
    /// route allows a second attempt. Later requests get `unavailable` until the link is back, or
    /// wait for it if their route is configured so.
    /// Sends a request that any router answers and that changes nothing: its answer shows that the
    /// router is alive (W-RAW-08).
    void probe(BridgeOutbox& out);
    void on_link_lost(wamp::Instant now, BridgeOutbox& out);
    /// A message of the established link session: an answer, EVENT, INVOCATION, INTERRUPT, or
    /// revocation.
    void on_link(wamp::Message&& message, wamp::Instant now, BridgeOutbox& out);

    /// The subscriptions and registrations of front sessions, oldest first, for a changed policy to
    /// decide on again.
    std::vector<Holding> holdings() const;
    /// The session's subscription or registration with that id; nothing if it is not here.
    std::optional<Holding> holding(wamp::SessionId session, wamp::Id id, bool registration) const;
    /// Whether some session has a subscription or registration of that name here, or waits for it.
    bool names(const policy::Question& question, const policy::RouteInfo& route) const;
    /// Whether a SUBSCRIBE of the session that would be answered with that id waits here.
    bool is_subscribing(wamp::SessionId session, wamp::SubscriptionId id) const noexcept;
    /// Removes it from the session without a notification.
    void drop(const Holding& holding, BridgeOutbox& out);
    /// Adds a holding that was dropped here or by another bridge: the session keeps the same id.
    /// Several bridges may have it (LinkSet). `permit` is by the session's current policy. False if
    /// that is not possible.
    bool adopt(const Holding& holding, const policy::Permit& permit, BridgeOutbox& out);
    /// Notifies the session that a dropped holding is lost.
    void notify_lost(const Holding& holding, std::string_view reason, BridgeOutbox& out) const;

    void on_deadline(wamp::Instant now, BridgeOutbox& out);
    wamp::Instant deadline() const noexcept;  ///< when on_deadline() is next due; `never` if not

    bool up() const noexcept;
    /// Whether the router behind it is of a kind that checks who reads what it keeps (W-EVH-04).
    bool reads_history() const noexcept;

    /// Sizes of the tables, for metrics and for the check that they are empty once all sessions
    /// have left.
    struct Counts {
        std::size_t calls, publications, subscriptions, registrations, invocations, waiting;
        std::size_t publication_bytes;  ///< kept until the backend has taken the publications
        std::size_t waiting_bytes;      ///< with calls that are kept to be made again
    };
    Counts counts() const noexcept;
    /// The same of one session.
    Counts counts_of(wamp::SessionId session) const noexcept;

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace sallyport::backend_link
