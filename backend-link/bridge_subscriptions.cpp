#include "backend-link/bridge_subscriptions.h"

#include <algorithm>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MatchPolicy;
using wamp::MessageType;
using wamp::SessionId;

/// Sessions of one role under one policy get one answer, so that an event asks the policy once and
/// not per receiver.
class Recheck {
public:
    explicit Recheck(std::string_view topic) noexcept : topic_(topic) {}
    bool passes(const policy::Session& session) noexcept {
        if (policy_ != session.policy.get() || role_ != session.role || policy_->binds()) {
            policy_ = session.policy.get();
            role_ = session.role;
            passes_ = session.may_receive(topic_);
        }
        return passes_;
    }

private:
    std::string_view topic_;
    const policy::RealmPolicy* policy_ = nullptr;
    policy::RoleIndex role_{};
    bool passes_ = false;
};

}  // namespace

void Subscriptions::forward(SessionId from, const wamp::Subscribe& subscribe, BridgeOutbox& out) {
    const auto refuse = [&](std::string_view uri) {
        out.to_sessions.add(from, error_for(MessageType::subscribe, subscribe.request, uri));
    };
    SALLYPORT_CHECK(link_.sessions.has(from));
    if (!link_.up) return refuse(uris::unavailable);
    const MatchPolicy match = match_of(subscribe.options);
    if (match != MatchPolicy::exact && !link_.profile.pattern_options) {
        return refuse(uris::option_not_allowed);
    }
    std::vector<Subscription*>& held = by_session_[from];
    const auto found = topics(match).find(subscribe.topic);
    Subscription* subscription = found == topics(match).end() ? nullptr : found->second.get();
    const bool known =
        subscription != nullptr && std::find(held.begin(), held.end(), subscription) != held.end();
    if (!known && held.size() >= subscriptions_per_session_max) return refuse(uris::unavailable);
    if (subscription == nullptr) {
        subscription = &make(subscribe.topic, match);
        subscribe_behind(*subscription, out);
    }
    if (!known) held.push_back(subscription);
    const Waiter waiter{from, subscribe.request};
    if (subscription->state == State::active) {
        confirm(*subscription, waiter, out);
    } else {
        subscription->waiting.push_back(waiter);
    }
}

Subscriptions::Subscription& Subscriptions::make(std::string_view topic, MatchPolicy match) {
    auto made = std::make_unique<Subscription>();
    do {
        made->id = link_.random.global_id();
    } while (by_id_.find(made->id) != nullptr);
    made->match = match;
    made->topic = topic;
    made->age = ++made_;
    Subscription& subscription = *made;
    by_id_[subscription.id] = &subscription;
    topics(match).emplace(subscription.topic, std::move(made));
    if (match == MatchPolicy::prefix) ++prefix_bytes_[topic.size()];
    return subscription;
}

void Subscriptions::subscribe_behind(Subscription& subscription, BridgeOutbox& out) {
    const wamp::RequestId request = link_.next_request();
    subscription.state = State::subscribing;
    subscribing_[request] = &subscription;
    out.to_link.emplace_back(
        wamp::Subscribe{request, match_options(subscription.match), subscription.topic});
}

void Subscriptions::confirm(Subscription& subscription, const Waiter& waiter, BridgeOutbox& out) {
    std::vector<SessionId>& members = subscription.members;
    if (std::find(members.begin(), members.end(), waiter.session) == members.end()) {
        members.push_back(waiter.session);
    }
    out.to_sessions.add(waiter.session, wamp::Subscribed{waiter.request, subscription.id});
}

bool Subscriptions::unsubscribe(SessionId from, const wamp::Unsubscribe& request,
                                BridgeOutbox& out) {
    Subscription** found = by_id_.find(request.subscription);
    if (found == nullptr) return false;
    Subscription& subscription = **found;
    std::vector<SessionId>& members = subscription.members;
    const auto member = std::find(members.begin(), members.end(), from);
    if (member == members.end()) return false;
    members.erase(member);
    out.to_sessions.add(from, wamp::Unsubscribed{request.request, {}});
    const std::vector<Waiter>& waiting = subscription.waiting;
    const bool waits_again = std::any_of(waiting.begin(), waiting.end(),
                                         [from](const Waiter& w) { return w.session == from; });
    if (!waits_again) unlist(from, subscription);
    if (members.empty() && waiting.empty()) release(subscription, out);
    return true;
}

