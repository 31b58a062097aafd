#include "policy/door/latest_events.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {

using wamp::RequestId;
using wamp::SessionId;
using wamp::SubscriptionId;

// Subscriptions
// ---------------------------------------------------------------------------------------------

LatestEvents::Session* LatestEvents::find(SessionId session) noexcept {
    auto* const found = wamp::find_in(sessions_, session);
    return found == nullptr ? nullptr : found->get();
}

LatestEvents::Subscription* LatestEvents::find(Session& session,
                                               SubscriptionId subscription) noexcept {
    auto* const found = wamp::find_in(session.subscriptions, subscription);
    return found == nullptr ? nullptr : found->get();
}

bool LatestEvents::expect(SessionId id, RequestId request, const Rule& rule) {
    Session* session = find(id);
    if (session != nullptr) {
        std::erase_if(session->expected,
                      [request](const Expected& each) { return each.request == request; });
    }
    if (!rule.delivery().latest) return false;
    if (session == nullptr) session = (sessions_[id] = std::make_unique<Session>()).get();
    if (session->expected.size() >= subscriptions_max)
        session->expected.erase(session->expected.begin());
    session->expected.push_back({request, rule.policy, rule.index, std::string(rule.topic)});
    return true;
}

bool LatestEvents::on_subscribed(SessionId id, const wamp::Subscribed& subscribed) {
    Session* const session = find(id);
    if (session == nullptr) return false;
    const auto at =
        std::find_if(session->expected.begin(), session->expected.end(),
                     [&](const Expected& each) { return each.request == subscribed.request; });
    if (at == session->expected.end()) return false;
    const Expected expected = std::move(*at);
    session->expected.erase(at);
    // Subscribing again returns the same id: what waits goes on waiting.
    Subscription* subscription = find(*session, subscribed.subscription);
    if (subscription == nullptr) subscription = &add(*session, subscribed.subscription);
    subscription->policy = expected.policy;
    subscription->delivery = &expected.policy->rule(expected.rule).delivery;
    subscription->topic = expected.topic;
    return true;
}

LatestEvents::Subscription& LatestEvents::add(Session& session, SubscriptionId id) {
    if (session.subscriptions.size() >= subscriptions_max) {
        const auto oldest = std::min_element(
            session.subscriptions.begin(), session.subscriptions.end(),
            [](const auto& a, const auto& b) { return a.second->number < b.second->number; });
        erase(session, *oldest->second);
    }
    auto made = std::make_unique<Subscription>();
    made->id = id;
    made->number = ++numbers_;
    return *(session.subscriptions[id] = std::move(made));
}

void LatestEvents::on_unsubscribe(SessionId id, const wamp::Unsubscribe& unsubscribe) {
    Session* const session = find(id);
    if (session == nullptr || find(*session, unsubscribe.subscription) == nullptr) return;
    session->leaving.push_back({unsubscribe.request, unsubscribe.subscription});
}

void LatestEvents::on_unsubscribed(SessionId session, const wamp::Unsubscribed& unsubscribed) {
    if (unsubscribed.request == 0)
        return drop(session, unsubscribed.details.get_uint("subscription", 0));
    on_error(session, wamp::MessageType::unsubscribe, unsubscribed.request);
}

void LatestEvents::on_error(SessionId id, wamp::MessageType type, RequestId request) {
    Session* const session = find(id);
    if (session == nullptr) return;
    if (type == wamp::MessageType::subscribe) {
        std::erase_if(session->expected,
                      [request](const Expected& each) { return each.request == request; });
    } else if (type == wamp::MessageType::unsubscribe) {
        const auto at =
            std::find_if(session->leaving.begin(), session->leaving.end(),
                         [request](const Leaving& each) { return each.request == request; });
        if (at == session->leaving.end()) return;
        const SubscriptionId subscription = at->subscription;
        session->leaving.erase(at);
        drop(id, subscription);
    }
}

void LatestEvents::drop(SessionId id, SubscriptionId ended) noexcept {
    Session* const session = find(id);
    if (session == nullptr) return;
    if (Subscription* const subscription = find(*session, ended)) erase(*session, *subscription);
    if (session->waiting.empty()) set_due(id, *session, wamp::never);
}

void LatestEvents::forget(SessionId id) noexcept {
    Session* const session = find(id);
    if (session == nullptr) return;
    set_due(id, *session, wamp::never);
    bytes_ -= session->bytes;
    sessions_.erase(id);
}

