#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "wamp/base/frame.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// The effects that a core requests from its shell, in order (architecture: Core and shell). The
/// core appends; the shell carries them out after the call returned and clears the list. Peers are
/// transport connections; effects for a closed one are ignored.
namespace effect {

/// Send one message to the peer.
struct Send {
    PeerId to;
    Frame frame;
};
/// Send the queued bytes of the peer, then close its transport. The core has already forgotten the
/// peer and receives nothing more from it.
struct Close {
    PeerId peer;
};
/// Send a RawSocket PING (W-RAW-07). Only requested for RawSocket transports.
struct Ping {
    PeerId to;
};
/// Do not read on from a peer until effect::Resume; Reading::pause means the same.
struct Pause {
    PeerId peer;
};
/// Read on from a peer that was paused.
struct Resume {
    PeerId peer;
};
/// The peer now has a session, or no longer has one. Without one it is accepted little from.
struct Joined {
    PeerId peer;
    bool joined;
};
/// Have the kernel hold little of what is sent to the peer, so that what it gets is fresh.
struct SmallBuffer {
    PeerId peer;
};
/// Connect the link with this number; the answer is on_link_open() or on_link_failed().
struct Dial {
    std::uint32_t link;
};
/// An event for the log: what happened, with ids, never with payloads or secrets.
struct Note {
    enum class Level : std::uint8_t { info, warning, error };
    Level level;
    std::string text;
};

/// Ask the authenticator; the answer is on_auth_answer(), or on_authenticator_lost() if it has
/// ended meanwhile.
struct Ask {
    std::string question;
};

}  // namespace effect

using Effect =
    std::variant<effect::Send, effect::Close, effect::Ping, effect::Pause, effect::Resume,
                 effect::Joined, effect::SmallBuffer, effect::Dial, effect::Note, effect::Ask>;

using Outbox = std::vector<Effect>;

/// A core's answer to a message: whether it wants further ones of that peer now. After `pause` it
/// gets none until it requests effect::Resume, and the peer has to wait.
enum class Reading : bool { pause, go_on };

}  // namespace sallyport::wamp
