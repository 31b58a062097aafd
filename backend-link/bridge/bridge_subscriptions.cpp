#include "backend-link/bridge/bridge_subscriptions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MatchPolicy;
using wamp::MessageType;
using wamp::SessionId;

}  // namespace

/// Caches the policy's answer for a topic for all sessions of one role, so that it is evaluated
/// once per event and not once per receiver.
class Subscriptions::DeliveryCheck {
public:
    /// `topic` as the sessions name it.
    DeliveryCheck(policy::Judge& judge, std::string_view topic) noexcept
        : judge_(judge), topic_(topic) {}
    bool passes(const policy::Session& session) noexcept {
        if (policy_ != session.policy.get() || role_ != session.role || session.policy->binds()) {
            policy_ = session.policy.get();
            role_ = session.role;
            passes_ = judge_.may_deliver(session, topic_);
        } else if (!passes_) {
            judge_.count_withheld();
        }
        return passes_;
    }

private:
    policy::Judge& judge_;
    std::string_view topic_;
    const policy::RealmPolicy* policy_ = nullptr;
    policy::RoleIndex role_{};
    bool passes_ = false;
};

bool Subscriptions::has_member(const FrontSubscription& front, SessionId session) const noexcept {
    return link_.ids.subscriptions.of(session, front.id).has(link_.number);
}

void Subscriptions::add_member(FrontSubscription& front, const policy::Session& session) {
    if (has_member(front, session.id)) return;
    front.members.push_back(&session);
    if (link_.ids.subscriptions.add(session.id, front.id, link_.number)) {
        link_.ids.changes.push_back(
            {session.id, session.id, front.id, false, true, front.of->match, front.topic});
    }
}

void Subscriptions::remove_member(FrontSubscription& front, SessionId session, SessionId by) {
    if (!has_member(front, session)) return;
    if (link_.ids.subscriptions.remove(session, front.id, link_.number))
        link_.ids.changes.push_back({.session = session, .by = by, .id = front.id});
    std::erase_if(front.members,
                  [session](const policy::Session* member) { return member->id == session; });
}

bool Subscriptions::waits_for(SessionId session, wamp::SubscriptionId id) const noexcept {
    FrontSubscription* const* const found = wamp::find_in(by_id_, id);
    return found != nullptr && (*found)->waits_for(session);
}

bool Subscriptions::FrontSubscription::waits_for(SessionId session) const noexcept {
    return std::any_of(waiting.begin(), waiting.end(),
                       [session](const Waiter& waiter) { return waiter.session->id == session; });
}

Subscriptions::Waiter* Subscriptions::FrontSubscription::last_waiter(SessionId session) noexcept {
    const auto last =
        std::find_if(waiting.rbegin(), waiting.rend(),
                     [session](const Waiter& waiter) { return waiter.session->id == session; });
    return last == waiting.rend() ? nullptr : &*last;
}

bool Subscriptions::FrontSubscription::must_follow(const Waiter& waiter) const noexcept {
    return std::any_of(waiting.begin(), waiting.end(), [&](const Waiter& before) {
        return before.session == waiter.session && (before.left_by != 0 || waiter.left_by != 0);
    });
}

// RequestContext
// --------------------------------------------------------------------------------------------

void Subscriptions::forward(const RequestContext& context, const wamp::Subscribe& subscribe,
                            BridgeOutbox& out) {
    const SessionId from = context.from.id;
    const auto refuse = [&](std::string_view uri, wamp::Payload payload = {}) {
        out.to_sessions.add(from,
                            error_for(MessageType::subscribe, subscribe.request, uri, payload));
    };
    if (!link_.up)
        return refuse(uris::unavailable, policy::told(context.permit, policy::Cause::link_down));
    const MatchPolicy match = match_of(subscribe.options);
    if (match != MatchPolicy::exact && !link_.profile.pattern_options) {
        return refuse(uris::option_not_allowed);
    }
    Rewriting rewriting(context.route);
    const auto inside = rewriting.inside(subscribe.topic);
    if (!inside) return refuse(uris::invalid_uri);
    std::vector<FrontSubscription*>& held = by_session_[from];
    FrontSubscription* front = find_front(*inside, match, subscribe.topic);
    const bool known = front != nullptr && std::find(held.begin(), held.end(), front) != held.end();
    if (!known && held.size() >= subscriptions_per_session_max) return refuse(uris::unavailable);
    // Patterns get no retained events (W-EVR-03).
    const bool retained = match == MatchPolicy::exact &&
                          context.permit.grants(policy::Grant::retain) &&
                          subscribe.options.get_bool("get_retained", false);
    if (front == nullptr) {
        Subscription* const known_behind = by_topic_.find(match, *inside);
        const bool made = known_behind == nullptr;
        Subscription& subscription = made ? make(*inside, match) : *known_behind;
        if (made && !retained) subscribe_behind(subscription, false, out);
        front = &make_front(subscription, std::move(rewriting), subscribe.topic);
    }
    if (!known) held.push_back(front);
    request_membership(*front, context.from, subscribe.request, retained, out);
}

