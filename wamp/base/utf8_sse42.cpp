#if defined(__x86_64__)

#include "wamp/base/utf8_blocks.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {

bool is_valid_utf8_sse42(const char* at, std::size_t bytes) noexcept {
    return is_valid_utf8_in_blocks<Sse42Block>(at, bytes);
}

}  // namespace sallyport::wamp

#endif
