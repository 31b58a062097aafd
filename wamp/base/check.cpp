#include "wamp/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sallyport::wamp {

void check_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "sallyport: check failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace sallyport::wamp