void Subscriptions::leave(SessionId session, BridgeOutbox& out) {
    std::vector<Subscription*>* found = by_session_.find(session);
    if (found == nullptr) return;
    const std::vector<Subscription*> held = std::move(*found);
    by_session_.erase(session);
    for (Subscription* subscription : held) {
        std::erase(subscription->members, session);
        std::erase_if(subscription->waiting,
                      [session](const Waiter& waiter) { return waiter.session == session; });
        if (subscription->members.empty() && subscription->waiting.empty()) {
            release(*subscription, out);
        }
    }
}

void Subscriptions::release(Subscription& subscription, BridgeOutbox& out) {
    switch (subscription.state) {
        case State::subscribing:
            return;  // let go when SUBSCRIBED comes, unless somebody wants it again before
        case State::down:
            break;
        case State::active:
            const wamp::RequestId request = link_.next_request();
            leaving_[request] = true;
            out.to_link.emplace_back(wamp::Unsubscribe{request, subscription.back, {}});
            break;
    }
    // A SUBSCRIBE for the same topic follows the UNSUBSCRIBE on the link and makes a new one here;
    // what still comes in under the old back id belongs to nobody (W-GWY-04).
    erase(subscription);
}

void Subscriptions::on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out) {
    Subscription** found = subscribing_.find(subscribed.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(subscribed.request);
    subscription.state = State::active;
    subscription.back = subscribed.subscription;
    by_back_[subscription.back] = &subscription;
    const std::vector<Waiter> waiting = std::exchange(subscription.waiting, {});
    for (const Waiter& waiter : waiting) confirm(subscription, waiter, out);
    if (subscription.members.empty()) release(subscription, out);
}

void Subscriptions::on_subscribe_error(const wamp::Error& error, BridgeOutbox& out) {
    Subscription** found = subscribing_.find(error.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(error.request);
    for (const Waiter& waiter : std::exchange(subscription.waiting, {})) {
        out.to_sessions.add(waiter.session,
                            error_for(MessageType::subscribe, waiter.request, error.uri));
        if (std::find(subscription.members.begin(), subscription.members.end(), waiter.session) ==
            subscription.members.end()) {
            unlist(waiter.session, subscription);
        }
    }
    revoke(subscription, out);  // a restored one may have members
}

void Subscriptions::on_unsubscribed(const wamp::Unsubscribed& unsubscribed, BridgeOutbox& out) {
    if (unsubscribed.request != 0) {
        leaving_.erase(unsubscribed.request);
        return;
    }
    Subscription** found = by_back_.find(unsubscribed.details.get_uint("subscription", 0));
    if (found != nullptr) revoke(**found, out);
}

void Subscriptions::revoke(Subscription& subscription, BridgeOutbox& out) {
    wamp::Unsubscribed revocation;
    revocation.details.append("subscription", subscription.id);
    receivers_.clear();
    for (const SessionId member : subscription.members) {
        const policy::Session* session = link_.sessions.find(member);
        if (session != nullptr &&
            session->features.has(wamp::Feature::subscriber_subscription_revocation)) {
            receivers_.push_back(member);
        }
        unlist(member, subscription);
    }
    if (!receivers_.empty()) out.to_sessions.add(receivers_, std::move(revocation));
    erase(subscription);
}

void Subscriptions::on_event(wamp::Event&& event, BridgeOutbox& out) {
    Subscription** found = by_back_.find(event.subscription);
    if (found == nullptr) return;
    const Subscription& subscription = **found;
    std::string_view topic = subscription.topic;
    if (subscription.match != MatchPolicy::exact) {
        // Without the topic nobody could tell who may see it.
        topic = event.details.get_string("topic");
        if (!wamp::matches(subscription.topic, subscription.match, topic)) return;
    }
    receivers_.clear();
    Recheck recheck(topic);
    for (const SessionId member : subscription.members) {
        const policy::Session* session = link_.sessions.find(member);
        if (session != nullptr && recheck.passes(*session)) receivers_.push_back(member);
    }
    if (receivers_.empty()) return;
    send_event(subscription, topic, event.publication, event.payload, out);
}

void Subscriptions::send_event(const Subscription& subscription, std::string_view topic,
                               wamp::PublicationId publication, const wamp::Payload& payload,
                               BridgeOutbox& out) {
    wamp::Event event{subscription.id, publication, {}, payload};
    if (subscription.match != MatchPolicy::exact) event.details.append("topic", topic);
    out.to_sessions.add(receivers_, std::move(event));
}

template <class Visit>
bool Subscriptions::visit_matching(std::string_view topic, Visit&& visit) const {
    const ByTopic& exact = topics(MatchPolicy::exact);
    if (const auto found = exact.find(topic); found != exact.end() && visit(*found->second)) {
        return true;
    }
    const ByTopic& prefixes = topics(MatchPolicy::prefix);
    for (const auto& [bytes, count] : prefix_bytes_) {
        if (bytes > topic.size()) break;
        const auto found = prefixes.find(topic.substr(0, bytes));
        if (found != prefixes.end() && visit(*found->second)) return true;
    }
    for (const auto& [pattern, subscription] : topics(MatchPolicy::wildcard)) {
        if (wamp::matches(pattern, MatchPolicy::wildcard, topic) && visit(*subscription)) {
            return true;
        }
    }
    return false;
}

bool Subscriptions::any_match(std::string_view topic) const {
    return visit_matching(topic, [](const Subscription&) { return true; });
}

void Subscriptions::fan_out(std::string_view topic, SessionId publisher, const Audience& audience,
                            wamp::PublicationId publication, const wamp::Payload& payload,
                            BridgeOutbox& out) {
    Recheck recheck(topic);
    visit_matching(topic, [&](const Subscription& subscription) {
        receivers_.clear();
        for (const SessionId member : subscription.members) {
            const policy::Session* session = link_.sessions.find(member);
            if (session != nullptr && audience.admits(*session, publisher) &&
                recheck.passes(*session)) {
                receivers_.push_back(member);
            }
        }
        if (!receivers_.empty()) send_event(subscription, topic, publication, payload, out);
        return false;
    });
}

void Subscriptions::on_link_lost(BridgeOutbox& out) {
    subscribing_.clear();
    by_back_.clear();
    leaving_.clear();
    for (Subscription* subscription : in_order()) {
        subscription->state = State::down;
        subscription->back = 0;
        for (const Waiter& waiter : std::exchange(subscription->waiting, {})) {
            out.to_sessions.add(waiter.session, error_for(MessageType::subscribe, waiter.request,
                                                          uris::network_failure));
            const std::vector<SessionId>& members = subscription->members;
            if (std::find(members.begin(), members.end(), waiter.session) == members.end()) {
                unlist(waiter.session, *subscription);
            }
        }
        if (subscription->members.empty()) erase(*subscription);
    }
}

void Subscriptions::on_link_up(BridgeOutbox& out) {
    for (Subscription* subscription : in_order()) subscribe_behind(*subscription, out);
}

std::vector<Subscriptions::Subscription*> Subscriptions::in_order() {
    std::vector<Subscription*> all;
    by_id_.for_each([&all](wamp::SubscriptionId, Subscription* each) { all.push_back(each); });
    std::sort(all.begin(), all.end(),
              [](const Subscription* a, const Subscription* b) { return a->age < b->age; });
    return all;
}

void Subscriptions::unlist(SessionId session, Subscription& subscription) noexcept {
    if (std::vector<Subscription*>* held = by_session_.find(session)) {
        std::erase(*held, &subscription);
    }
}

void Subscriptions::erase(Subscription& subscription) noexcept {
    if (Subscription** found = by_back_.find(subscription.back)) {
        if (*found == &subscription) by_back_.erase(subscription.back);
    }
    by_id_.erase(subscription.id);
    if (subscription.match == MatchPolicy::prefix) {
        const auto count = prefix_bytes_.find(subscription.topic.size());
        if (--count->second == 0) prefix_bytes_.erase(count);
    }
    ByTopic& all = topics(subscription.match);
    all.erase(all.find(subscription.topic));
}

}  // namespace sallyport::backend_link
