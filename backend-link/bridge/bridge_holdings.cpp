// Subscriptions and registrations when the policy changes: listed, removed from a session, or moved
// to another bridge.
#include "backend-link/bridge/bridge_holdings.h"

#include <algorithm>
#include <utility>

#include "backend-link/bridge/bridge_registrations.h"
#include "backend-link/bridge/bridge_subscriptions.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::Feature;
using wamp::MatchPolicy;
using wamp::MessageType;

}  // namespace

void notify_lost(const Holding& holding, std::string_view reason, const LinkSide& link,
                 BridgeOutbox& out) {
    const policy::Session* session = link.sessions.find(holding.session);
    if (session == nullptr) return;
    if (holding.waiting != 0) {
        const auto type = holding.registration ? MessageType::register_ : MessageType::subscribe;
        out.to_sessions.add(holding.session, error_for(type, holding.waiting, reason));
        if (holding.left_by == 0) return;
        out.to_sessions.add(holding.session, error_for(MessageType::unsubscribe, holding.left_by,
                                                       uris::no_such_subscription));
    } else if (holding.registration) {
        if (!session->features.has(Feature::callee_registration_revocation)) return;  // W-RRV-01
        wamp::Dict details{{"registration", holding.id}, {"reason", reason}};
        out.to_sessions.add(holding.session, wamp::Unregistered{0, std::move(details)});
    } else {
        if (!session->features.has(Feature::subscriber_subscription_revocation))
            return;  // W-SRV-01
        wamp::Dict details{{"subscription", holding.id}, {"reason", reason}};
        out.to_sessions.add(holding.session, wamp::Unsubscribed{0, std::move(details)});
    }
}

// Subscriptions
// -------------------------------------------------------------------------------------

void Subscriptions::list(std::vector<Holding>& out) {
    for (const Subscription* subscription : in_order()) {
        for (const auto& front : subscription->fronts) {
            Holding holding;
            holding.id = front->id;
            holding.match = subscription->match;
            holding.uri = front->topic;
            holding.rewriting = front->rewriting;
            for (const policy::Session* member : front->members) {
                holding.session = member->id;
                out.push_back(holding);
            }
            for (const Waiter& waiter : front->waiting) {
                holding.session = waiter.session->id;
                holding.waiting = waiter.request;
                holding.wants_retained = waiter.retained;
                holding.left_by = waiter.left_by;
                out.push_back(holding);
            }
        }
    }
}

std::optional<Holding> Subscriptions::find_held(wamp::SessionId session,
                                                wamp::SubscriptionId id) const {
    FrontSubscription* const* const found = wamp::find_in(by_id_, id);
    if (found == nullptr || !has_member(**found, session)) return std::nullopt;
    const FrontSubscription& front = **found;
    Holding holding;
    holding.session = session;
    holding.id = id;
    holding.match = front.of->match;
    holding.uri = front.topic;
    holding.rewriting = front.rewriting;
    return holding;
}

void Subscriptions::drop(const Holding& holding, BridgeOutbox& out) {
    FrontSubscription** found = wamp::find_in(by_id_, holding.id);
    if (found == nullptr) return;
    FrontSubscription& front = **found;
    if (holding.waiting == 0) {
        remove_member(front, holding.session, holding.by);
    } else {
        std::erase_if(front.waiting, [&](const Waiter& waiter) {
            return waiter.session->id == holding.session && waiter.request == holding.waiting;
        });
    }
    std::erase(front.want_retained, holding.session);
    if (!has_member(front, holding.session) && !front.waits_for(holding.session)) {
        unlist(holding.session, front);
    }
    release(front, out);
}

bool Subscriptions::adopt(const Holding& holding, const policy::Permit& permit,
                          const policy::RouteInfo& route, BridgeOutbox& out) {
    const bool is_held = holding.waiting == 0;
    if (!link_.up && !is_held) return false;
    if (holding.match != MatchPolicy::exact && !link_.profile.pattern_options) return false;
    const bool retained = holding.wants_retained && permit.grants(policy::Grant::retain);
    policy::Session* const session = link_.sessions.find(holding.session);
    Rewriting rewriting(route);
    const auto inside = rewriting.inside(holding.uri);
    if (session == nullptr || !inside) return false;
    std::vector<FrontSubscription*>& held = by_session_[holding.session];
    if (held.size() >= subscriptions_per_session_max) return false;
    FrontSubscription* front = find_front(*inside, holding.match, holding.uri);
    // A session identifies its subscription by the id in SUBSCRIBED, which must not change.
    if (front != nullptr && is_held && front->id != holding.id) return false;
    if (front == nullptr) {
        if (by_id_.contains(holding.id)) return false;
        Subscription* const present = by_topic_.find(holding.match, *inside);
        const bool made = present == nullptr;
        Subscription& subscription = made ? make(*inside, holding.match) : *present;
        if (made && link_.up && !retained) subscribe_behind(subscription, false, out);
        if (made && !link_.up) subscription.state = State::down;
        front = &make_front(subscription, std::move(rewriting), holding.uri);
        by_id_.erase(front->id);
        front->id = holding.id;
        by_id_[front->id] = front;
    }
    if (std::find(held.begin(), held.end(), front) == held.end()) held.push_back(front);
    if (is_held) {
        add_member(*front, *session);
    } else {
        request_membership(*front, *session, holding.waiting, retained, out);
    }
    if (holding.left_by != 0) unsubscribe(holding.session, {holding.left_by, front->id, {}}, out);
    return true;
}

