#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "wamp/base/ids.h"

namespace sallyport::wamp::flow {

/// Finds who costs most of something: of the circuit with the largest share, the peer with the
/// largest part of it. Peers without a circuit stand for themselves. All add() come before the
/// first take_costliest().
class Shares {
public:
    /// `circuit` 0: none.
    void add(std::uint64_t circuit, PeerId peer, std::size_t cost) {
        Share& share = shares_[{circuit, circuit == 0 ? peer : no_peer}];
        share.cost += cost;
        share.peers.emplace_back(cost, peer);
    }

    /// The peer that costs most, which is removed; no_peer if none is left.
    PeerId take_costliest() {
        sort();
        if (order_.empty()) return no_peer;
        Share& share = *order_.top().second;
        order_.pop();
        const auto [cost, peer] = share.peers.back();
        share.peers.pop_back();
        share.cost -= cost;
        if (!share.peers.empty()) order_.emplace(share.cost, &share);
        return peer;
    }

private:
    struct Share {
        std::size_t cost = 0;
        std::vector<std::pair<std::size_t, PeerId>> peers;
    };

    void sort() {
        if (std::exchange(sorted_, true)) return;
        for (auto& [name, share] : shares_) {
            std::sort(share.peers.begin(), share.peers.end());
            order_.emplace(share.cost, &share);
        }
    }

    std::map<std::pair<std::uint64_t, PeerId>, Share> shares_;
    std::priority_queue<std::pair<std::size_t, Share*>> order_;
    bool sorted_ = false;
};

}  // namespace sallyport::wamp::flow
