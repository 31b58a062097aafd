#include "wamp/router/caller_waits.h"

namespace sallyport::wamp {

void CallerWaits::add(const Caller& caller, std::size_t bytes) {
    Held& held = held_[{caller.via, caller.session}];
    held.bytes += bytes;
    if (held.bytes <= bytes_max_ || std::exchange(held.waits, true)) return;
    changes_.push_back({caller, true});
}

void CallerWaits::remove(const Caller& caller, std::size_t bytes) {
    const auto found = held_.find({caller.via, caller.session});
    Held& held = found->second;
    held.bytes -= bytes;
    if (held.bytes <= bytes_max_ / 2 && std::exchange(held.waits, false))
        changes_.push_back({caller, false});
    if (held.bytes == 0) held_.erase(found);
}

}  // namespace sallyport::wamp
