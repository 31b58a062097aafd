#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::policy {

/// The order in which chosen tickets are checked, each of which costs tens of milliseconds off the
/// reactor. At most `running_max` at a time, and at most `max` wait. Sources (JoinSource::key) take
/// turns, so that a source with many attempts delays only its own; those that have failed before
/// come after the others. If there is no room, one of these loses its last attempt, or else the
/// source with the most.
class TicketChecks {
public:
    /// One runs on the thread of the checks, and the next one is there when it ends.
    static constexpr std::size_t running_max = 2;

    struct Check {
        std::uint64_t work = 0;  ///< grows from check to check
        wamp::PeerId peer = wamp::no_peer;
        wamp::IdPair source;  ///< the peer itself if it has none
        bool suspect = false;
    };

    /// `max` is at least 1.
    explicit TicketChecks(std::size_t max) noexcept : max_(max) {}

    /// Adds a check. Returns the one that has to go for it, which may be this one.
    std::optional<Check> add(const Check& check);
    /// The next check to run; nothing if none waits or enough are running.
    std::optional<Check> start();
    /// One that was started has ended.
    void end(std::uint64_t work) noexcept;
    /// Forgets the checks that wait and for which `is_gone` returns true.
    template <class IsGone>
    void remove_gone(const IsGone& is_gone) {
        std::erase_if(waiting_, [&](const Turn& turn) { return is_gone(turn.check); });
    }

    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    struct Turn {
        Check check;
        std::uint64_t round = 0;
    };
    std::size_t waiting_of(const wamp::IdPair& source) const noexcept;

    std::size_t max_;
    std::uint64_t round_ = 0;
    std::vector<Turn> waiting_;  ///< by arrival
    std::vector<Turn> running_;
};

}  // namespace sallyport::policy
