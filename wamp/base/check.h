#pragma once

namespace sallyport::wamp {

/// Prints the place on stderr and aborts. For bugs of this program only; active in release builds
/// too.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace sallyport::wamp

// A macro, because it prints the text of the expression.
#define SALLYPORT_CHECK(expression) \
    (static_cast<bool>(expression)  \
         ? static_cast<void>(0)     \
         : ::sallyport::wamp::check_failed(#expression, __FILE__, __LINE__))
