#include "wamp/codec/skip.h"

namespace sallyport::wamp {

Skipped skip_json_container(const char* at, const char* end, SkipLimits limits,
                            InstructionSet set) noexcept {
    switch (set) {
        case InstructionSet::scalar:
            break;
#if defined(__x86_64__)
        case InstructionSet::sse42:
            return skip_json_sse42(at, end, limits);
        case InstructionSet::avx2:
            return skip_json_avx2(at, end, limits);
        case InstructionSet::neon:
            break;
#elif defined(__aarch64__)
        case InstructionSet::neon:
            return skip_json_neon(at, end, limits);
        case InstructionSet::sse42:
        case InstructionSet::avx2:
            break;
#else
        case InstructionSet::sse42:
        case InstructionSet::avx2:
        case InstructionSet::neon:
            break;
#endif
    }
    return {};
}

Skipped skip_msgpack_value(const char* at, const char* end, SkipLimits limits,
                           InstructionSet set) noexcept {
    switch (set) {
        case InstructionSet::scalar:
            break;
#if defined(__x86_64__)
        case InstructionSet::sse42:
            return skip_msgpack_sse42(at, end, limits);
        case InstructionSet::avx2:
            return skip_msgpack_avx2(at, end, limits);
        case InstructionSet::neon:
            break;
#elif defined(__aarch64__)
        case InstructionSet::neon:
            return skip_msgpack_neon(at, end, limits);
        case InstructionSet::sse42:
        case InstructionSet::avx2:
            break;
#else
        case InstructionSet::sse42:
        case InstructionSet::avx2:
        case InstructionSet::neon:
            break;
#endif
    }
    return {};
}

}  // namespace sallyport::wamp
