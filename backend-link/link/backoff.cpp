#include "backend-link/link/backoff.h"

#include <algorithm>
#include <chrono>

namespace sallyport::backend_link {
namespace {

constexpr wamp::Duration first_wait_max = std::chrono::milliseconds(100);
constexpr wamp::Duration wait_max = std::chrono::seconds(5);
constexpr wamp::Duration unanswered_wait_max = std::chrono::milliseconds(300);

}  // namespace

wamp::Duration Backoff::after_end(wamp::Instant now) noexcept {
    if (up_since_ != wamp::never && now - up_since_ >= stood_for) attempts_ = 0;
    up_since_ = wamp::never;
    reached_ = true;
    wamp::Duration bound = first_wait_max;
    for (std::uint32_t attempt = 0; attempt < attempts_ && bound < wait_max; ++attempt) bound *= 2;
    if (attempts_ != UINT32_MAX) ++attempts_;
    return below(std::min(bound, wait_max));
}

wamp::Duration Backoff::after_no_answer() noexcept {
    const bool first = reached_;
    reached_ = false;
    return below(first ? first_wait_max : unanswered_wait_max);
}

wamp::Duration Backoff::below(wamp::Duration bound) noexcept {
    const auto wait = random_.below(static_cast<std::uint64_t>(bound.count()) + 1);
    return wamp::Duration(static_cast<wamp::Duration::rep>(wait));
}

}  // namespace sallyport::backend_link
