#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/network.h"

namespace sallyport::sim {

/// What must hold whatever happens (architecture: Promises 2 to 4).
enum class Check : std::uint8_t {
    one_answer,       ///< exactly one final answer per call, and the right one (W-RPC-07)
    permit,           ///< nothing crosses the link that policy does not allow
    subscribed_only,  ///< no EVENT outside SUBSCRIBED … UNSUBSCRIBED, no INVOCATION after
                      ///< UNREGISTERED (W-ORD-05)
    publisher_order,  ///< events of one publisher arrive in order, none twice on one subscription
                      ///< (W-ORD-01)
    tables_empty,     ///< nothing is left when everyone has gone
    legal_router,     ///< the router says nothing that the protocol does not allow
};

std::string_view to_string(Check check) noexcept;

/// What was found wrong, and a digest of all that happened: two runs of one seed have the same.
class Findings {
public:
    void wrong(Check check, Instant when, std::string what);
    bool has(Check check) const noexcept;
    bool none() const noexcept { return found_.empty(); }
    std::string text() const;

    /// Mixes something that happened into the digest (FNV-1a).
    void happened(std::string_view what) noexcept;
    std::uint64_t digest() const noexcept { return digest_; }

    std::uint64_t calls_ended = 0;
    std::uint64_t events_received = 0;
    std::uint64_t network_failures = 0;

private:
    struct Found {
        Check check;
        std::string what;
    };
    std::vector<Found> found_;
    std::uint64_t digest_ = 0xCBF29CE484222325u;
};

}  // namespace sallyport::sim
