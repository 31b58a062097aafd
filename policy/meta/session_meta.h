#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "wamp/base/random.h"
#include "wamp/message/deliveries.h"

namespace sallyport::policy {

/// The session meta API of a door (W-SSM-01 to 04): who is in a realm, who joins and leaves it, and
/// who is to go. It speaks of the door's own sessions, and of those of the asker's realm alone;
/// links are none of them. Policy has let each request pass with the grant `meta`; ending sessions
/// needs a rule that names that procedure exactly. Knows nothing of addresses, and tells nothing of
/// them.
///
/// Payloads that it wants delivered hold until the next call.
class SessionMeta {
public:
    SessionMeta(Door& door, wamp::Random random) : door_(door), random_(random) {}

    /// `roles` of WELCOME with this API in it.
    static wamp::Dict announced(wamp::Dict roles);

    /// Whether the request is a matter of this API, or of one that only a door could serve: its URI
    /// is below "wamp.".
    static bool serves(const wamp::Message& message) noexcept;

    /// Sessions that the owner ends now, each with a GOODBYE of that reason.
    struct Ended {
        std::vector<wamp::SessionId> sessions;
        std::string reason;
        bool tell_left = true;  ///< on_leave is published for them (W-SSM-04)
    };
    /// Answers a request that this API serves.
    Ended handle(const Door::Request& request, wamp::Deliveries& out);
    /// False: no such subscription is here.
    bool unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request, wamp::Deliveries& out);

    void joined(wamp::SessionId session, wamp::Deliveries& out);
    /// The session has ended, and is not forgotten yet. `tell`: on_leave is published.
    void left(wamp::SessionId session, bool tell, wamp::Deliveries& out);
    /// Another version of the policy decides: who may listen no longer is told so.
    void judge_again(wamp::Deliveries& out);

    std::size_t subscriptions() const noexcept { return subscriptions_.size(); }

private:
    struct Subscription {
        wamp::SubscriptionId id;
        std::string realm;
        std::string topic;
        wamp::MatchPolicy match;
        std::vector<wamp::SessionId> members;
    };
    struct Asked;

    void subscribe(const Session& from, const wamp::Subscribe& subscribe, wamp::Deliveries& out);
    /// Answers with a result, or an error, or ends sessions.
    Ended call(const Session& from, const wamp::Call& call, wamp::Deliveries& out);
    std::string_view question(const Asked& asked, wamp::Value& result) const;
    std::string_view kill(const Asked& asked, Ended& ended, wamp::Value& result) const;
    std::vector<const Session*> sessions_of(std::string_view realm) const;
    void publish(const Session& about, std::string_view topic, const wamp::List& args,
                 wamp::Deliveries& out);
    wamp::Payload keep(wamp::Serializer serializer, const wamp::List& args);
    void forget_unheld() noexcept;

    Door& door_;
    wamp::Random random_;
    std::vector<Subscription> subscriptions_;  ///< few: only so many patterns match two topics
    std::deque<wamp::OwnedPayload> kept_;
};

}  // namespace sallyport::policy
