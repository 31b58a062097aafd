#pragma once

#include <cstdint>

namespace sallyport::wamp {

/// An id as on the wire: 1 to 2^53 (W-ID-01); 0 means "none" inside this program.
using Id = std::uint64_t;

using SessionId = Id;       ///< global scope, random (W-ID-02)
using PublicationId = Id;   ///< global scope, random (W-ID-02)
using SubscriptionId = Id;  ///< router scope, never reused (W-ID-03)
using RegistrationId = Id;  ///< router scope, never reused (W-ID-03)
using RequestId = Id;       ///< session scope, one counter per direction (W-ID-04)

inline constexpr Id id_max = Id{1} << 53;

/// Identifies one transport connection inside one process. Never on the wire, never reused.
enum class PeerId : std::uint64_t {};

inline constexpr PeerId no_peer{0};

constexpr bool is_valid_id(std::uint64_t value) {
    return value >= 1 && value <= id_max;
}

/// The id that follows `id` in a session-scope sequence: 2^53 wraps to 1 (W-ID-04).
constexpr Id next_id(Id id) {
    return id >= id_max ? 1 : id + 1;
}

}  // namespace sallyport::wamp
