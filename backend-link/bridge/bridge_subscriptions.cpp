#include "backend-link/bridge/bridge_subscriptions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MatchPolicy;
using wamp::MessageType;
using wamp::SessionId;

}  // namespace

/// Sessions of one role under one policy get one answer about one topic, so that an event asks the
/// policy once and not per receiver.
class Subscriptions::Recheck {
public:
    /// `topic` as the sessions call it.
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

bool Subscriptions::Face::has_member(SessionId session) const noexcept {
    return std::find(members.begin(), members.end(), session) != members.end();
}

bool Subscriptions::Face::waits_for(SessionId session) const noexcept {
    return std::any_of(waiting.begin(), waiting.end(),
                       [session](const Waiter& waiter) { return waiter.session == session; });
}

// Asking
// --------------------------------------------------------------------------------------------

void Subscriptions::forward(const Asking& asking, const wamp::Subscribe& subscribe,
                            BridgeOutbox& out) {
    const SessionId from = asking.from;
    const auto refuse = [&](std::string_view uri) {
        out.to_sessions.add(from, error_for(MessageType::subscribe, subscribe.request, uri));
    };
    SALLYPORT_CHECK(link_.sessions.has(from));
    if (!link_.up) return refuse(uris::unavailable);
    const MatchPolicy match = match_of(subscribe.options);
    if (match != MatchPolicy::exact && !link_.profile.pattern_options) {
        return refuse(uris::option_not_allowed);
    }
    Rewriting rewriting(asking.route);
    const auto inside = rewriting.inside(subscribe.topic);
    if (!inside) return refuse(uris::invalid_uri);
    std::vector<Face*>& held = by_session_[from];
    Face* face = find_face(*inside, match, subscribe.topic);
    const bool known = face != nullptr && std::find(held.begin(), held.end(), face) != held.end();
    if (!known && held.size() >= subscriptions_per_session_max) return refuse(uris::unavailable);
    // Patterns get no retained events (W-EVR-03).
    const bool retained = match == MatchPolicy::exact &&
                          asking.permit.grants(policy::Grant::retain) &&
                          subscribe.options.get_bool("get_retained", false);
    if (face == nullptr) {
        const auto found = topics(match).find(*inside);
        const bool made = found == topics(match).end();
        Subscription& subscription = made ? make(*inside, match) : *found->second;
        if (made && !retained) subscribe_behind(subscription, false, out);
        face = &make_face(subscription, std::move(rewriting), subscribe.topic);
    }
    // The one on the link is there already or on its way; what it retains comes only to who asks.
    if (retained) subscribe_behind(*face->of, true, out);
    if (!known) held.push_back(face);
    const Waiter waiter{from, subscribe.request, face->of->latest, retained};
    if (face->of->state == State::active && !retained) {
        confirm(*face, waiter, out);
    } else {
        face->waiting.push_back(waiter);
    }
}

Subscriptions::Subscription& Subscriptions::make(std::string_view topic, MatchPolicy match) {
    auto made = std::make_unique<Subscription>();
    made->match = match;
    made->topic = topic;
    made->age = ++made_;
    Subscription& subscription = *made;
    topics(match).emplace(subscription.topic, std::move(made));
    if (match == MatchPolicy::prefix) ++prefix_bytes_[topic.size()];
    return subscription;
}

Subscriptions::Face* Subscriptions::find_face(std::string_view inside, MatchPolicy match,
                                              std::string_view topic) noexcept {
    const auto found = topics(match).find(inside);
    if (found == topics(match).end()) return nullptr;
    for (const auto& face : found->second->faces) {
        if (face->topic == topic) return face.get();
    }
    return nullptr;
}

Subscriptions::Face& Subscriptions::make_face(Subscription& subscription, Rewriting&& rewriting,
                                              std::string_view topic) {
    auto made = std::make_unique<Face>();
    do {
        made->id = link_.random.global_id();
    } while (by_id_.find(made->id) != nullptr);
    made->of = &subscription;
    made->rewriting = std::move(rewriting);
    made->topic = topic;
    by_id_[made->id] = made.get();
    return *subscription.faces.emplace_back(std::move(made));
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

void Subscriptions::confirm(Face& face, const Waiter& waiter, BridgeOutbox& out) {
    if (!face.has_member(waiter.session)) face.members.push_back(waiter.session);
    out.to_sessions.add(waiter.session, wamp::Subscribed{waiter.request, face.id});
}

// Giving up
// -----------------------------------------------------------------------------------------

bool Subscriptions::unsubscribe(SessionId from, const wamp::Unsubscribe& request,
                                BridgeOutbox& out) {
    Face** found = by_id_.find(request.subscription);
    if (found == nullptr || !(*found)->has_member(from)) return false;
    Face& face = **found;
    std::erase(face.members, from);
    out.to_sessions.add(from, wamp::Unsubscribed{request.request, {}});
    if (!face.waits_for(from)) unlist(from, face);
    release(face, out);
    return true;
}

void Subscriptions::leave(SessionId session, BridgeOutbox& out) {
    std::vector<Face*>* found = by_session_.find(session);
    if (found == nullptr) return;
    const std::vector<Face*> held = std::move(*found);
    by_session_.erase(session);
    for (Face* face : held) {
        std::erase(face->members, session);
        std::erase_if(face->waiting,
                      [session](const Waiter& waiter) { return waiter.session == session; });
        release(*face, out);
    }
}

void Subscriptions::release(Face& face, BridgeOutbox& out) {
    if (face.is_held()) return;
    Subscription& subscription = *face.of;
    by_id_.erase(face.id);
    std::erase_if(subscription.faces, [&](const auto& each) { return each.get() == &face; });
    release(subscription, out);
}

void Subscriptions::forget_unheld(Subscription& subscription) noexcept {
    std::erase_if(subscription.faces, [this](const auto& face) {
        if (face->is_held()) return false;
        by_id_.erase(face->id);
        return true;
    });
}

void Subscriptions::release(Subscription& subscription, BridgeOutbox& out) {
    if (!subscription.faces.empty()) return;
    // Let go when SUBSCRIBED comes, unless somebody wants it again before.
    if (subscription.unanswered != 0) return;
    if (subscription.state == State::active) {
        const wamp::RequestId request = link_.next_request();
        leaving_[request] = true;
        out.to_link.emplace_back(wamp::Unsubscribe{request, subscription.back, {}});
    }
    // A SUBSCRIBE for the same topic follows the UNSUBSCRIBE on the link and makes a new one here;
    // what still comes in under the old back id belongs to nobody (W-GWY-04).
    erase(subscription);
}

// The link's answers
// --------------------------------------------------------------------------------

void Subscriptions::on_subscribed(const wamp::Subscribed& subscribed, BridgeOutbox& out) {
    Subscription** found = subscribing_.find(subscribed.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(subscribed.request);
    --subscription.unanswered;
    if (subscription.state != State::active) {
        subscription.state = State::active;
        subscription.back = subscribed.subscription;
        by_back_[subscription.back] = &subscription;
    }
    subscription.want_retained.clear();
    for (const auto& face : subscription.faces) {
        std::vector<Waiter> told;
        std::erase_if(face->waiting, [&](const Waiter& waiter) {
            if (waiter.behind != subscribed.request) return false;
            told.push_back(waiter);
            return true;
        });
        for (const Waiter& waiter : told) {
            confirm(*face, waiter, out);
            if (waiter.retained) subscription.want_retained.push_back(waiter.session);
        }
    }
    release(subscription, out);
}

void Subscriptions::on_subscribe_error(const wamp::Error& error, BridgeOutbox& out) {
    Subscription** found = subscribing_.find(error.request);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    subscribing_.erase(error.request);
    --subscription.unanswered;
    for (const auto& face : subscription.faces) {
        std::erase_if(face->waiting, [&](const Waiter& waiter) {
            if (waiter.behind != error.request) return false;
            out.to_sessions.add(waiter.session,
                                error_for(MessageType::subscribe, waiter.request, error.uri));
            if (!face->has_member(waiter.session)) unlist(waiter.session, *face);
            return true;
        });
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
    Subscription** found = by_back_.find(unsubscribed.details.get_uint("subscription", 0));
    if (found != nullptr) revoke(**found, out);
}

void Subscriptions::revoke(Subscription& subscription, BridgeOutbox& out) {
    for (const auto& face : subscription.faces) {
        wamp::Unsubscribed revocation;
        revocation.details.append("subscription", face->id);
        receivers_.clear();
        for (const SessionId member : std::exchange(face->members, {})) {
            const policy::Session* session = link_.sessions.find(member);
            if (session != nullptr &&
                session->features.has(wamp::Feature::subscriber_subscription_revocation)) {
                receivers_.push_back(member);
            }
            if (!face->waits_for(member)) unlist(member, *face);
        }
        if (!receivers_.empty()) out.to_sessions.add(receivers_, std::move(revocation));
    }
    forget_unheld(subscription);
    if (subscription.unanswered == 0) return erase(subscription);
    by_back_.erase(subscription.back);  // somebody has asked for it again
    subscription.back = 0;
    subscription.state = State::subscribing;
}

// Events
// --------------------------------------------------------------------------------------------

template <class Admits>
void Subscriptions::send_event(const Subscription& subscription, std::string_view topic,
                               const Sending& sending, Recheck& recheck, Admits&& admits,
                               BridgeOutbox& out) {
    const bool is_pattern = subscription.match != MatchPolicy::exact;
    const bool passthru = wamp::is_passthru(sending.passthru);
    for (const auto& face : subscription.faces) {
        std::optional<std::string> rewritten;
        std::string_view named = is_pattern ? topic : std::string_view(face->topic);
        if (is_pattern && !face->rewriting.none()) {
            rewritten = face->rewriting.outside(topic);
            if (!rewritten) continue;
            named = *rewritten;
        }
        Recheck renamed(named);
        Recheck& check = face->rewriting.none() ? recheck : renamed;
        receivers_.clear();
        knowing_.clear();
        for (const SessionId member : face->members) {
            const policy::Session* session = link_.sessions.find(member);
            if (session == nullptr || !admits(*session) || !check.passes(*session)) continue;
            if (passthru &&
                !session->features.has(wamp::Feature::subscriber_payload_passthru_mode)) {
                continue;  // it could not open it, and there is no way to say so (W-PPT-04)
            }
            const bool told =
                sending.disclosed != nullptr &&
                session->features.has(wamp::Feature::subscriber_publisher_identification);
            (told ? knowing_ : receivers_).push_back(member);
        }
        if (receivers_.empty() && knowing_.empty()) continue;
        wamp::Event event{face->id, sending.publication, {}, sending.payload};
        if (is_pattern) event.details.append("topic", named);
        if (sending.retained) event.details.append("retained", true);
        wamp::append_passthru(event.details, sending.passthru);
        if (!knowing_.empty()) {
            wamp::Event telling = event;  // nobody else learns it (W-PUB-09)
            append_identity(telling.details, "publisher", *sending.disclosed);
            out.to_sessions.add(knowing_, std::move(telling));
        }
        if (!receivers_.empty()) out.to_sessions.add(receivers_, std::move(event));
    }
}

void Subscriptions::on_event(wamp::Event&& event, BridgeOutbox& out) {
    Subscription** found = by_back_.find(event.subscription);
    if (found == nullptr) return;
    Subscription& subscription = **found;
    std::string_view topic = subscription.topic;
    if (subscription.match != MatchPolicy::exact) {
        // Without the topic nobody could tell who may see it.
        topic = event.details.get_string("topic");
        if (!wamp::matches(subscription.topic, subscription.match, topic)) return;
        if (wamp::is_reserved(topic)) return;  // the router speaks of its own sessions and ids
    }
    const auto disclosed = link_.conveyed(event.details, "publisher");
    Recheck recheck(topic);
    Sending sending{event.publication, event.payload, event.details,
                    disclosed ? &*disclosed : nullptr, false};
    // What is retained comes before all that is new (W-EVR-03).
    const std::vector<SessionId> wanted = std::exchange(subscription.want_retained, {});
    if (event.details.get_bool("retained", false)) {
        sending.retained = true;
        const auto asked = [&](const policy::Session& session) {
            return std::find(wanted.begin(), wanted.end(), session.id) != wanted.end();
        };
        return send_event(subscription, topic, sending, recheck, asked, out);
    }
    const auto everybody = [](const policy::Session&) { return true; };
    send_event(subscription, topic, sending, recheck, everybody, out);
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

void Subscriptions::fan_out(const Fanned& publication, BridgeOutbox& out) {
    Recheck recheck(publication.topic);
    const Sending sending{publication.id, publication.payload, publication.passthru,
                          publication.disclosed, false};
    const auto admits = [&](const policy::Session& session) {
        return publication.audience.admits(session, publication.publisher);
    };
    visit_matching(publication.topic, [&](const Subscription& subscription) {
        send_event(subscription, publication.topic, sending, recheck, admits, out);
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
        subscription->want_retained.clear();
        for (const auto& face : subscription->faces) {
            for (const Waiter& waiter : std::exchange(face->waiting, {})) {
                out.to_sessions.add(
                    waiter.session,
                    error_for(MessageType::subscribe, waiter.request, uris::network_failure));
                if (!face->has_member(waiter.session)) unlist(waiter.session, *face);
            }
        }
        forget_unheld(*subscription);
        if (subscription->faces.empty()) erase(*subscription);
    }
}

void Subscriptions::on_link_up(BridgeOutbox& out) {
    for (Subscription* subscription : in_order()) subscribe_behind(*subscription, false, out);
}

std::vector<Subscriptions::Subscription*> Subscriptions::in_order() {
    std::vector<Subscription*> all;
    for (const ByTopic& each : by_topic_) {
        for (const auto& [topic, subscription] : each) all.push_back(subscription.get());
    }
    std::sort(all.begin(), all.end(),
              [](const Subscription* a, const Subscription* b) { return a->age < b->age; });
    return all;
}

void Subscriptions::unlist(SessionId session, Face& face) noexcept {
    if (std::vector<Face*>* held = by_session_.find(session)) std::erase(*held, &face);
}

std::size_t Subscriptions::size() const noexcept {
    std::size_t all = leaving_.size();
    for (const ByTopic& each : by_topic_) all += each.size();
    return all;
}

void Subscriptions::erase(Subscription& subscription) noexcept {
    if (Subscription** found = by_back_.find(subscription.back)) {
        if (*found == &subscription) by_back_.erase(subscription.back);
    }
    for (const auto& face : subscription.faces) by_id_.erase(face->id);
    if (subscription.match == MatchPolicy::prefix) {
        const auto count = prefix_bytes_.find(subscription.topic.size());
        if (--count->second == 0) prefix_bytes_.erase(count);
    }
    ByTopic& all = topics(subscription.match);
    all.erase(all.find(subscription.topic));
}

}  // namespace sallyport::backend_link
