#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// The subscriptions of a door whose rule says deliver = "latest" (policy-language: Delivery of
/// events): of each subscription, topic and key it keeps the newest event that could not be sent
/// yet, and counts those that were left out. The owner offers every event, and asks for those that
/// waited when the session's transport has room, or when deadline() has come. Events of one topic
/// and key keep their order, and topics and keys take turns. For one subscription, the events sent,
/// the sum of `_skipped` and the events that wait are together the events offered.
class LatestEvents {
public:
    /// Topics and keys that are told apart in one subscription. For a further one the one goes that
    /// has waited longest.
    static constexpr std::size_t keys_max = 256;
    /// Subscriptions of one session, as many as a router allows. Beyond, the oldest is forgotten.
    static constexpr std::size_t subscriptions_max = 1024;
    /// The memory of an entry without its payload, in bytes: an estimate.
    static constexpr std::size_t entry_bytes = 512;

    /// `session_bytes_max` bounds what waits for one session; its newest event always may.
    explicit LatestEvents(std::size_t session_bytes_max) : session_bytes_max_(session_bytes_max) {}
    LatestEvents(const LatestEvents&) = delete;
    LatestEvents& operator=(const LatestEvents&) = delete;

    using Policy = std::shared_ptr<const RealmPolicy>;
    /// The rule that permitted a subscription to `topic`.
    struct Rule {
        Policy policy;
        RuleIndex index = no_rule;
        std::string_view topic;
        const EventDelivery& delivery() const noexcept { return policy->rule(index).delivery; }
    };

    /// A SUBSCRIBE was permitted, or permitted again by another version of the policy. Whether its
    /// events are to be offered.
    bool expect(wamp::SessionId session, wamp::RequestId request, const Rule& rule);
    /// SUBSCRIBED is about to be sent. Whether the events of the subscription are to be offered.
    bool on_subscribed(wamp::SessionId session, const wamp::Subscribed& subscribed);
    /// An UNSUBSCRIBE of the session was received.
    void on_unsubscribe(wamp::SessionId session, const wamp::Unsubscribe& unsubscribe);
    /// UNSUBSCRIBED is about to be sent: no event comes after it (W-ORD-05).
    void on_unsubscribed(wamp::SessionId session, const wamp::Unsubscribed& unsubscribed);
    /// A SUBSCRIBE or UNSUBSCRIBE was answered with ERROR.
    void on_error(wamp::SessionId session, wamp::MessageType type, wamp::RequestId request);
    /// The session has ended.
    void forget(wamp::SessionId session) noexcept;

    /// A copy of one event that is offered to many sessions, made when the first of them needs it.
    struct Copy {
        wamp::Event event;  ///< borrows its payload from below
        wamp::OwnedPayload payload;
    };
    struct Shared {
        std::shared_ptr<const Copy> copy;
        const EventDelivery* delivery = nullptr;  ///< for which `key` was read
        std::string key;
    };
    /// What to do with an event.
    enum class Offer : std::uint8_t {
        send,   ///< now, as it is
        waits,  ///< it is kept here
    };
    /// `shared` belongs to the event. With `room` the transport takes an event now.
    Offer offer(wamp::SessionId session, const wamp::Event& event, Shared& shared, bool room,
                wamp::Instant now);

    /// An event that has waited.
    struct Due {
        std::shared_ptr<const Copy> owner;
        wamp::Event event;  ///< with `_skipped` in its details if any were
        std::string topic;
        std::uint64_t skipped = 0;
    };
    /// Removes and returns the next event that may be sent to the session.
    std::optional<Due> next(wamp::SessionId session, wamp::Instant now);
    /// The transport of the session has no room: nothing is due until it has.
    void pause(wamp::SessionId session) noexcept;
    /// So many events of the subscription could not be sent: they are told as skipped.
    void add_skipped(wamp::SessionId session, wamp::SubscriptionId subscription,
                     std::uint64_t events) noexcept;