void Subscriptions::request_membership(FrontSubscription& front, const policy::Session& session,
                                       wamp::RequestId request, bool retained, BridgeOutbox& out) {
    if (retained) subscribe_behind(*front.of, true, out);
    const bool asks_link = retained || front.of->state != State::active;
    const Waiter waiter{&session, request, asks_link ? front.of->latest : 0, retained};
    if (!asks_link && !front.must_follow(waiter)) {
        confirm(front, waiter, out);
    } else {
        front.waiting.push_back(waiter);
    }
}

Subscriptions::Subscription& Subscriptions::make(std::string_view topic, MatchPolicy match) {
    auto made = std::make_unique<Subscription>();
    made->match = match;
    made->topic = topic;
    made->age = ++made_;
    Subscription& subscription = *made;
    by_topic_.insert(match, subscription.topic, &subscription);
    subscriptions_.emplace(subscription.age, std::move(made));
    return subscription;
}

Subscriptions::FrontSubscription* Subscriptions::find_front(std::string_view inside,
                                                            MatchPolicy match,
                                                            std::string_view topic) noexcept {
    const Subscription* const subscription = by_topic_.find(match, inside);
    if (subscription == nullptr) return nullptr;
    for (const auto& front : subscription->fronts) {
        if (front->topic == topic) return front.get();
    }
    return nullptr;
}

Subscriptions::FrontSubscription& Subscriptions::make_front(Subscription& subscription,
                                                            Rewriting&& rewriting,
                                                            std::string_view topic) {
    auto made = std::make_unique<FrontSubscription>();
    do {
        made->id = link_.random.global_id();
    } while (by_id_.contains(made->id));
    made->of = &subscription;
    made->rewriting = std::move(rewriting);
    made->topic = topic;
    by_id_[made->id] = made.get();
    return *subscription.fronts.emplace_back(std::move(made));
}

void Subscriptions::subscribe_behind(Subscription& subscription, bool retained, BridgeOutbox& out) {
    const wamp::RequestId request = link_.next_request();
    if (subscription.state != State::active) subscription.state = State::subscribing;
    subscription.latest = request;
    ++subscription.unanswered;
    subscribing_[request] = &subscription;
    wamp::Dict options = match_options(subscription.match);
    if (retained) options.append("get_retained", true);
    out.to_link.emplace_back(wamp::Subscribe{request, std::move(options), subscription.topic});
}

void Subscriptions::confirm(FrontSubscription& front, const Waiter& waiter, BridgeOutbox& out) {
    const SessionId session = waiter.session->id;
    add_member(front, *waiter.session);
    out.to_sessions.add(session, wamp::Subscribed{waiter.request, front.id});
    out.changes.push_back({session, front.id, false, true});
    if (waiter.left_by != 0) return end_membership(front, session, waiter.left_by, out);
    if (waiter.retained) front.want_retained.push_back(session);
}

void Subscriptions::refuse(FrontSubscription& front, const Waiter& waiter, std::string_view uri,
                           BridgeOutbox& out) {
    const SessionId session = waiter.session->id;
    out.to_sessions.add(session, error_for(MessageType::subscribe, waiter.request, uri));
    if (waiter.left_by == 0) return;
    Waiter* const before = front.last_waiter(session);
    if (before == nullptr || before->left_by != 0)
        return end_membership(front, session, waiter.left_by, out);
    before->left_by = waiter.left_by;
}

void Subscriptions::answer_waiting(FrontSubscription& front, wamp::RequestId answered,
                                   std::string_view error, BridgeOutbox& out) {
    std::vector<Waiter> waiting = std::exchange(front.waiting, {});
    std::vector<SessionId> sessions;  // that were answered
    for (Waiter& waiter : waiting) {
        const bool is_answered = waiter.behind == answered;
        if (is_answered) waiter.behind = 0;
        if (is_answered && !error.empty()) {
            refuse(front, waiter, error, out);
        } else if (waiter.behind == 0 && !front.must_follow(waiter)) {
            confirm(front, waiter, out);
        } else {
            front.waiting.push_back(waiter);
            continue;
        }
        sessions.push_back(waiter.session->id);
    }
    for (const SessionId session : sessions) unlist_if_unheld(session, front);
}

