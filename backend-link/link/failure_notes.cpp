#include "backend-link/link/failure_notes.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace sallyport::backend_link {
namespace {

constexpr std::array<wamp::Duration, 4> repeat_after{
    std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(30),
    std::chrono::hours(1)};

}  // namespace

std::optional<std::string> FailureNotes::note(std::string_view why, wamp::Instant now) {
    const bool repeats = why == last_;
    if (repeats && now - logged_ < repeat_after[std::min(repeated_, repeat_after.size() - 1)]) {
        ++unsaid_;
        return std::nullopt;
    }
    std::string more;
    if (repeats && unsaid_ != 0)
        more = " (" + std::to_string(unsaid_) + " more since the last such line)";
    repeated_ = repeats ? repeated_ + 1 : 0;
    unsaid_ = 0;
    last_ = why;
    logged_ = now;
    return more;
}

}  // namespace sallyport::backend_link
