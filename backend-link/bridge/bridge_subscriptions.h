#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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

/// The subscriptions of a bridge: one on the link per topic and match as named there, shared by all
/// front sessions (W-GWY-04) and routes. Each front name of it is a front subscription with its own
/// id (W-PUB-02). SUBSCRIBED is sent after the link has confirmed it, and no event after
/// UNSUBSCRIBED (W-ORD-05): an UNSUBSCRIBE waits for the SUBSCRIBE of the same session that it
/// follows (W-ORD-07). Restored after a loss of the link.
class Subscriptions {
public:
    static constexpr std::size_t subscriptions_per_session_max = 1024;

    /// A publication from the front that the backend accepted.
    struct AcceptedPublication {
        std::string_view topic;  ///< behind the link
        wamp::SessionId publisher = 0;
        const Audience& audience;
        wamp::PublicationId id = 0;
        const wamp::Payload& payload;
        const wamp::Dict& carried;            ///< its ppt_* options, and a hint
        const Identity* disclosed = nullptr;  ///< the publisher, if it is disclosed
    };

    explicit Subscriptions(LinkSide& link) : link_(link) {}

    void forward(const RequestContext& context, const wamp::Subscribe& subscribe,
                 BridgeOutbox& out);
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, BridgeOutbox& out);
    /// Whether SUBSCRIBE of that would be answered with that id.
    bool is_named(wamp::SubscriptionId id, std::string_view topic,
                  wamp::MatchPolicy match) const noexcept;
    /// A subscription that a session was told of.
    struct Held {
        wamp::SubscriptionId back;  ///< on the link; 0 while there is none
        wamp::MatchPolicy match;
        const Rewriting* rewriting;
    };
    std::optional<Held> held(wamp::SessionId session, wamp::SubscriptionId id) const noexcept;
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out);
    void on_unsubscribed(const wamp::Unsubscribed& unsubscribed, BridgeOutbox& out);
    void on_event(wamp::Event&& event, BridgeOutbox& out);
    void on_subscribe_error(const wamp::Error& error, BridgeOutbox& out);
    void on_unsubscribe_error(const wamp::Error& error) { leaving_.erase(error.request); }
    void on_link_up(BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    // For a change of policy (bridge_holdings.cpp).
    void list(std::vector<Holding>& out);
    void drop(const Holding& holding, BridgeOutbox& out);
    bool adopt(const Holding& holding, const policy::Permit& permit, const policy::RouteInfo& route,
               BridgeOutbox& out);

    std::optional<Holding> find_held(wamp::SessionId session, wamp::SubscriptionId id) const;
    /// Whether a session has that subscription or waits for it; `inside` is behind the link.
    bool has(std::string_view inside, wamp::MatchPolicy match, std::string_view topic) noexcept {
        return find_front(inside, match, topic) != nullptr;
    }
    bool waits_for(wamp::SessionId session, wamp::SubscriptionId id) const noexcept;

    /// Whether some front subscription matches a topic behind the link.
    bool any_match(std::string_view topic) const;
    /// Sends EVENTs to the front sessions that may receive it.
    void fan_out(const AcceptedPublication& publication, BridgeOutbox& out);

    std::size_t size() const noexcept;
    std::size_t count_of(wamp::SessionId session) const noexcept {
        const auto* held = wamp::find_in(by_session_, session);
        return held == nullptr ? 0 : held->size();
    }

private:
    enum class State : std::uint8_t {
        down,         ///< there is no link; restored when it is back
        subscribing,  ///< SUBSCRIBE sent
        active,
    };
    struct Waiter {
        const policy::Session* session;
        wamp::RequestId request;
        /// The SUBSCRIBE on the link that it waits for. 0: that was answered, or there is none.
        wamp::RequestId behind;
        bool retained;                ///< also waits for the retained event that follows
        wamp::RequestId left_by = 0;  ///< the UNSUBSCRIBE that follows it; 0: none
    };
    struct Subscription;
    /// A subscription as front sessions know it.
    struct FrontSubscription {
        wamp::SubscriptionId id = 0;
        Subscription* of = nullptr;
        Rewriting rewriting;
        std::string topic;
        std::vector<const policy::Session*> members;  ///< sessions that SUBSCRIBED was sent to
        std::vector<Waiter> waiting;                  ///< for SUBSCRIBED
        /// Members that requested the retained event and have received no event since SUBSCRIBED.
        std::vector<wamp::SessionId> want_retained;

        bool waits_for(wamp::SessionId session) const noexcept;
        /// The last request of the session that waits; null if there is none.
        Waiter* last_waiter(wamp::SessionId session) noexcept;
        /// Whether another request of its session, which also waits, has to be answered first.
        bool must_follow(const Waiter& waiter) const noexcept;
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
        /// If there are none, the subscription is released when the link has answered.
        std::vector<std::unique_ptr<FrontSubscription>> fronts;
    };
    /// One event for many receivers.
    struct Delivery {
        wamp::PublicationId publication;
        const wamp::Payload& payload;
        const wamp::Dict& carried;  ///< its options or details
        const Identity* disclosed;
        bool retained;
    };
    class DeliveryCheck;

    bool has_member(const FrontSubscription& front, wamp::SessionId session) const noexcept;
    void add_member(FrontSubscription& front, const policy::Session& session);
    /// `by`: the session that asked for it, or 0.
    void remove_member(FrontSubscription& front, wamp::SessionId session, wamp::SessionId by);
    Subscription& make(std::string_view topic, wamp::MatchPolicy match);
    FrontSubscription* find_front(std::string_view inside, wamp::MatchPolicy match,
                                  std::string_view topic) noexcept;
    FrontSubscription& make_front(Subscription& subscription, Rewriting&& rewriting,
                                  std::string_view topic);
    void subscribe_behind(Subscription& subscription, bool retained, BridgeOutbox& out);
    void confirm(FrontSubscription& front, const Waiter& waiter, BridgeOutbox& out);
    void end_membership(FrontSubscription& front, wamp::SessionId session,
                        wamp::RequestId unsubscribe, BridgeOutbox& out);
    void refuse(FrontSubscription& front, const Waiter& waiter, std::string_view uri,
                BridgeOutbox& out);
    /// Answers what waited for the SUBSCRIBE `answered` on the link, which was refused if `error`
    /// is not empty, and what waited for its answer.
    void answer_waiting(FrontSubscription& front, wamp::RequestId answered, std::string_view error,
                        BridgeOutbox& out);
    void unlist_if_unheld(wamp::SessionId session, FrontSubscription& front) noexcept;
    /// Answers the request at once if the link has confirmed the subscription and no retained event
    /// is wanted; otherwise it waits for the link, which is asked again for a retained event.
    void request_membership(FrontSubscription& front, const policy::Session& session,
                            wamp::RequestId request, bool retained, BridgeOutbox& out);
    /// Removes the front subscription if no session holds it any more, and with the last one the
    /// subscription on the link.
    void release(FrontSubscription& front, BridgeOutbox& out);
    void release(Subscription& subscription, BridgeOutbox& out);
    void forget_unheld(Subscription& subscription) noexcept;
    void revoke(Subscription& subscription, BridgeOutbox& out);
    void erase(Subscription& subscription) noexcept;
    std::vector<Subscription*> in_order();
    void unlist(wamp::SessionId session, FrontSubscription& front) noexcept;
    /// Sends it to the members of all front subscriptions that the filter and their policies admit.
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
    std::vector<wamp::SessionId> receivers_;            ///< scratch: without the publisher
    std::vector<wamp::SessionId> disclosed_receivers_;  ///< scratch: with it
};

}  // namespace sallyport::backend_link
