#pragma once

namespace sallyport::gateway {

/// "sallyport 0.1.0 (COMMIT)". Written at each build by cmake/write_version.cmake.
extern const char* const version_text;

}  // namespace sallyport::gateway
