#pragma once

#include <cstddef>

namespace sallyport::wamp {

/// What a value may contain.
struct SkipLimits {
    std::size_t levels = 0;  ///< nested arrays and maps, up to depth_max
    std::size_t values = 0;  ///< keys not counted
};

struct Skipped {
    const char* after = nullptr;  ///< the byte after the value, or null
    std::size_t values = 0;
};

/// Validates the array or object at `at` like JsonReader, whose limits of strings cannot be reached
/// between `at` and `end`. Null means that the value is invalid, exceeds the limits, or is among
/// the last bytes and cannot be told apart from one that is: JsonReader then reads it once more
/// and names the error. One function for each instruction set; only those of this machine's
/// architecture are defined.
Skipped skip_json_sse42(const char* at, const char* end, SkipLimits limits) noexcept;
Skipped skip_json_avx2(const char* at, const char* end, SkipLimits limits) noexcept;
Skipped skip_json_neon(const char* at, const char* end, SkipLimits limits) noexcept;

/// The same for any value of MessagePack.
Skipped skip_msgpack_sse42(const char* at, const char* end, SkipLimits limits) noexcept;
Skipped skip_msgpack_avx2(const char* at, const char* end, SkipLimits limits) noexcept;
Skipped skip_msgpack_neon(const char* at, const char* end, SkipLimits limits) noexcept;

}  // namespace sallyport::wamp
