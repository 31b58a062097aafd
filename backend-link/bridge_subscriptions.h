#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend-link/audience.h"
#include "backend-link/bridge.h"
#include "backend-link/flat_map.h"
#include "backend-link/link_side.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {

/// The subscriptions of a bridge: one on the link per topic and match, however many front sessions
/// hold it (W-GWY-04), under one front id (W-PUB-02). A front session hears SUBSCRIBED when the
/// link has confirmed, and no event after UNSUBSCRIBED (W-ORD-05). Restored after a loss of the
/// link.
class Subscriptions {
public:
    static constexpr std::size_t subscriptions_per_session_max = 1024;

    explicit Subscriptions(LinkSide& link) : link_(link) {}

    void forward(wamp::SessionId from, const wamp::Subscribe& subscribe, BridgeOutbox& out);
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, BridgeOutbox& out);
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out);
    void on_unsubscribed(const wamp::Unsubscribed& unsubscribed, BridgeOutbox& out);
    void on_event(wamp::Event&& event, BridgeOutbox& out);
    void on_subscribe_error(const wamp::Error& error, BridgeOutbox& out);
    void on_unsubscribe_error(const wamp::Error& error) { leaving_.erase(error.request); }
    void on_link_up(BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    /// Whether some front subscription matches.
    bool any_match(std::string_view topic) const;
    /// A publication from the front that the backend took: EVENTs for the front sessions that it
    /// may go to.
    void fan_out(std::string_view topic, wamp::SessionId publisher, const Audience& audience,
                 wamp::PublicationId publication, const wamp::Payload& payload, BridgeOutbox& out);

    std::size_t size() const noexcept { return by_id_.size() + leaving_.size(); }

private:
    enum class State : std::uint8_t {
        down,         ///< there is no link; held for its return
        subscribing,  ///< SUBSCRIBE sent
        active,
    };
    struct Waiter {
        wamp::SessionId session;
        wamp::RequestId request;
    };
    struct Subscription {
        wamp::SubscriptionId id = 0;    ///< towards the front
        wamp::SubscriptionId back = 0;  ///< while active
        State state = State::subscribing;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        std::uint64_t age = 0;  ///< order of making
        std::string topic;
        std::vector<wamp::SessionId> members;  ///< who has SUBSCRIBED
        std::vector<Waiter> waiting;           ///< for SUBSCRIBED
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using ByTopic =
        std::unordered_map<std::string, std::unique_ptr<Subscription>, TextHash, std::equal_to<>>;

    ByTopic& topics(wamp::MatchPolicy match) noexcept {
        return by_topic_[static_cast<std::size_t>(match)];
    }
    const ByTopic& topics(wamp::MatchPolicy match) const noexcept {
        return by_topic_[static_cast<std::size_t>(match)];
    }
    /// Calls `visit` with each that matches, until it says true; says whether it did.
    template <class Visit>
    bool visit_matching(std::string_view topic, Visit&& visit) const;

    Subscription& make(std::string_view topic, wamp::MatchPolicy match);
    void subscribe_behind(Subscription& subscription, BridgeOutbox& out);
    void confirm(Subscription& subscription, const Waiter& waiter, BridgeOutbox& out);
    /// Nobody holds it any more.
    void release(Subscription& subscription, BridgeOutbox& out);
    void revoke(Subscription& subscription, BridgeOutbox& out);
    void erase(Subscription& subscription) noexcept;
    std::vector<Subscription*> in_order();
    void unlist(wamp::SessionId session, Subscription& subscription) noexcept;
    void send_event(const Subscription& subscription, std::string_view topic,
                    wamp::PublicationId publication, const wamp::Payload& payload,
                    BridgeOutbox& out);

    LinkSide& link_;
    ByTopic by_topic_[3];                              ///< by match policy
    std::map<std::size_t, std::size_t> prefix_bytes_;  ///< how many prefixes have that length
    FlatMap<wamp::SubscriptionId, Subscription*> by_id_;
    FlatMap<wamp::SubscriptionId, Subscription*> by_back_;
    FlatMap<wamp::RequestId, Subscription*> subscribing_;
    FlatMap<wamp::RequestId, bool> leaving_;  ///< UNSUBSCRIBE requests that are not answered yet
    FlatMap<wamp::SessionId, std::vector<Subscription*>> by_session_;
    std::uint64_t made_ = 0;
    std::vector<wamp::SessionId> receivers_;
};

}  // namespace sallyport::backend_link
