#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "wamp/base/ids.h"
#include "wamp/base/tally.h"
#include "wamp/message/message.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

/// The events of a door for its owner. A pointer to a session is valid until the owner has
/// processed the event.
namespace door_event {

/// A permitted request.
struct Request {
    Session* session;  ///< that sent it
    Permit permit;
    wamp::Message message;
    /// A link conveys the principal below; otherwise it is the session's own.
    bool conveyed = false;
    wamp::SessionId origin_session = 0;
    std::string origin_authid{};
    std::string origin_role{};
    /// The call's share of the limits on calls in flight, to be held until the call ends; must not
    /// outlive the door.
    wamp::Tally::Lease lease{};
};
/// CANCEL, UNSUBSCRIBE, UNREGISTER, YIELD or ERROR of a session, or a further CALL of one that is
/// open for it (W-PCI-01).
struct Followup {
    Session* session;
    wamp::Message message;
    std::string_view reason = wamp::uris::canceled;  ///< what the caller gets for a CANCEL
};
/// The session has ended. The owner disposes of everything that it has behind the door, then calls
/// forget().
struct Left {
    wamp::SessionId session;
};
struct Joined {
    wamp::SessionId session;
};

}  // namespace door_event

using DoorEvent = std::variant<std::monostate, door_event::Request, door_event::Followup,
                               door_event::Joined, door_event::Left>;

}  // namespace sallyport::policy
