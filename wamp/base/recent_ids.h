#pragma once

#include <cstddef>
#include <deque>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// The ids of things that have ended, while messages for them may still be under way. Only the
/// newest are known, as the other end may never send its last message.
class RecentIds {
public:
    explicit RecentIds(std::size_t most) noexcept : most_(most) {}

    void add(Id id) {
        if (!ids_.insert(id).second) return;
        order_.push_back(id);
        while (order_.size() > most_) {
            ids_.erase(order_.front());
            order_.pop_front();
        }
    }
    void erase(Id id) noexcept { ids_.erase(id); }
    bool contains(Id id) const noexcept { return !ids_.empty() && ids_.contains(id); }
    void clear() noexcept {
        ids_.clear();
        order_.clear();
    }
    std::size_t size() const noexcept { return ids_.size(); }

private:
    std::size_t most_;
    IdSet ids_;
    std::deque<Id> order_;  ///< also of those that were erased
};

}  // namespace sallyport::wamp
