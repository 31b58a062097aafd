#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "policy/meta/holding_book.h"
#include "policy/meta/provider.h"
#include "policy/meta/topics.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/timestamp.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/holding_change.h"

namespace sallyport::policy {

/// The meta API of a door: all providers, and the subscriptions to their topics. It answers
/// requests below "wamp.", as no router behind it knows the door's sessions and ids. WELCOME
/// announces the features that the providers list.
///
/// Payloads of its deliveries are valid until the next call.
class MetaRegistry {
public:
    /// Forks `random`.
    MetaRegistry(Door& door, wamp::Random& random);

    /// `roles` of WELCOME with the features of all providers added.
    wamp::Dict announced(wamp::Dict roles) const;

    /// Whether the request is for the meta API: its URI is below "wamp.", or its topic below
    /// "sallyport.link.". What is kept of events is behind the door.
    static bool serves(const wamp::Message& message) noexcept;

    /// Sessions that the owner ends now, each with a GOODBYE of that reason and message ("": none).
    struct Ended {
        std::vector<wamp::SessionId> sessions;
        std::string reason;
        std::string message;
        bool publish_leave = true;  ///< on_leave is published for them (W-SSM-04)
    };
    /// Answers a request for which serves() is true.
    Ended handle(const Door::Request& request, wamp::Deliveries& out);
    /// False if there is no such subscription.
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, wamp::Deliveries& out);

    void joined(wamp::SessionId session, wamp::Deliveries& out);
    /// The session has ended, and is not removed yet. `publish_leave`: publish on_leave for it.
    void left(wamp::SessionId session, bool publish_leave, wamp::Deliveries& out);
    /// The publications that an ending session has stored (W-TST-02). Payloads are valid until the
    /// next call.
    std::vector<Door::Request> last_publications(wamp::SessionId session, wamp::Instant now);
    void drop_publications(wamp::SessionId session) noexcept;
    /// As MetaTopics::revoke().
    void revoke(wamp::SessionId member, wamp::SubscriptionId id, std::string_view reason,
                wamp::Deliveries& out);
    /// Sessions have come to hold subscriptions and registrations behind the door, or hold them no
    /// longer. They are not removed yet. `publish`: publish the events of it.
    void held(wamp::HoldingChanges&& changes, bool publish, wamp::Timestamp now,
              wamp::Deliveries& out);
    /// Another version of the policy is active. Events that need not wait any more go to `effects`.
    void judge_again(wamp::Deliveries& out, wamp::Outbox& effects);

    /// An event about the door itself, for all subscribers in that realm.
    void publish(std::string_view realm, std::string_view topic, const wamp::List& args,
                 wamp::Deliveries& out);

    std::vector<MetaProcedure> procedures() const;
    std::vector<std::string_view> topics() const;
    std::size_t subscriptions() const noexcept { return topics_.subscriptions(); }
    /// What the sessions of the door hold behind it.
    const HoldingBook& book() const noexcept { return book_; }
    /// What all providers keep for sessions, in bytes.
    std::size_t bytes() const noexcept;

private:
    MetaProvider* provider_of(std::string_view procedure) noexcept;

    Door& door_;
    MetaTopics topics_;
    HoldingBook book_;
    std::vector<std::unique_ptr<MetaProvider>> providers_;
    std::vector<std::string_view> known_topics_;
};

}  // namespace sallyport::policy
