#if defined(__aarch64__)

#include "wamp/codec/json_blocks.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/msgpack_blocks.h"
#include "wamp/codec/skip_vector.h"

namespace sallyport::wamp {

Skipped skip_json_neon(const char* at, const char* end, SkipLimits limits) noexcept {
    return JsonSkipper<NeonBlock>(at, end, limits, scan_json_escape).skip();
}

Skipped skip_msgpack_neon(const char* at, const char* end, SkipLimits limits) noexcept {
    return MsgpackSkipper<NeonBlock>(end, limits).skip(at);
}

}  // namespace sallyport::wamp

#endif
