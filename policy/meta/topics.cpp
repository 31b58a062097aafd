#include "policy/meta/topics.h"

#include <algorithm>
#include <utility>

#include "wamp/codec/codec.h"
#include "wamp/message/match.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::SessionId;

void MetaTopics::subscribe(const Session& from, const wamp::Subscribe& subscribe,
                           std::span<const std::string_view> known, wamp::Deliveries& out) {
    const auto match = match_of(subscribe.options);
    const bool is_known = std::any_of(known.begin(), known.end(), [&](std::string_view topic) {
        return wamp::matches(subscribe.topic, match, topic);
    });
    if (!is_known) {
        out.add(from.id, wamp::Error{wamp::MessageType::subscribe,
                                     subscribe.request,
                                     {},
                                     std::string(uris::feature_not_supported),
                                     {}});
        return;
    }
    const std::string_view realm = from.policy->realm();
    auto found =
        std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const Subscription& each) {
            return each.realm == realm && each.topic == subscribe.topic && each.match == match;
        });
    if (found == subscriptions_.end()) {
        subscriptions_.push_back(
            {random_.global_id(), std::string(realm), subscribe.topic, match, {}});
        found = subscriptions_.end() - 1;
    }
    if (std::find(found->members.begin(), found->members.end(), from.id) == found->members.end()) {
        found->members.push_back(from.id);
    }
    out.add(from.id, wamp::Subscribed{subscribe.request, found->id});
}

bool MetaTopics::unsubscribe(SessionId from, const wamp::Unsubscribe& request,
                             wamp::Deliveries& out) {
    const auto found =
        std::find_if(subscriptions_.begin(), subscriptions_.end(),
                     [&](const Subscription& each) { return each.id == request.subscription; });
    if (found == subscriptions_.end() || std::erase(found->members, from) == 0) return false;
    forget_unheld();
    out.add(from, wamp::Unsubscribed{request.request, {}});
    return true;
}

void MetaTopics::leave(SessionId session) noexcept {
    for (Subscription& subscription : subscriptions_) std::erase(subscription.members, session);
    forget_unheld();
}

void MetaTopics::publish(std::string_view realm, std::string_view topic, const wamp::List& args,
                         const std::function<bool(const Session&)>& admits, wamp::Deliveries& out) {
    if (subscriptions_.empty()) return;
    const wamp::PublicationId id = random_.global_id();
    const wamp::Payload payload = keep(wamp::Serializer::msgpack, args);
    for (const Subscription& subscription : subscriptions_) {
        if (subscription.realm != realm) continue;
        if (!wamp::matches(subscription.topic, subscription.match, topic)) continue;
        std::vector<SessionId> receivers;
        for (const SessionId member : subscription.members) {
            const Session* const session = door_.sessions().find(member);
            if (session != nullptr && admits(*session) &&
                door_.judge().may_deliver(*session, topic))
                receivers.push_back(member);
        }
        if (receivers.empty()) continue;
        wamp::Event event{subscription.id, id, {}, payload};
        if (subscription.match != wamp::MatchPolicy::exact) event.details.append("topic", topic);
        out.add(receivers, std::move(event));
    }
}

void MetaTopics::notify_revoked(const Session& member, wamp::SubscriptionId id,
                                std::string_view reason, wamp::Deliveries& out) {
    if (!member.features.has(wamp::Feature::subscriber_subscription_revocation)) return;
    out.add(member.id, wamp::Unsubscribed{0, {{"subscription", id}, {"reason", reason}}});
}

void MetaTopics::revoke(SessionId member, wamp::SubscriptionId id, std::string_view reason,
                        wamp::Deliveries& out) {
    const Session* const session = door_.sessions().find(member);
    for (Subscription& subscription : subscriptions_) {
        if (subscription.id != id || std::erase(subscription.members, member) == 0) continue;
        if (session != nullptr) notify_revoked(*session, id, reason, out);
    }
}

void MetaTopics::judge_again(wamp::Deliveries& out, wamp::Outbox& effects) {
    for (Subscription& subscription : subscriptions_) {
        std::erase_if(subscription.members, [&](SessionId member) {
            const Session* const session = door_.sessions().find(member);
            if (session == nullptr) return true;
            const auto decision = door_.judge().judge_holding(
                *session, {Action::subscribe, subscription.topic, subscription.match});
            door_.redeliver(*session, subscription.id, 0, subscription.topic, decision, effects);
            if (std::holds_alternative<Permit>(decision)) return false;
            notify_revoked(*session, subscription.id, uris::not_authorized, out);
            return true;
        });
    }
    forget_unheld();
}

wamp::Payload MetaTopics::keep(wamp::Serializer serializer, const wamp::List& args) {
    return kept_.emplace_back(wamp::make_payload(serializer, args)).view();
}

void MetaTopics::forget_unheld() noexcept {
    std::erase_if(subscriptions_, [](const Subscription& each) { return each.members.empty(); });
}

}  // namespace sallyport::policy
