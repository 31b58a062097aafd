#pragma once

#include "wamp/base/instruction_set.h"
#include "wamp/codec/skip_vector.h"

namespace sallyport::wamp {

/// Validates the value at `at` with the vector instructions of `set`, which this machine supports;
/// see skip_vector.h for what null means. Always null for `scalar`, which is the readers' own code.
Skipped skip_json_container(const char* at, const char* end, SkipLimits limits,
                            InstructionSet set) noexcept;
Skipped skip_msgpack_value(const char* at, const char* end, SkipLimits limits,
                           InstructionSet set) noexcept;

}  // namespace sallyport::wamp
