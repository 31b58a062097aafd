#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wamp/base/pattern_index.h"
#include "wamp/base/random.h"
#include "wamp/base/uri.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/holding_change.h"
#include "wamp/router/history.h"
#include "wamp/router/member.h"
#include "wamp/router/retained.h"

namespace sallyport::wamp {

/// The publish-and-subscribe half of a realm (requirements: Basic PubSub, requirements: Advanced
/// PubSub). Sessions with the same topic and match share one subscription (W-PUB-02); an event is
/// sent once per matching subscription and receiver (W-PUB-07), and a publication is acknowledged
/// before its events are sent. An exact subscription may request the retained event of its topic.
/// The address of a member must not change before leave().
class Broker {
public:
    /// Writes who holds its subscriptions to `changes`, which outlives it.
    Broker(Random random, HoldingChanges& changes)
        : random_(std::move(random)), changes_(changes) {}

    void subscribe(Member& from, Subscribe&& subscribe, Deliveries& out);
    void unsubscribe(Member& from, const Unsubscribe& unsubscribe, Deliveries& out);
    void publish(const Member& from, Publish&& publish, const Origin& origin, Instant now,
                 Deliveries& out);
    void leave(Member& member);

    void keep_history(std::vector<HistoryRule> rules, std::size_t bytes_max) {
        history_ = std::make_unique<History>(std::move(rules), bytes_max);
    }
    History& history() noexcept { return *history_; }
    const History& history() const noexcept { return *history_; }

    bool has(SubscriptionId id) const noexcept { return subscriptions_.contains(id); }

    /// Topic and match policy of an existing subscription.
    std::pair<std::string_view, MatchPolicy> subscribed(SubscriptionId id) const {
        const Subscription& subscription = subscriptions_.find(id)->second;
        return {subscription.topic, subscription.match};
    }
    void revoke(Member& from, SubscriptionId id, std::string_view reason, Deliveries& out);

    std::size_t subscriptions() const noexcept { return subscriptions_.size(); }
    const RetainedEvents& retained() const noexcept { return retained_; }

private:
    struct Subscription {
        SubscriptionId id = 0;
        std::string topic;
        MatchPolicy match = MatchPolicy::exact;
        std::vector<Member*> receivers;  ///< in order of subscribing
    };

    bool holds(const Member& member, const Subscription& subscription) const;
    /// `by`: the session that asked for it, or 0.
    void remove(Member& member, SubscriptionId id, SessionId by);
    void deliver(const Subscription& subscription, PublicationId publication,
                 const Publish& publish, const Origin& origin, Deliveries& out);
    void deliver_retained(const Member& to, SubscriptionId id, std::string_view topic,
                          Deliveries& out) const;

    Random random_;
    HoldingChanges& changes_;
    std::unordered_map<SubscriptionId, Subscription> subscriptions_;  ///< addresses are stable
    PatternIndex<Subscription*> topics_;
    RetainedEvents retained_;
    std::unique_ptr<History> history_ = std::make_unique<History>();
    SubscriptionId last_subscription_ = 0;
    std::vector<Subscription*> matching_;  ///< scratch
    /// Scratch: the receivers without the publisher's identity, with it, and both again with the
    /// lists, which those get that represent others.
    std::array<std::vector<SessionId>, 4> receivers_;
};

}  // namespace sallyport::wamp
