#include "wamp/base/instruction_set.h"

#include <initializer_list>

namespace sallyport::wamp {
namespace {

InstructionSet widest_set() noexcept {
    for (const InstructionSet set :
         {InstructionSet::avx2, InstructionSet::sse42, InstructionSet::neon}) {
        if (is_supported(set)) return set;
    }
    return InstructionSet::scalar;
}

// Whoever asks before this is initialised gets zero, which is `scalar`.
const InstructionSet best = widest_set();

}  // namespace

bool is_supported(InstructionSet set) noexcept {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool sse42 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") &&
                       __builtin_cpu_supports("pclmul");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#else
    constexpr bool sse42 = false;
    constexpr bool avx2 = false;
#endif
#if defined(__aarch64__)
    constexpr bool neon = true;
#else
    constexpr bool neon = false;
#endif
    switch (set) {
        case InstructionSet::scalar:
            return true;
        case InstructionSet::sse42:
            return sse42;
        case InstructionSet::avx2:
            return sse42 && avx2;
        case InstructionSet::neon:
            return neon;
    }
    return false;
}

InstructionSet best_instruction_set() noexcept {
    return best;
}

}  // namespace sallyport::wamp