std::vector<LatestEvents::Due> LatestEvents::change(SessionId id, SubscriptionId changed,
                                                    const Rule& rule) {
    std::vector<Due> waited;
    Session* session = find(id);
    const EventDelivery& delivery = rule.delivery();
    if (session == nullptr && !delivery.latest) return waited;
    if (session == nullptr) session = (sessions_[id] = std::make_unique<Session>()).get();
    Subscription* subscription = find(*session, changed);
    const bool same = subscription != nullptr && *subscription->delivery == delivery;
    if (subscription != nullptr && !same) {
        std::vector<Entry*> entries;
        for (Entry* entry : session->waiting) {
            if (entry->of == subscription) entries.push_back(entry);
        }
        for (Entry* entry : entries) waited.push_back(make_due(*entry));
        erase(*session, *subscription);
        subscription = nullptr;
        if (session->waiting.empty()) set_due(id, *session, wamp::never);
    }
    if (!delivery.latest) return waited;
    if (subscription == nullptr) subscription = &add(*session, changed);
    subscription->policy = rule.policy;
    subscription->delivery = &delivery;
    subscription->topic = rule.topic;
    return waited;
}

// Events
// ----------------------------------------------------------------------------------------------------

LatestEvents::Offer LatestEvents::offer(SessionId id, const wamp::Event& event, Shared& shared,
                                        bool room, wamp::Instant now) {
    Session* const session = find(id);
    if (session == nullptr) return Offer::send;
    Subscription* const subscription = find(*session, event.subscription);
    if (subscription == nullptr) return Offer::send;
    if (shared.delivery != subscription->delivery) {
        shared.delivery = subscription->delivery;
        shared.key = key_of(subscription->delivery->key, event.payload);
    }
    end_rests(*session, now);
    const std::string_view topic = event.details.get_string("topic");
    std::string name(topic);
    name += '#';  // in no URI
    name += shared.key;
    const auto known = subscription->entries.find(name);
    Entry* entry = known == subscription->entries.end() ? nullptr : &known->second;
    if (entry != nullptr && entry->event != nullptr) {
        ++entry->skipped;
        ++skipped_;
        put_event(*session, *entry, event, shared);
        keep_bytes(*session, *entry);
        return Offer::waits;
    }
    const wamp::Duration interval = subscription->delivery->interval();
    const bool at_once = entry == nullptr && room && subscription->skipped == 0;
    if (at_once && interval == wamp::Duration::zero()) return Offer::send;
    if (entry == nullptr) {
        make_room(*session, *subscription);
        const auto made = subscription->entries.try_emplace(std::move(name)).first;
        entry = &made->second;
        entry->name = &made->first;
        entry->of = subscription;
        entry->topic = topic.empty() ? subscription->topic : std::string(topic);
        entry->ready = now;
        entry->number = ++numbers_;
        add_bytes(*session, *entry, entry_bytes + entry->topic.size() + entry->name->size());
    } else {
        session->resting.erase(entry);
    }
    if (at_once && subscription->skipped == 0) {
        entry->ready = now + interval;
        session->resting.insert(entry);
        return Offer::send;
    }
    put_event(*session, *entry, event, shared);
    session->waiting.insert(entry);
    keep_bytes(*session, *entry);
    if (room) set_due(id, *session, (*session->waiting.begin())->ready);
    return Offer::waits;
}

void LatestEvents::put_event(Session& session, Entry& entry, const wamp::Event& event,
                             Shared& shared) {
    if (shared.copy == nullptr) {
        auto copy = std::make_shared<Copy>();
        copy->payload = wamp::OwnedPayload(event.payload);
        copy->event = {event.subscription, event.publication, event.details, copy->payload.view()};
        shared.copy = std::move(copy);
    }
    const std::size_t before = entry.event == nullptr ? 0 : entry.event->payload.view().bytes();
    entry.event = shared.copy;
    add_bytes(session, entry, event.payload.bytes() - before);
}

// Unsigned arithmetic: `bytes` may stand for a negative number.
void LatestEvents::add_bytes(Session& session, Entry& entry, std::size_t bytes) noexcept {
    entry.bytes += bytes;
    session.bytes += bytes;
    bytes_ += bytes;
}

