#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/sim/flow/fair_shares.h"
#include "tests/sim/ledger.h"
#include "tests/sim/turn.h"

namespace sallyport::sim {

/// The model of who waits for the links of the front, and what that costs: messages of guests that
/// are not read until their message has crossed.
class LinkShares {
public:
    /// What the core says of a link.
    struct Link {
        bool up = false;
        std::size_t held = 0;  ///< messages
        std::size_t held_bytes = 0;
    };
    /// The session of a guest, on its circuit; nothing if it has none any more.
    using WhoIs = std::function<std::optional<FairShares::Sender>(wamp::PeerId)>;

    /// `window`: what a link's transport is given before it has written it.
    LinkShares(Findings& findings, std::size_t links, std::size_t window)
        : findings_(findings), links_(links), window_(window) {}

    /// A turn of the front: what it holds from now on, and what crosses. `held_back`: a message
    /// that is held may wait for acknowledgements and not for room.
    void see(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is, bool held_back);
    /// Compares what the core says that it holds with what waits.
    void check_books(const std::vector<Link>& links, Instant now) const;

private:
    struct Waiting {
        std::uint32_t link = 0;
        FairShares::Sender from;
        FairShares::Moment since = 0;
        std::size_t cost = 0;
        std::size_t dropped_max = 0;  ///< bytes of options that it is not granted
        bool unsure = false;          ///< its place in the order is not known
    };
    struct State {
        std::size_t held = 0;
        bool up = false;
        /// Requests that have waited for the link to come up are among what waits, until nothing
        /// is.
        bool unsure = false;
    };

    void hold(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is,
              bool held_back);
    void check_window(const Turn& turn, const WhoIs& who_is) const;
    void cross(const Turn& turn, const std::vector<Link>& links, const WhoIs& who_is);
    void wrong(Check check, const Turn& turn, std::string what) const {
        findings_.wrong(check, turn.now, "front: " + std::move(what));
    }

    Findings& findings_;
    FairShares shares_;
    std::vector<State> links_;
    std::size_t window_;
    std::map<wamp::PeerId, Waiting> waiting_;
};

}  // namespace sallyport::sim
