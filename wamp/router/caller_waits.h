#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// What is held for callees that do not keep up, by caller. A caller with more than the limit is
/// not to be read until there is half of it, so that he is slowed down before his calls are
/// refused. What is held ends by time (hold_max), and so does his wait.
class CallerWaits {
public:
    /// The session that a call came from, and the one on whose behalf it was made.
    struct Caller {
        SessionId via = 0;
        SessionId session = 0;
        bool operator==(const Caller&) const noexcept = default;
    };
    struct Change {
        Caller caller;
        bool waits = false;
        bool operator==(const Change&) const noexcept = default;
    };

    explicit CallerWaits(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}
    void limit(std::size_t bytes_max) noexcept { bytes_max_ = bytes_max; }

    void add(const Caller& caller, std::size_t bytes);
    void remove(const Caller& caller, std::size_t bytes);

    bool has_changes() const noexcept { return !changes_.empty(); }
    /// Those since the last time, in order.
    std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

private:
    struct Held {
        std::size_t bytes = 0;
        bool waits = false;
    };

    std::size_t bytes_max_;
    IdPairMap<Held> held_;
    std::vector<Change> changes_;
};

}  // namespace sallyport::wamp