LatestEvents::Due LatestEvents::make_due(Entry& entry) {
    Due due{std::move(entry.event), {}, entry.topic, std::exchange(entry.skipped, 0)};
    due.skipped += std::exchange(entry.of->skipped, 0);
    due.event = due.owner->event;
    if (due.skipped > 0) due.event.details.append("_skipped", due.skipped);
    entry.event = nullptr;
    return due;
}

std::optional<LatestEvents::Due> LatestEvents::next(SessionId id, wamp::Instant now) {
    Session* const session = find(id);
    if (session == nullptr) return std::nullopt;
    if (session->waiting.empty() || (*session->waiting.begin())->ready > now) {
        set_due(id, *session,
                session->waiting.empty() ? wamp::never : (*session->waiting.begin())->ready);
        return std::nullopt;
    }
    Entry& entry = **session->waiting.begin();
    session->waiting.erase(session->waiting.begin());
    add_bytes(*session, entry, 0 - entry.event->payload.view().bytes());
    Due due = make_due(entry);
    const wamp::Duration interval = entry.of->delivery->interval();
    if (interval > wamp::Duration::zero()) {
        entry.ready = now + interval;
        session->resting.insert(&entry);
    } else {
        erase(*session, entry);
    }
    return due;
}

void LatestEvents::pause(SessionId id) noexcept {
    if (Session* const session = find(id)) set_due(id, *session, wamp::never);
}

void LatestEvents::add_skipped(SessionId id, SubscriptionId of, std::uint64_t events) noexcept {
    Session* const session = find(id);
    Subscription* const subscription = session == nullptr ? nullptr : find(*session, of);
    if (subscription == nullptr) return;
    subscription->skipped += events;
}

SessionId LatestEvents::take_due(wamp::Instant now) noexcept {
    if (due_.empty() || due_.begin()->first > now) return 0;
    const SessionId id = due_.begin()->second;
    set_due(id, *find(id), wamp::never);
    return id;
}

void LatestEvents::set_due(SessionId id, Session& session, wamp::Instant due) noexcept {
    if (session.due == due) return;
    if (session.due != wamp::never) due_.erase({session.due, id});
    session.due = due;
    if (due != wamp::never) due_.emplace(due, id);
}

// Bounds
// ----------------------------------------------------------------------------------------------------

void LatestEvents::make_room(Session& session, Subscription& subscription) noexcept {
    if (subscription.entries.size() < keys_max) return;
    // One that only keeps its rate loses nothing that was not sent.
    const auto oldest = std::min_element(
        subscription.entries.begin(), subscription.entries.end(), [](const auto& a, const auto& b) {
            const bool a_waits = a.second.event != nullptr;
            const bool b_waits = b.second.event != nullptr;
            return a_waits != b_waits ? b_waits : Earlier()(&a.second, &b.second);
        });
    evict(session, oldest->second);
}

void LatestEvents::keep_bytes(Session& session, const Entry& newest) noexcept {
    while (session.bytes > session_bytes_max_) {
        Line& line = session.resting.empty() ? session.waiting : session.resting;
        const auto oldest = std::find_if(line.begin(), line.end(),
                                         [&](const Entry* each) { return each != &newest; });
        if (oldest == line.end()) return;
        evict(session, **oldest);
    }
}

void LatestEvents::evict(Session& session, Entry& entry) noexcept {
    entry.of->skipped += entry.skipped;
    if (entry.event != nullptr) {
        ++entry.of->skipped;
        ++skipped_;
    }
    erase(session, entry);
}

void LatestEvents::erase(Session& session, Entry& entry) noexcept {
    session.waiting.erase(&entry);
    session.resting.erase(&entry);
    add_bytes(session, entry, 0 - entry.bytes);
    auto& entries = entry.of->entries;
    entries.erase(entries.find(*entry.name));
}

void LatestEvents::end_rests(Session& session, wamp::Instant now) noexcept {
    while (!session.resting.empty() && (*session.resting.begin())->ready <= now)
        erase(session, **session.resting.begin());
}

void LatestEvents::erase(Session& session, Subscription& subscription) noexcept {
    while (!subscription.entries.empty()) erase(session, subscription.entries.begin()->second);
    std::erase_if(session.leaving,
                  [&](const Leaving& each) { return each.subscription == subscription.id; });
    session.subscriptions.erase(SubscriptionId{subscription.id});
}

}  // namespace sallyport::policy
