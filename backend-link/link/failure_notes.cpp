#include "backend-link/link/failure_notes.h"

#include <chrono>

namespace sallyport::backend_link {
namespace {

constexpr wamp::Duration repeat_after = std::chrono::minutes(1);

}  // namespace

bool FailureNotes::is_news(std::string_view why, wamp::Instant now) {
    if (why == last_ && now - logged_ < repeat_after) return false;
    last_ = why;
    logged_ = now;
    return true;
}

}  // namespace sallyport::backend_link
