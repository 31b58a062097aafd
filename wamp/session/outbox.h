#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "wamp/base/frame.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// What a core wants done by its shell, in order (architecture: Core and shell). The core appends;
/// the shell carries out after the call returned and clears. Peers are transport connections; one
/// that has gone meanwhile is passed over.
namespace effect {

struct Send {
    PeerId to;
    Frame frame;
};
/// Send what is queued for the peer, then close its transport. The core has forgotten the peer
/// already: nothing of it comes in any more.
struct Close {
    PeerId peer;
};
/// Send a RawSocket PING (W-RAW-07). Only asked for where the transport is RawSocket.
struct Ping {
    PeerId to;
};
/// Connect the link with this number; the answer is on_link_open() or on_link_failed().
struct Dial {
    std::uint32_t link;
};
/// Something worth a line in the log: what happened, with ids, never with payloads or secrets.
struct Note {
    enum class Level : std::uint8_t { info, warning, error };
    Level level;
    std::string text;
};

/// Run something that takes long, on any thread, where it holds nobody up; the answer is
/// on_work_done() with its number and what it returned.
struct Work {
    std::uint64_t id;
    std::function<bool()> run;
};

}  // namespace effect

using Effect = std::variant<effect::Send, effect::Close, effect::Ping, effect::Dial, effect::Note,
                            effect::Work>;

using Outbox = std::vector<Effect>;

}  // namespace sallyport::wamp
