#pragma once

#include <cstddef>

namespace sallyport::wamp {

/// The maximum sizes of one incoming message; checked before anything is built from it (W-MSG-11).
struct MessageLimits {
    /// 512 B to 16 MiB: the range that RawSocket can announce.
    std::size_t message_bytes = 16u << 20;
    std::size_t depth = 64;           ///< nested arrays and maps, the message's own array included
    std::size_t elements = 1u << 20;  ///< values in the whole message, keys not counted
    std::size_t string_bytes = 16u << 20;  ///< one string or binary value
    std::size_t option_keys = 64;  ///< entries of Options, Details or Extra, each dictionary
    /// Values in Options, Details or Extra, all levels together.
    std::size_t option_values = 1u << 14;
};

/// No setting allows deeper nesting: the stacks of the readers have fixed sizes.
inline constexpr std::size_t depth_max = 256;
/// The depths of a message's own array and of a container among its elements.
inline constexpr std::size_t message_depth = 1;
inline constexpr std::size_t element_depth = 2;

}  // namespace sallyport::wamp
