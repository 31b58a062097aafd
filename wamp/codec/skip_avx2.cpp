#if defined(__x86_64__)

#include "wamp/codec/json_blocks.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/msgpack_blocks.h"
#include "wamp/codec/skip_vector.h"

namespace sallyport::wamp {

Skipped skip_json_avx2(const char* at, const char* end, SkipLimits limits) noexcept {
    return JsonSkipper<Avx2Block>(at, end, limits, scan_json_escape).skip();
}

Skipped skip_msgpack_avx2(const char* at, const char* end, SkipLimits limits) noexcept {
    return MsgpackSkipper<Avx2Block>(end, limits).skip(at);
}

}  // namespace sallyport::wamp

#endif
