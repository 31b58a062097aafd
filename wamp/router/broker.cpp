#include "wamp/router/broker.h"

#include <algorithm>
#include <utility>

#include "wamp/message/copy.h"
#include "wamp/message/passthru.h"
#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"
#include "wamp/router/options.h"
#include "wamp/router/receiver_filter.h"

namespace sallyport::wamp {
namespace {

void append_publisher(Dict& details, const Origin& publisher) {
    details.append("publisher", publisher.session);
    details.append("publisher_authid", publisher.authid);
    details.append("publisher_authrole", publisher.authrole);
}

}  // namespace

bool Broker::holds(const Member& member, const Subscription& subscription) const {
    // Searches the shorter of the two lists.
    if (member.subscriptions.size() < subscription.receivers.size()) {
        const std::vector<SubscriptionId>& ids = member.subscriptions;
        return std::find(ids.begin(), ids.end(), subscription.id) != ids.end();
    }
    const std::vector<Member*>& receivers = subscription.receivers;
    return std::find(receivers.begin(), receivers.end(), &member) != receivers.end();
}

void Broker::subscribe(Member& from, Subscribe&& subscribe, Deliveries& out) {
    const SessionId to = from.session.id;
    const MatchPolicy match = match_of(subscribe.options);
    if (!is_valid_pattern(subscribe.topic, match)) {
        out.add(to, refusal(Subscribe::type, subscribe.request, uris::invalid_uri));
        return;
    }
    Subscription* known = topics_.find(match, subscribe.topic);
    if (known == nullptr) {
        known = &subscriptions_[++last_subscription_];
        *known = {last_subscription_, std::move(subscribe.topic), match, {}};
        topics_.insert(match, known->topic, known);
    }
    Subscription& subscription = *known;
    const SubscriptionId id = subscription.id;
    if (!holds(from, subscription)) {  // subscribing again returns the same id (W-PUB-01)
        subscription.receivers.push_back(&from);
        from.subscriptions.push_back(id);
        changes_.push_back({to, to, id, false, true, match, subscription.topic});
    }
    out.add(to, Subscribed{subscribe.request, id});
    // Patterns get no retained events (W-EVR-03).
    if (match == MatchPolicy::exact && subscribe.options.get_bool("get_retained", false)) {
        deliver_retained(from, id, subscription.topic, out);
    }
}

void Broker::deliver_retained(const Member& to, SubscriptionId id, std::string_view topic,
                              Deliveries& out) const {
    const RetainedEvents::Entry* const kept = retained_.find(topic);
    if (kept == nullptr) return;
    const Realm::Session& session = to.session;
    if (!ReceiverFilter(kept->options, kept->excluded).passes(session)) return;  // W-EVR-02
    if (is_passthru(kept->options) &&
        !session.features.has(Feature::subscriber_payload_passthru_mode)) {
        return;
    }
    Event event{id, kept->publication, Dict{{"retained", true}}, kept->payload.view()};
    append_passthru(event.details, kept->options);
    append_transaction_hash(event.details, kept->options);
    if (session.outside) ReceiverFilter::append_lists(event.details, kept->options);
    if (kept->options.get_bool("disclose_me", false) &&
        session.features.has(Feature::subscriber_publisher_identification)) {
        append_publisher(event.details, {kept->origin, kept->authid, kept->authrole});
    }
    out.add_for(session.id, kept->origin, std::move(event));
}

void Broker::unsubscribe(Member& from, const Unsubscribe& unsubscribe, Deliveries& out) {
    const SubscriptionId id = unsubscribe.subscription;
    const auto at = subscriptions_.find(id);
    if (at == subscriptions_.end() || !holds(from, at->second)) {
        out.add(from.session.id,
                refusal(Unsubscribe::type, unsubscribe.request, uris::no_such_subscription));
        return;
    }
    forget(from.subscriptions, id);
    remove(from, id, from.session.id);
    out.add(from.session.id, Unsubscribed{unsubscribe.request, {}});
}

void Broker::revoke(Member& from, SubscriptionId id, std::string_view reason, Deliveries& out) {
    const auto at = subscriptions_.find(id);
    if (at == subscriptions_.end() || !holds(from, at->second)) return;
    forget(from.subscriptions, id);
    remove(from, id, 0);
    if (!from.session.features.has(Feature::subscriber_subscription_revocation)) return;
    out.add(from.session.id, Unsubscribed{0, Dict{{"subscription", id}, {"reason", reason}}});
}

void Broker::remove(Member& member, SubscriptionId id, SessionId by) {
    changes_.push_back({.session = member.session.id, .by = by, .id = id});
    const auto at = subscriptions_.find(id);
    std::vector<Member*>& receivers = at->second.receivers;
    receivers.erase(std::find(receivers.begin(), receivers.end(), &member));
    if (!receivers.empty()) return;
    topics_.erase(at->second.match, at->second.topic);
    subscriptions_.erase(at);
}

void Broker::leave(Member& member) {
    for (const SubscriptionId id : member.subscriptions) remove(member, id, member.session.id);
    member.subscriptions.clear();
}

void Broker::publish(const Member& from, Publish&& publish, const Origin& origin, Instant now,
                     Deliveries& out) {
    const bool acknowledge = publish.options.get_bool("acknowledge", false);
    const auto refuse = [&](std::string_view uri) {
        if (acknowledge)  // silence otherwise (W-PUB-04)
            out.add(from.session.id, refusal(Publish::type, publish.request, uri));
    };
    if (!is_valid_uri(publish.topic) || is_reserved(publish.topic))
        return refuse(uris::invalid_uri);
    // A gateway has counted those of its clients, and may have doubled them.
    if (!from.session.outside && ReceiverFilter::too_long(publish.options))
        return refuse(uris::invalid_argument);
    const PublicationId publication = random_.global_id();
    if (acknowledge) out.add(from.session.id, Published{publish.request, publication});
    if (publish.options.get_bool("retain", false)) {
        retained_.keep(publish, publication, from.session, origin);
    }
    history_->keep(publish, publication, from.session, origin, now);

    matching_.clear();
    topics_.match(publish.topic, matching_);
    if (matching_.empty()) return;
    const ReceiverFilter filter(publish.options, from.session.id);
    const bool disclose = publish.options.get_bool("disclose_me", false);
    const bool passthru = is_passthru(publish.options);
    const bool lists = filter.has_lists();
    // Those outside get it from the backend to which it was sent first.
    const bool copy = from.session.outside && publish.options.get_bool(copy_key, false);
    for (const Subscription* subscription : matching_) {
        for (auto& receivers : receivers_) receivers.clear();
        for (const Member* member : subscription->receivers) {
            const Realm::Session& session = member->session;
            if (!filter.passes(session) || (copy && session.outside)) continue;
            if (passthru && !session.features.has(Feature::subscriber_payload_passthru_mode)) {
                continue;  // cannot decode it, and the protocol has no way to report that
                           // (W-PPT-04)
            }
            const bool disclosed =
                disclose && session.features.has(Feature::subscriber_publisher_identification);
            receivers_[(lists && session.outside ? 2U : 0U) + (disclosed ? 1U : 0U)].push_back(
                session.id);
        }
        deliver(*subscription, publication, publish, origin, out);
    }
}

void Broker::deliver(const Subscription& subscription, PublicationId publication,
                     const Publish& publish, const Origin& origin, Deliveries& out) {
    for (std::size_t kind = receivers_.size(); kind-- > 0;) {
        if (receivers_[kind].empty()) continue;
        Event event{subscription.id, publication, {}, publish.payload};
        if (subscription.match != MatchPolicy::exact) event.details.append("topic", publish.topic);
        append_passthru(event.details, publish.options);
        append_transaction_hash(event.details, publish.options);
        if (kind >= 2) ReceiverFilter::append_lists(event.details, publish.options);
        if (kind % 2 == 1) append_publisher(event.details, origin);
        out.add(receivers_[kind], std::move(event), origin.session);
    }
}

}  // namespace sallyport::wamp
