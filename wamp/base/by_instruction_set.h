#pragma once

#include "wamp/base/instruction_set.h"

namespace sallyport::wamp {

/// Calls the function for that set, or `scalar` if the program has none for it. They take one
/// argument of no meaning and of type `auto`, so that only those for this architecture are
/// instantiated: the functions that the others call do not exist.
template <class Scalar, class Sse42, class Avx2, class Neon>
auto by_instruction_set([[maybe_unused]] InstructionSet set, Scalar scalar,
                        [[maybe_unused]] Sse42 sse42, [[maybe_unused]] Avx2 avx2,
                        [[maybe_unused]] Neon neon) noexcept {
#if defined(__x86_64__)
    if (set == InstructionSet::sse42) return sse42(0);
    if (set == InstructionSet::avx2) return avx2(0);
#elif defined(__aarch64__)
    if (set == InstructionSet::neon) return neon(0);
#endif
    return scalar(0);
}

}  // namespace sallyport::wamp