// Unsubscribing
// -----------------------------------------------------------------------------------------

bool Subscriptions::unsubscribe(SessionId from, const wamp::Unsubscribe& request,
                                BridgeOutbox& out) {
    FrontSubscription** found = wamp::find_in(by_id_, request.subscription);
    if (found == nullptr) return false;
    FrontSubscription& front = **found;
    if (Waiter* const waiter = front.last_waiter(from)) {
        if (waiter->left_by != 0) return false;  // that one will have ended it
        waiter->left_by = request.request;
        return true;
    }
    if (!has_member(front, from)) return false;
    end_membership(front, from, request.request, out);
    unlist(from, front);
    release(front, out);
    return true;
}

void Subscriptions::end_membership(FrontSubscription& front, SessionId session,
                                   wamp::RequestId unsubscribe, BridgeOutbox& out) {
    if (!has_member(front, session)) {
        out.to_sessions.add(
            session, error_for(MessageType::unsubscribe, unsubscribe, uris::no_such_subscription));
        return;
    }
    remove_member(front, session, session);
    std::erase(front.want_retained, session);
    out.to_sessions.add(session, wamp::Unsubscribed{unsubscribe, {}});
    out.changes.push_back({session, front.id, false, false, session});
}

bool Subscriptions::is_named(wamp::SubscriptionId id, std::string_view topic,
                             MatchPolicy match) const noexcept {
    FrontSubscription* const* const found = wamp::find_in(by_id_, id);
    return found != nullptr && (*found)->topic == topic && (*found)->of->match == match;
}

std::optional<Subscriptions::Held> Subscriptions::held(SessionId session,
                                                       wamp::SubscriptionId id) const noexcept {
    FrontSubscription* const* const found = wamp::find_in(by_id_, id);
    if (found == nullptr || !has_member(**found, session)) return std::nullopt;
    const Subscription& subscription = *(*found)->of;
    return Held{subscription.state == State::active ? subscription.back : 0, subscription.match,
                &(*found)->rewriting};
}

void Subscriptions::leave(SessionId session, BridgeOutbox& out) {
    std::vector<FrontSubscription*>* found = wamp::find_in(by_session_, session);
    if (found == nullptr) return;
    const std::vector<FrontSubscription*> held = std::move(*found);
    by_session_.erase(session);
    for (FrontSubscription* front : held) {
        remove_member(*front, session, session);
        std::erase_if(front->waiting,
                      [session](const Waiter& waiter) { return waiter.session->id == session; });
        release(*front, out);
    }
}

void Subscriptions::release(FrontSubscription& front, BridgeOutbox& out) {
    if (front.is_held()) return;
    Subscription& subscription = *front.of;
    by_id_.erase(front.id);
    std::erase_if(subscription.fronts, [&](const auto& each) { return each.get() == &front; });
    release(subscription, out);
}

void Subscriptions::forget_unheld(Subscription& subscription) noexcept {
    std::erase_if(subscription.fronts, [this](const auto& front) {
        if (front->is_held()) return false;
        by_id_.erase(front->id);
        return true;
    });
}

void Subscriptions::release(Subscription& subscription, BridgeOutbox& out) {
    if (!subscription.fronts.empty()) return;
    // Released when SUBSCRIBED arrives, unless it has a new subscriber by then.
    if (subscription.unanswered != 0) return;
    if (subscription.state == State::active) {
        const wamp::RequestId request = link_.next_request();
        leaving_.insert(request);
        out.to_link.emplace_back(wamp::Unsubscribe{request, subscription.back, {}});
    }
    // A later SUBSCRIBE for the same topic follows the UNSUBSCRIBE on the link and creates a new
    // subscription; events that still arrive under the old id are dropped (W-GWY-04).
    erase(subscription);
}

// The link's answers
// --------------------------------------------------------------------------------

