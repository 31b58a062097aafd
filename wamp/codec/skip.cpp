#include "wamp/codec/skip.h"

#include "wamp/base/by_instruction_set.h"

namespace sallyport::wamp {

Skipped skip_json_container(const char* at, const char* end, SkipLimits limits,
                            InstructionSet set) noexcept {
    return by_instruction_set(
        set, [](auto) { return Skipped{}; }, [=](auto) { return skip_json_sse42(at, end, limits); },
        [=](auto) { return skip_json_avx2(at, end, limits); },
        [=](auto) { return skip_json_neon(at, end, limits); });
}

Skipped skip_msgpack_value(const char* at, const char* end, SkipLimits limits,
                           InstructionSet set) noexcept {
    return by_instruction_set(
        set, [](auto) { return Skipped{}; },
        [=](auto) { return skip_msgpack_sse42(at, end, limits); },
        [=](auto) { return skip_msgpack_avx2(at, end, limits); },
        [=](auto) { return skip_msgpack_neon(at, end, limits); });
}

}  // namespace sallyport::wamp