// Registrations
// -------------------------------------------------------------------------------------

Holding Registrations::holding_of(const Registration& registration) {
    auto uri = registration.rewriting.outside(registration.uri);
    return {.session = registration.owner->id,
            .registration = true,
            .id = registration.id,
            .waiting = registration.waiting,
            .match = registration.match,
            .demands_callers = registration.demands_callers,
            .forward_timeout = registration.forward_timeout,
            .invoke = registration.invoke,
            .uri = uri ? *std::move(uri) : registration.uri,
            .rewriting = registration.rewriting};
}

void Registrations::list(std::vector<Holding>& out) {
    for (const Registration* registration : in_order()) {
        if (registration->owner != nullptr) out.push_back(holding_of(*registration));
    }
}

std::optional<Holding> Registrations::find_held(wamp::SessionId session,
                                                wamp::RegistrationId id) const {
    const Registration* const found = find(id, session);
    return found == nullptr ? std::nullopt : std::optional(holding_of(*found));
}

void Registrations::drop(const Holding& holding, BridgeOutbox& out) {
    Registration* const found = find(holding.id, holding.session);
    if (found == nullptr) return;
    disown(*found, holding.by);
    release(*found, out);
}

bool Registrations::adopt(const Holding& holding, const policy::RouteInfo& route,
                          BridgeOutbox& out) {
    if (!link_.up && holding.waiting != 0) return false;
    if (holding.match != MatchPolicy::exact && !link_.profile.pattern_options) return false;
    Rewriting rewriting(route);
    const auto inside = rewriting.inside(holding.uri);
    policy::Session* const session = link_.sessions.find(holding.session);
    if (session == nullptr || !inside) return false;
    const bool shared = !holding.invoke.empty();
    if (shared && !(link_.up ? link_.shares() : link_.profile.shares)) return false;
    const std::vector<Registration*>* held = wamp::find_in(by_session_, holding.session);
    if (held != nullptr && held->size() >= registrations_per_session_max) return false;
    ByUri& all = uris_of(holding.match);
    const auto present = all.find(*inside);
    if (present != all.end() && !shared) {
        // Its owner left before the link confirmed it, and the pending request is used.
        Registration& pending = *present->second.front();
        if (pending.owner != nullptr || !pending.invoke.empty() || by_id_.contains(holding.id) ||
            pending.demands_callers != holding.demands_callers)
            return false;
        by_id_.erase(pending.id);
        pending.id = holding.id;
        pending.rewriting = std::move(rewriting);
        by_id_[pending.id] = &present->second;
        own(pending, *session, holding.waiting);
        return true;
    }
    const Registration* const first =
        present == all.end() ? nullptr : present->second.front().get();
    // Others that share it were moved before.
    const bool joins = first != nullptr && first->invoke == holding.invoke &&
                       first->id == holding.id && find(holding.id, holding.session) == nullptr;
    if (!joins && (first != nullptr || by_id_.contains(holding.id))) return false;
    auto made = std::make_unique<Registration>();
    made->match = holding.match;
    made->uri = *inside;
    made->rewriting = std::move(rewriting);
    made->demands_callers = holding.demands_callers;
    made->forward_timeout = holding.forward_timeout && link_.profile.times_calls;
    made->invoke = holding.invoke;
    if (shared) made->front = holding.session;
    made->state = State::down;
    Registration& registration = add(std::move(made));
    registration.id = holding.id;
    by_id_[registration.id] = &uris_of(holding.match).find(registration.uri)->second;
    own(registration, *session, holding.waiting);
    if (link_.up) register_behind(registration, options_of(registration), out);
    return true;
}

}  // namespace sallyport::backend_link
