#include "wamp/codec/unique_keys.h"

#include <algorithm>
#include <utility>

namespace sallyport::wamp {

void UniqueKeys::add(std::string_view key) {
    if (count_ < few) {
        first_[count_++] = key;
        return;
    }
    if (all_.empty()) all_.assign(first_.begin(), first_.end());
    all_.push_back(key);
}

void UniqueKeys::add_owned(std::string key) {
    add(owned_.emplace_back(std::move(key)));
}

bool UniqueKeys::unique() noexcept {
    if (all_.empty()) {
        for (std::size_t later = 1; later < count_; ++later) {
            for (std::size_t earlier = 0; earlier < later; ++earlier) {
                if (first_[earlier] == first_[later]) return false;
            }
        }
        return true;
    }
    std::sort(all_.begin(), all_.end(), [](std::string_view a, std::string_view b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return std::adjacent_find(all_.begin(), all_.end()) == all_.end();
}

}  // namespace sallyport::wamp
