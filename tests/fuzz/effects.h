#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/door_authenticator.h"
#include "wamp/base/check.h"
#include "wamp/base/instant.h"
#include "wamp/codec/codec.h"
#include "wamp/session/outbox.h"

namespace sallyport::fuzz {

/// Carries out what a core wants and checks it: messages decode and fit their receiver, nothing is
/// sent to a connection after its close, which is asked for once, and each log note is one line.
/// `peers` maps the number of a connection to something with its `transport`; closed ones are
/// erased. `dialled` is set when a dial is asked for.
template <class Core, class Peers>
void carry_out(Core& core, policy::DoorAuthenticator& authenticator, wamp::Instant now,
               wamp::Outbox& out, Peers& peers, std::set<wamp::PeerId>& closed, bool& dialled) {
    authenticator.answer(core, now, out);
    for (auto& effect : out) {
        if (const auto* send = std::get_if<wamp::effect::Send>(&effect)) {
            const auto found = peers.find(static_cast<std::uint64_t>(send->to));
            if (found == peers.end()) continue;  // it has gone, and the core may not know yet
            const std::string_view message = send->frame.message();
            SALLYPORT_CHECK(message.size() <= found->second.transport.peer_receives_max);
            SALLYPORT_CHECK(
                wamp::decode(found->second.transport.serializer, message, {}).has_value());
            SALLYPORT_CHECK(!closed.contains(send->to));
        } else if (const auto* close = std::get_if<wamp::effect::Close>(&effect)) {
            SALLYPORT_CHECK(closed.insert(close->peer).second);
            peers.erase(static_cast<std::uint64_t>(close->peer));
        } else if (std::holds_alternative<wamp::effect::Dial>(effect)) {
            dialled = true;
        } else if (const auto* ping = std::get_if<wamp::effect::Ping>(&effect)) {
            SALLYPORT_CHECK(!closed.contains(ping->to));
        } else if (const auto* pause = std::get_if<wamp::effect::Pause>(&effect)) {
            const auto found = peers.find(static_cast<std::uint64_t>(pause->peer));
            if (found != peers.end()) found->second.paused = true;
        } else if (const auto* resume = std::get_if<wamp::effect::Resume>(&effect)) {
            const auto found = peers.find(static_cast<std::uint64_t>(resume->peer));
            if (found != peers.end()) found->second.paused = false;
        } else if (const auto* joined = std::get_if<wamp::effect::Joined>(&effect)) {
            SALLYPORT_CHECK(!closed.contains(joined->peer));
        } else if (const auto* small = std::get_if<wamp::effect::SmallBuffer>(&effect)) {
            SALLYPORT_CHECK(!closed.contains(small->peer));
        } else {
            const auto& note = std::get<wamp::effect::Note>(effect);
            SALLYPORT_CHECK(note.text.find('\n') == std::string::npos);
        }
    }
    out.clear();
}

}  // namespace sallyport::fuzz
