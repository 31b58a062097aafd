#include "backend-link/link/backoff.h"

#include <algorithm>
#include <chrono>

namespace sallyport::backend_link {
namespace {

constexpr wamp::Duration first_wait_max = std::chrono::milliseconds(100);
constexpr wamp::Duration wait_max = std::chrono::seconds(5);

}  // namespace

wamp::Duration Backoff::next() noexcept {
    wamp::Duration bound = first_wait_max;
    for (std::uint32_t attempt = 0; attempt < attempts_ && bound < wait_max; ++attempt) bound *= 2;
    bound = std::min(bound, wait_max);
    if (attempts_ != UINT32_MAX) ++attempts_;
    const auto wait = random_.below(static_cast<std::uint64_t>(bound.count()) + 1);
    return wamp::Duration(static_cast<wamp::Duration::rep>(wait));
}

}  // namespace sallyport::backend_link
