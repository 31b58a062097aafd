#include "wamp/flow/places.h"

#include "wamp/base/check.h"

namespace sallyport::wamp::flow {

PeerId Places::enter(PeerId peer, Group origin) {
    const Place place{origin, ++last_order_, false};
    places_.emplace(peer, place);
    add(peer, place);
    return make_room();
}

PeerId Places::enter_before_circuit(PeerId peer) {
    const Place place{circuit_pending, ++last_order_, false};
    places_.emplace(peer, place);
    add(peer, place);
    const Members& pending = groups_.find(circuit_pending)->second;
    return pending.count > pending_max ? remove_oldest_of(circuit_pending) : no_peer;
}

PeerId Places::assign_circuit(PeerId peer, Group circuit) {
    const auto found = places_.find(peer);
    if (found == places_.end()) return no_peer;
    remove(found->second);
    found->second.group = circuit;
    add(peer, found->second);
    const Members& members = groups_.find(circuit)->second;
    return members.count > per_circuit_ ? remove_oldest_of(circuit) : make_room();
}

PeerId Places::make_room() {
    const auto pending = groups_.find(circuit_pending);
    const std::size_t waiting = pending == groups_.end() ? 0 : pending->second.count;
    if (places_.size() - waiting <= total_) return no_peer;
    return remove_oldest_of(std::get<2>(*by_unsettled_.rbegin()));
}

void Places::settle(PeerId peer, bool settled) {
    const auto found = places_.find(peer);
    if (found == places_.end() || found->second.settled == settled) return;
    remove(found->second);
    found->second.settled = settled;
    add(peer, found->second);
}

void Places::leave(PeerId peer) {
    const auto found = places_.find(peer);
    if (found == places_.end()) return;
    remove(found->second);
    places_.erase(found);
}

// Of those that have not logged in, of which there is one at least: the newcomer.
PeerId Places::remove_oldest_of(Group group) {
    const PeerId oldest = groups_.find(group)->second.unsettled.begin()->second;
    leave(oldest);
    return oldest;
}

void Places::add(PeerId peer, const Place& place) {
    Members& members = groups_[place.group];
    ++members.count;
    if (!place.settled) set_unsettled(place.group, members, place.order, peer);
}

void Places::remove(const Place& place) {
    const auto found = groups_.find(place.group);
    SALLYPORT_CHECK(found != groups_.end());
    if (!place.settled) set_unsettled(place.group, found->second, place.order, no_peer);
    if (--found->second.count == 0) groups_.erase(found);
}

std::tuple<std::size_t, std::uint64_t, Places::Group> Places::rank(Group group,
                                                                   const Members& members) {
    const std::uint64_t oldest = members.unsettled.empty() ? 0 : members.unsettled.begin()->first;
    return {members.unsettled.size(), UINT64_MAX - oldest, group};
}

// Adds the connection, or removes the one with that order for no_peer.
void Places::set_unsettled(Group group, Members& members, std::uint64_t order, PeerId peer) {
    by_unsettled_.erase(rank(group, members));
    if (peer == no_peer) {
        members.unsettled.erase(order);
    } else {
        members.unsettled.emplace(order, peer);
    }
    if (group != circuit_pending && !members.unsettled.empty())
        by_unsettled_.insert(rank(group, members));
}

}  // namespace sallyport::wamp::flow
