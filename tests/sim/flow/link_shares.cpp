#include "tests/sim/flow/link_shares.h"

#include <algorithm>
#include <string>
#include <utility>

#include "backend-link/bridge/link_wire.h"

namespace sallyport::sim {

namespace {

/// What the link's own messages may take of its transport beside those of guests.
constexpr std::size_t own_bytes_max = 1024;
/// Options of PUBLISH and REGISTER that are not granted and that the door drops, in MessagePack.
constexpr std::size_t options_max = 32;

std::size_t droppable(const wamp::Message& message) {
    const bool drops = std::holds_alternative<wamp::Register>(message) ||
                       std::holds_alternative<wamp::Publish>(message);
    return drops ? options_max : 0;
}

/// Whose request it is, of CALL and PUBLISH.
wamp::SessionId conveyed_session(const wamp::Message& message) {
    if (const auto* call = std::get_if<wamp::Call>(&message))
        return conveyed(call->options).session;
    if (const auto* publish = std::get_if<wamp::Publish>(&message))
        return conveyed(publish->options).session;
    return 0;
}

}  // namespace

void LinkShares::see(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is,
                     bool held_back) {
    if (turn.cause == Turn::Cause::reload) {
        for (auto& [peer, each] : waiting_) each.unsure = true;
    }
    check_window(turn, who_is);
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        const bool was_up = std::exchange(links_[link].up, links[link].up);
        if (links[link].up && !was_up) links_[link].unsure = true;
    }
    cross(turn, links, who_is);
    hold(turn, links, who_is, held_back);
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        links_[link].held = links[link].held;
        if (links[link].held != 0) continue;
        links_[link].unsure = false;
        shares_.is_empty(link);
    }
}

void LinkShares::hold(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is,
                      bool held_back) {
    if (!turn.paused || !turn.in || turn.from_link) return;
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        if (links[link].held <= links_[link].held) continue;
        const auto from = who_is(turn.peer);
        if (!from) return;
        shares_.wait(link, backend_link::bytes_of(*turn.in));
        const bool first = waiting_
                               .try_emplace(turn.peer, Waiting{link, *from, shares_.now(),
                                                               backend_link::bytes_of(*turn.in),
                                                               droppable(*turn.in), held_back})
                               .second;
        if (!first)
            wrong(Check::bytes_counted, turn, "holds two messages of one session for its links");
        return;
    }
}

void LinkShares::check_window(const Turn& turn, const WhoIs& who_is) const {
    if (turn.from_link && turn.resumed.empty()) return;
    const auto asks = [&](wamp::PeerId peer, wamp::SessionId session) {
        const auto from = who_is(peer);
        return from && from->session == session;
    };
    for (const Turn::Sent& sent : turn.sent) {
        if (!sent.to_link || sent.unread < window_ + own_bytes_max) continue;
        const wamp::SessionId session = conveyed_session(sent.message);
        if (session == 0) continue;
        const bool of_guest = (turn.cause == Turn::Cause::message && asks(turn.peer, session)) ||
                              std::any_of(turn.resumed.begin(), turn.resumed.end(),
                                          [&](wamp::PeerId peer) { return asks(peer, session); });
        if (!of_guest) continue;
        wrong(Check::fair_share, turn,
              "a message crosses while " + std::to_string(sent.unread) +
                  " bytes before it are not written, of a window of " + std::to_string(window_));
    }
}

void LinkShares::cross(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is) {
    for (const wamp::PeerId peer : turn.resumed) {
        const auto found = waiting_.find(peer);
        if (found == waiting_.end()) continue;
        const Waiting waited = found->second;
        waiting_.erase(found);
        if (!links[waited.link].up || !who_is(peer)) continue;
        if (waited.unsure || links_[waited.link].unsure) {
            shares_.count(waited.link, waited.from, waited.cost);
            continue;
        }
        const auto unfair = shares_.pass(waited.link, waited.from, waited.cost, waited.since);
        if (unfair)
            wrong(Check::fair_share, turn,
                  "a guest on link " + std::to_string(waited.link) + " " + *unfair);
    }
}

void LinkShares::check_books(const std::vector<Link>& links, Instant now) const {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    bool unsure = false;
    for (std::size_t link = 0; link < links_.size(); ++link) {
        messages += links[link].held;
        bytes += links[link].held_bytes;
        unsure = unsure || links_[link].unsure;
    }
    std::size_t due = 0;
    std::size_t least = 0;
    for (const auto& [peer, each] : waiting_) {
        due += each.cost;
        least += each.cost - each.dropped_max;
    }
    if (bytes >= least && (unsure || (bytes <= due && messages == waiting_.size()))) return;
    findings_.wrong(Check::bytes_counted, now,
                    "front: " + std::to_string(messages) + " messages of " + std::to_string(bytes) +
                        " bytes are held for the links, and " + std::to_string(waiting_.size()) +
                        " of " + std::to_string(due) + " wait");
}

}  // namespace sallyport::sim
