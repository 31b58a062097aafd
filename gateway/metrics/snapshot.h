#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend-link/link/link_snapshot.h"
#include "policy/door/door_snapshot.h"

namespace sallyport::gateway {

/// Everything that the metrics of a gateway or an inside are made of, copied in one step of its
/// reactor: the text is made on another thread.
struct MetricsSnapshot {
    std::string program;  ///< "gateway" or "inside"
    std::string version;
    double started_s = 0;  ///< since 1970
    std::uint64_t reloads = 0;
    policy::DoorSnapshot door;
    std::vector<backend_link::LinkSnapshot> links;

    struct Memory {
        std::uint64_t limit = 0;
        std::uint64_t used = 0;
        std::uint64_t held = 0;  ///< of `used`: beyond the buffers of connections
        std::uint64_t peak = 0;
        std::uint64_t closed = 0;     ///< connections, as there was no memory left
        std::uint64_t displaced = 0;  ///< connections, for newer ones
    };
    Memory memory;

    struct Audit {
        std::uint64_t written = 0;
        std::uint64_t dropped = 0;
        std::uint64_t waiting = 0;
        bool failing = false;  ///< the last attempt to write failed
    };
    std::optional<Audit> audit;  ///< nothing if no records are written

    struct Authenticator {
        bool running = false;
        std::uint64_t asked = 0;
        std::uint64_t waiting = 0;
        std::uint64_t dropped = 0;
        std::uint64_t ended = 0;
    };
    Authenticator authenticator;

    /// Of an onion service that the gateway manages.
    struct Onion {
        double bootstrap = 0;  ///< 0 to 1
        bool reachable = false;
    };
    std::optional<Onion> onion;

    /// Of an inside.
    struct Router {
        std::size_t subscriptions = 0;
        std::size_t registrations = 0;
        std::size_t calls = 0;
    };
    std::optional<Router> router;
};

}  // namespace sallyport::gateway
