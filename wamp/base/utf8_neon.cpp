#if defined(__aarch64__)

#include "wamp/base/utf8_blocks.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {

bool is_valid_utf8_neon(const char* at, std::size_t bytes) noexcept {
    return is_valid_utf8_in_blocks<NeonBlock>(at, bytes);
}

}  // namespace sallyport::wamp

#endif
