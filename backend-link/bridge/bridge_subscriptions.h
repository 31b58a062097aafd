#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/bridge/audience.h"
#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/bridge_holdings.h"
#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/rewriting.h"
#include "wamp/base/id_map.h"
#include "wamp/base/pattern_index.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {

/// The subscriptions of a bridge: one on the link per topic and match as they are called behind it,
/// however many front sessions hold it (W-GWY-04) and by whatever routes they came. Each name that
/// it has in front is a front subscription with an id of its own (W-PUB-02). A front session hears
/// SUBSCRIBED when the link has confirmed, and no event after UNSUBSCRIBED (W-ORD-05). Restored
/// after a loss of the link.
class Subscriptions {
public:
    static constexpr std::size_t subscriptions_per_session_max = 1024;

    /// A publication from the front that the backend took.
    struct AcceptedPublication {
        std::string_view topic;  ///< behind the link
        wamp::SessionId publisher = 0;
        const Audience& audience;
        wamp::PublicationId id = 0;
        const wamp::Payload& payload;
        const wamp::Dict& passthru;           ///< empty when the payload is not in that mode
        const Identity* disclosed = nullptr;  ///< the publisher, if it may be named
    };

    explicit Subscriptions(LinkSide& link) : link_(link) {}

    void forward(const RequestContext& context, const wamp::Subscribe& subscribe,
                 BridgeOutbox& out);
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, BridgeOutbox& out);
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out);
    void on_unsubscribed(const wamp::Unsubscribed& unsubscribed, BridgeOutbox& out);
    void on_event(wamp::Event&& event, BridgeOutbox& out);
    void on_subscribe_error(const wamp::Error& error, BridgeOutbox& out);
    void on_unsubscribe_error(const wamp::Error& error) { leaving_.erase(error.request); }
    void on_link_up(BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    // Of a policy that changed (bridge_holdings.cpp).
    void list(std::vector<Holding>& out);
    void drop(const Holding& holding, BridgeOutbox& out);
    bool adopt(const Holding& holding, const policy::Permit& permit, const policy::RouteInfo& route,
               BridgeOutbox& out);

    /// Whether some front subscription matches a topic behind the link.
    bool any_match(std::string_view topic) const;
    /// EVENTs for the front sessions that it may go to.
    void fan_out(const AcceptedPublication& publication, BridgeOutbox& out);

    std::size_t size() const noexcept;

private:
    enum class State : std::uint8_t {
        down,         ///< there is no link; held for its return
        subscribing,  ///< SUBSCRIBE sent
        active,
    };
    struct Waiter {
        const policy::Session* session;
        wamp::RequestId request;
        wamp::RequestId behind;  ///< the SUBSCRIBE on the link that it waits for
        bool retained;           ///< and for the retained event that follows
    };
    struct Subscription;
    /// A subscription as front sessions know it.
    struct FrontSubscription {
        wamp::SubscriptionId id = 0;
        Subscription* of = nullptr;
        Rewriting rewriting;
        std::string topic;
        std::vector<const policy::Session*> members;  ///< who has SUBSCRIBED
        std::vector<Waiter> waiting;                  ///< for SUBSCRIBED
        /// Members who asked for the retained event and have got no event since SUBSCRIBED.
        std::vector<wamp::SessionId> want_retained;

        bool waits_for(wamp::SessionId session) const noexcept;
        bool is_held() const noexcept { return !members.empty() || !waiting.empty(); }
    };
    struct Subscription {
        wamp::SubscriptionId back = 0;  ///< while active
        State state = State::subscribing;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        std::uint64_t age = 0;       ///< order of making
        wamp::RequestId latest = 0;  ///< the last SUBSCRIBE sent for it
        std::uint32_t unanswered = 0;
        std::string topic;  ///< behind the link
        std::vector<std::unique_ptr<FrontSubscription>>
            fronts;  ///< none: let go when the link has answered
    };
    /// One event on its way to many.
    struct Delivery {
        wamp::PublicationId publication;
        const wamp::Payload& payload;
        const wamp::Dict& passthru;  ///< options or details that it came with
        const Identity* disclosed;
        bool retained;
    };
    class DeliveryCheck;

    bool has_member(const FrontSubscription& front, wamp::SessionId session) const noexcept;
    void add_member(FrontSubscription& front, const policy::Session& session);
    void remove_member(FrontSubscription& front, wamp::SessionId session) noexcept;
    Subscription& make(std::string_view topic, wamp::MatchPolicy match);
    FrontSubscription* find_front(std::string_view inside, wamp::MatchPolicy match,
                                  std::string_view topic) noexcept;
    FrontSubscription& make_front(Subscription& subscription, Rewriting&& rewriting,
                                  std::string_view topic);
    void subscribe_behind(Subscription& subscription, bool retained, BridgeOutbox& out);
    void confirm(FrontSubscription& front, const Waiter& waiter, BridgeOutbox& out);
    /// Forgets the front if nobody holds it any more, and with the last one the subscription.
    void release(FrontSubscription& front, BridgeOutbox& out);
    void release(Subscription& subscription, BridgeOutbox& out);
    void forget_unheld(Subscription& subscription) noexcept;
    void revoke(Subscription& subscription, BridgeOutbox& out);
    void erase(Subscription& subscription) noexcept;
    std::vector<Subscription*> in_order();
    void unlist(wamp::SessionId session, FrontSubscription& front) noexcept;
    /// To the members of all fronts whom the filter and their own policies admit.
    template <class Admits>
    void send_event(const Subscription& subscription, std::string_view topic,
                    const Delivery& delivery, DeliveryCheck& delivery_check, Admits&& admits,
                    BridgeOutbox& out);

    LinkSide& link_;
    std::map<std::uint64_t, std::unique_ptr<Subscription>> subscriptions_;  ///< by age
    wamp::PatternIndex<Subscription*> by_topic_;
    wamp::IdMap<FrontSubscription*> by_id_;
    wamp::IdMap<Subscription*> by_back_;
    wamp::IdMap<Subscription*> subscribing_;
    wamp::IdSet leaving_;  ///< UNSUBSCRIBE requests that are not answered yet
    wamp::IdMap<std::vector<FrontSubscription*>> by_session_;
    std::uint64_t made_ = 0;
    std::vector<wamp::SessionId> receivers_;  ///< scratch: those who are not told who published
    std::vector<wamp::SessionId> disclosed_receivers_;  ///< scratch: those who are
};

}  // namespace sallyport::backend_link