    /// When an event of some session with room may be sent: `never` if none waits for its rate.
    wamp::Instant deadline() const noexcept {
        return due_.empty() ? wamp::never : due_.begin()->first;
    }
    /// Removes and returns a session whose time has come; 0 if there is none.
    wamp::SessionId take_due(wamp::Instant now) noexcept;

    /// The policy has changed, and permits the subscription by this rule. Returns what has waited
    /// if it is delivered otherwise from now on: it is to be sent at once.
    std::vector<Due> change(wamp::SessionId session, wamp::SubscriptionId subscription,
                            const Rule& rule);
    /// The subscription has ended.
    void drop(wamp::SessionId session, wamp::SubscriptionId subscription) noexcept;

    /// What waits, in bytes, and the number of events that were replaced by newer ones so far.
    std::size_t bytes() const noexcept { return bytes_; }
    /// Of one session.
    std::size_t bytes_of(wamp::SessionId session) const noexcept {
        const auto* found = wamp::find_in(sessions_, session);
        return found == nullptr ? 0 : (*found)->bytes;
    }
    std::uint64_t skipped() const noexcept { return skipped_; }

private:
    struct Subscription;
    struct Entry {
        Subscription* of = nullptr;
        std::string topic;
        const std::string* name = nullptr;  ///< topic and key: the name of the entry
        std::shared_ptr<const Copy> event;  ///< null while only its rate is kept
        std::uint64_t skipped = 0;          ///< since the last event
        wamp::Instant ready{};              ///< it may be sent from then on
        std::uint64_t number = 0;           ///< order among equals
        std::size_t bytes = 0;
    };
    struct Earlier {
        bool operator()(const Entry* a, const Entry* b) const noexcept {
            return a->ready != b->ready ? a->ready < b->ready : a->number < b->number;
        }
    };
    using Line = std::set<Entry*, Earlier>;
    struct Subscription {
        wamp::SubscriptionId id = 0;
        std::uint64_t number = 0;
        Policy policy;  ///< owner of `delivery`
        const EventDelivery* delivery = nullptr;
        std::string topic;
        std::uint64_t skipped = 0;                       ///< of keys that had to go
        std::unordered_map<std::string, Entry> entries;  ///< by topic and key
    };
    struct Expected {
        wamp::RequestId request;
        Policy policy;
        RuleIndex rule;
        std::string topic;
    };
    struct Leaving {
        wamp::RequestId request;
        wamp::SubscriptionId subscription;
    };
    struct Session {
        std::vector<Expected> expected;
        std::vector<Leaving> leaving;
        wamp::IdMap<std::unique_ptr<Subscription>> subscriptions;
        Line waiting;  ///< with an event
        Line resting;  ///< without
        std::size_t bytes = 0;
        wamp::Instant due = wamp::never;
    };

    Session* find(wamp::SessionId session) noexcept;
    static Subscription* find(Session& session, wamp::SubscriptionId subscription) noexcept;
    Subscription& add(Session& session, wamp::SubscriptionId subscription);
    void add_bytes(Session& session, Entry& entry, std::size_t bytes) noexcept;
    void put_event(Session& session, Entry& entry, const wamp::Event& event, Shared& shared);
    /// Makes room for one more entry.
    void make_room(Session& session, Subscription& subscription) noexcept;
    void keep_bytes(Session& session, const Entry& newest) noexcept;
    /// An entry goes, and what it has skipped is told with the next event of its subscription.
    void evict(Session& session, Entry& entry) noexcept;
    void erase(Session& session, Entry& entry) noexcept;
    void end_rests(Session& session, wamp::Instant now) noexcept;
    void erase(Session& session, Subscription& subscription) noexcept;
    static Due make_due(Entry& entry);
    void set_due(wamp::SessionId id, Session& session, wamp::Instant due) noexcept;

    std::size_t session_bytes_max_;
    wamp::IdMap<std::unique_ptr<Session>> sessions_;
    std::set<std::pair<wamp::Instant, wamp::SessionId>> due_;
    std::uint64_t numbers_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace sallyport::policy
