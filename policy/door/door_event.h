#pragma once

#include <string>
#include <variant>

#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "wamp/base/ids.h"
#include "wamp/base/tally.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// What a door hands to whoever is behind it. A session that is named by pointer is there until
/// the owner has acted on the event.
namespace door_event {

/// A request that may pass.
struct Request {
    Session* session;  ///< that sent it
    Permit permit;
    wamp::Message message;
    bool conveyed = false;  ///< a link speaks for the principal below; otherwise the session
                            ///< speaks for itself
    wamp::SessionId origin_session = 0;
    std::string origin_authid{};
    std::string origin_role{};
    /// Its place among the calls in flight, to be kept until the call is over; not to outlive
    /// the door.
    wamp::Tally::Lease lease{};
};
/// CANCEL, UNSUBSCRIBE, UNREGISTER, YIELD or ERROR of a session.
struct Followup {
    Session* session;
    wamp::Message message;
};
/// The session has ended. The owner disposes of all that it has behind the door, then calls
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
