#pragma once

namespace sallyport::wamp {

/// Aborts with the place on stderr. For faults of our own only; stays on in release builds.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace sallyport::wamp

// A macro, as the text of the expression is what the operator can report.
#define SALLYPORT_CHECK(expression) \
    (static_cast<bool>(expression)  \
         ? static_cast<void>(0)     \
         : ::sallyport::wamp::check_failed(#expression, __FILE__, __LINE__))