void Subscriptions::on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out) {
    Subscription** found = wamp::find_in(subscribing_, subscribed.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(subscribed.request);
    --subscription.unanswered;
    if (subscription.state != State::active) {
        subscription.state = State::active;
        subscription.back = subscribed.subscription;
        by_back_[subscription.back] = &subscription;
    }
    for (const auto& front : subscription.fronts) {
        front->want_retained.clear();
        answer_waiting(*front, subscribed.request, {}, out);
    }
    forget_unheld(subscription);
    release(subscription, out);
}

void Subscriptions::on_subscribe_error(const wamp::Error& error, BridgeOutbox& out) {
    Subscription** found = wamp::find_in(subscribing_, error.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(error.request);
    --subscription.unanswered;
    for (const auto& front : subscription.fronts) {
        answer_waiting(*front, error.request, error.uri, out);
    }
    if (subscription.state != State::active && subscription.unanswered == 0) {
        return revoke(subscription, out);  // a restored one may have members
    }
    forget_unheld(subscription);
    release(subscription, out);
}

void Subscriptions::on_unsubscribed(const wamp::Unsubscribed& unsubscribed, BridgeOutbox& out) {
    if (unsubscribed.request != 0) {
        leaving_.erase(unsubscribed.request);
        return;
    }
    Subscription** found =
        wamp::find_in(by_back_, unsubscribed.details.get_uint("subscription", 0));
    if (found != nullptr) revoke(**found, out);
}

void Subscriptions::revoke(Subscription& subscription, BridgeOutbox& out) {
    for (const auto& front : subscription.fronts) {
        wamp::Unsubscribed revocation;
        revocation.details.append("subscription", front->id);
        receivers_.clear();
        for (const policy::Session* member : std::exchange(front->members, {})) {
            // What another backend still has is not lost.
            const bool last = link_.ids.subscriptions.remove(member->id, front->id, link_.number);
            if (last) {
                link_.ids.changes.push_back({.session = member->id, .by = 0, .id = front->id});
            }
            if (last && member->features.has(wamp::Feature::subscriber_subscription_revocation)) {
                receivers_.push_back(member->id);
            }
            if (!front->waits_for(member->id)) unlist(member->id, *front);
        }
        if (!receivers_.empty()) out.to_sessions.add(receivers_, std::move(revocation));
    }
    forget_unheld(subscription);
    if (subscription.unanswered == 0) return erase(subscription);
    by_back_.erase(subscription.back);  // subscribed again in the meantime
    subscription.back = 0;
    subscription.state = State::subscribing;
}

// Events
// --------------------------------------------------------------------------------------------

template <class Admits>
void Subscriptions::send_event(const Subscription& subscription, std::string_view topic,
                               const Delivery& delivery, DeliveryCheck& delivery_check,
                               Admits&& admits, BridgeOutbox& out) {
    const bool is_pattern = subscription.match != MatchPolicy::exact;
    const bool passthru = wamp::is_passthru(delivery.carried);
    for (const auto& front : subscription.fronts) {
        std::optional<std::string> rewritten;
        std::string_view named = is_pattern ? topic : std::string_view(front->topic);
        if (is_pattern && !front->rewriting.none()) {
            rewritten = front->rewriting.outside(topic);
            if (!rewritten) continue;
            named = *rewritten;
        }
        DeliveryCheck renamed(link_.judge, named);
        DeliveryCheck& check = front->rewriting.none() ? delivery_check : renamed;
        receivers_.clear();
        disclosed_receivers_.clear();
        for (const policy::Session* session : front->members) {
            if (!admits(*front, *session) || !check.passes(*session)) continue;
            if (passthru &&
                !session->features.has(wamp::Feature::subscriber_payload_passthru_mode)) {
                continue;  // cannot decode it, and the protocol has no way to report that
                           // (W-PPT-04)
            }
            const bool disclose =
                delivery.disclosed != nullptr &&
                session->features.has(wamp::Feature::subscriber_publisher_identification);
            (disclose ? disclosed_receivers_ : receivers_).push_back(session->id);
        }
        if (receivers_.empty() && disclosed_receivers_.empty()) continue;
        wamp::Event event{front->id, delivery.publication, {}, delivery.payload};
        if (is_pattern) event.details.append("topic", named);
        if (delivery.retained) event.details.append("retained", true);
        wamp::append_passthru(event.details, delivery.carried);
        wamp::append_transaction_hash(event.details, delivery.carried);
        if (!disclosed_receivers_.empty()) {
            wamp::Event disclosing_event = event;  // not disclosed to others (W-PUB-09)
            append_identity(disclosing_event.details, "publisher", *delivery.disclosed);
            out.to_sessions.add(disclosed_receivers_, std::move(disclosing_event));
        }
        if (!receivers_.empty()) out.to_sessions.add(receivers_, std::move(event));
    }
}

void Subscriptions::on_event(wamp::Event&& event, BridgeOutbox& out) {
    Subscription** found = wamp::find_in(by_back_, event.subscription);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    std::string_view topic = subscription.topic;
    if (subscription.match != MatchPolicy::exact) {
        // The policy needs the topic to decide who may receive the event.
        topic = event.details.get_string("topic");
        if (!wamp::matches(subscription.topic, subscription.match, topic)) return;
        if (wamp::is_reserved(topic))
            return;  // meta events are about the router's own sessions and ids
    }
    const auto disclosed = link_.conveyed(event.details, "publisher");
    DeliveryCheck delivery_check(link_.judge, topic);
    Delivery delivery{event.publication, event.payload, event.details,
                      disclosed ? &*disclosed : nullptr, false};
    delivery.retained = event.details.get_bool("retained", false);
    // Our inside leaves it to us to apply the lists to the receivers that only we know.
    const wamp::Dict none;
    const Audience audience(link_.profile.lists ? event.details : none);
    const auto admits = [&](const FrontSubscription& front, const policy::Session& session) {
        const auto& wanted = front.want_retained;
        return audience.admits(session, 0) &&
               (!delivery.retained ||
                std::find(wanted.begin(), wanted.end(), session.id) != wanted.end());
    };
    send_event(subscription, topic, delivery, delivery_check, admits, out);
    // A retained event comes before all new ones (W-EVR-03).
    for (const auto& front : subscription.fronts) front->want_retained.clear();
}

bool Subscriptions::any_match(std::string_view topic) const {
    return by_topic_.visit(topic, [](const Subscription*) { return true; });
}

void Subscriptions::fan_out(const AcceptedPublication& publication, BridgeOutbox& out) {
    DeliveryCheck delivery_check(link_.judge, publication.topic);
    const Delivery delivery{publication.id, publication.payload, publication.carried,
                            publication.disclosed, false};
    const auto admits = [&](const FrontSubscription&, const policy::Session& session) {
        return publication.audience.admits(session, publication.publisher);
    };
    by_topic_.visit(publication.topic, [&](const Subscription* subscription) {
        send_event(*subscription, publication.topic, delivery, delivery_check, admits, out);
        return false;
    });
}

// The link itself
// -----------------------------------------------------------------------------------

void Subscriptions::on_link_lost(BridgeOutbox& out) {
    subscribing_.clear();
    by_back_.clear();
    leaving_.clear();
    for (Subscription* subscription : in_order()) {
        subscription->state = State::down;
        subscription->back = 0;
        subscription->unanswered = 0;
        for (const auto& front : subscription->fronts) {
            front->want_retained.clear();
            for (const Waiter& waiter : std::exchange(front->waiting, {})) {
                refuse(*front, waiter, uris::network_failure, out);
                unlist_if_unheld(waiter.session->id, *front);
            }
        }
        forget_unheld(*subscription);
        if (subscription->fronts.empty()) erase(*subscription);
    }
}

void Subscriptions::on_link_up(BridgeOutbox& out) {
    for (Subscription* subscription : in_order()) subscribe_behind(*subscription, false, out);
}

std::vector<Subscriptions::Subscription*> Subscriptions::in_order() {
    std::vector<Subscription*> all;
    all.reserve(subscriptions_.size());
    for (const auto& [age, subscription] : subscriptions_) all.push_back(subscription.get());
    return all;
}

void Subscriptions::unlist_if_unheld(SessionId session, FrontSubscription& front) noexcept {
    if (!has_member(front, session) && !front.waits_for(session)) unlist(session, front);
}

void Subscriptions::unlist(SessionId session, FrontSubscription& front) noexcept {
    if (std::vector<FrontSubscription*>* held = wamp::find_in(by_session_, session))
        std::erase(*held, &front);
}

std::size_t Subscriptions::size() const noexcept {
    return subscriptions_.size() + leaving_.size();
}

void Subscriptions::erase(Subscription& subscription) noexcept {
    if (Subscription** found = wamp::find_in(by_back_, subscription.back)) {
        if (*found == &subscription) by_back_.erase(subscription.back);
    }
    for (const auto& front : subscription.fronts) by_id_.erase(front->id);
    by_topic_.erase(subscription.match, subscription.topic);
    subscriptions_.erase(subscription.age);
}

}  // namespace sallyport::backend_link
