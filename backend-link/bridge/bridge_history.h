#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/rewriting.h"
#include "policy/door/sessions.h"
#include "wamp/base/result.h"
#include "wamp/base/uri.h"
#include "wamp/base/value.h"
#include "wamp/message/message.h"

namespace sallyport::backend_link {

class Subscriptions;

/// Whether a router of that kind checks who reads what it keeps (W-EVH-04), for which it needs to
/// know him.
constexpr bool reads_history(const Profile& profile) noexcept {
    return profile.lists && profile.conveys_identity;
}

/// A call of wamp.subscription.get_events by a front session for one of its subscriptions, on its
/// way to our inside and back: ids and topics are those of either side (W-GWY-01), and what the
/// reader may not receive by the front's policy is left out (W-EVH-03).
class HistoryCall {
public:
    /// The error for the caller if there can be no such call.
    static wamp::Result<std::unique_ptr<HistoryCall>, std::string_view> make(
        const LinkSide& link, const Subscriptions& subscriptions, wamp::SessionId reader,
        const wamp::Call& call);

    /// The arguments behind the link; valid as long as this.
    wamp::Payload question() const noexcept { return question_.view(); }
    /// The result in front; nothing if the backend's is not one.
    std::optional<wamp::OwnedPayload> answer(const wamp::Payload& result,
                                             const policy::Session& reader,
                                             const LinkSide& link) const;

private:
    std::optional<wamp::Value> entry_for(const policy::Session& reader, wamp::Dict&& entry,
                                         const LinkSide& link) const;

    wamp::SubscriptionId front_ = 0;
    wamp::MatchPolicy match_ = wamp::MatchPolicy::exact;
    Rewriting rewriting_;
    wamp::OwnedPayload question_;
};

}  // namespace sallyport::backend_link
