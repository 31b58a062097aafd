#pragma once

#include <cstdint>

namespace sallyport::wamp {

/// The instructions that a validating function may use. `scalar` needs nothing of the machine: it
/// is the fallback, and what the others are tested against.
enum class InstructionSet : std::uint8_t {
    scalar,
    sse42,  ///< x86-64 with SSE4.2, POPCNT and PCLMULQDQ
    avx2,   ///< as `sse42`, with AVX2 and BMI1
    neon,   ///< every arm64
};

/// Whether this machine has these instructions.
bool is_supported(InstructionSet set) noexcept;

/// The widest supported set; asked of the machine once, before main().
InstructionSet best_instruction_set() noexcept;

}  // namespace sallyport::wamp
