#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp::flow {

/// The places of connections at a listener. Places are never refused to a newcomer as long as
/// somebody holds one without having logged in: among these the oldest goes, of the group that has
/// the most of them. So whoever opens many connections only displaces his own.
class Places {
public:
    /// What is displaced together: the connections from one address, or of one Tor circuit.
    using Group = std::uint64_t;

    /// `total` is at least 1; `per_circuit` limits the connections of one circuit.
    explicit Places(std::size_t total, std::size_t per_circuit = SIZE_MAX) noexcept
        : total_(total), per_circuit_(per_circuit) {}

    /// A new connection; `origin` stands for its address, 0 for none. Returns the connection that
    /// has to be closed for it and that has no place any longer: an older one, `peer` itself, or
    /// no_peer.
    [[nodiscard]] PeerId enter(PeerId peer, Group origin);
    /// A new connection whose circuit will be known at once: nobody else goes for it before, except
    /// the oldest of those that wait for theirs, if there are too many. Returns the same as
    /// enter().
    [[nodiscard]] PeerId enter_before_circuit(PeerId peer);
    /// The connection's circuit is now known, and is its group. Returns the same as enter().
    [[nodiscard]] PeerId assign_circuit(PeerId peer, Group circuit);
    /// The connection has logged in, or no longer is.
    void settle(PeerId peer, bool settled);
    void leave(PeerId peer);

    /// The group of the connection; 0 if it has none, or no place.
    Group group_of(PeerId peer) const noexcept {
        const auto found = places_.find(peer);
        return found == places_.end() ? 0 : found->second.group;
    }
    std::size_t size() const noexcept { return places_.size(); }

private:
    static constexpr Group circuit_pending = UINT64_MAX;
    static constexpr std::size_t pending_max = 256;

    struct Place {
        Group group = 0;
        std::uint64_t order = 0;  ///< of arrival
        bool settled = false;
    };
    struct Members {
        std::size_t count = 0;
        std::map<std::uint64_t, PeerId> unsettled;  ///< by their order
    };

    PeerId remove_oldest_of(Group group);
    PeerId make_room();
    static std::tuple<std::size_t, std::uint64_t, Group> rank(Group group, const Members& members);
    void add(PeerId peer, const Place& place);
    void remove(const Place& place);
    void set_unsettled(Group group, Members& members, std::uint64_t order, PeerId peer);

    std::size_t total_;
    std::size_t per_circuit_;
    std::uint64_t last_order_ = 0;
    PeerMap<Place> places_;
    std::unordered_map<Group, Members> groups_;
    /// Groups with any, by their number and then by the age of the oldest; the last one is first.
    std::set<std::tuple<std::size_t, std::uint64_t, Group>> by_unsettled_;
};

}  // namespace sallyport::wamp::flow
