#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "wamp/base/ids.h"
#include "wamp/base/random.h"
#include "wamp/base/uri.h"
#include "wamp/base/value.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// The subscriptions of a door's sessions to topics of the meta API, and the events for them. A
/// session receives only events of its own realm.
///
/// Payloads of its deliveries are valid until forget_spent().
class MetaTopics {
public:
    MetaTopics(Door& door, wamp::Random random) : door_(door), random_(random) {}

    /// `known` are the topics of the providers; a subscription that matches none of them is
    /// refused.
    void subscribe(const Session& from, const wamp::Subscribe& subscribe,
                   std::span<const std::string_view> known, wamp::Deliveries& out);
    /// False if there is no such subscription.
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, wamp::Deliveries& out);
    void leave(wamp::SessionId session) noexcept;
    /// Sends an event to those subscribers in the realm that `admits` returns true for, as far as
    /// the policy allows it.
    void publish(std::string_view realm, std::string_view topic, const wamp::List& args,
                 const std::function<bool(const Session&)>& admits, wamp::Deliveries& out);
    /// Ends the subscription of that session, and says why.
    void revoke(wamp::SessionId member, wamp::SubscriptionId id, std::string_view reason,
                wamp::Deliveries& out);
    /// Another version of the policy is active: revokes subscriptions that it does not allow.
    /// Events that need not wait any more go to `effects`.
    void judge_again(wamp::Deliveries& out, wamp::Outbox& effects);

    wamp::Payload keep(wamp::Serializer serializer, const wamp::List& args);
    void forget_spent() noexcept { kept_.clear(); }
    std::size_t subscriptions() const noexcept { return subscriptions_.size(); }

private:
    struct Subscription {
        wamp::SubscriptionId id;
        std::string realm;
        std::string topic;
        wamp::MatchPolicy match;
        std::vector<wamp::SessionId> members;
    };
    static void notify_revoked(const Session& member, wamp::SubscriptionId id,
                               std::string_view reason, wamp::Deliveries& out);
    void forget_unheld() noexcept;

    Door& door_;
    wamp::Random random_;
    std::vector<Subscription> subscriptions_;  ///< few, as few patterns match the few topics
    std::deque<wamp::OwnedPayload> kept_;
};

}  // namespace sallyport::policy
