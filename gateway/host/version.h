#pragma once

namespace sallyport::gateway {

/// "0.1.0 (COMMIT)", without the commit where it is not known. cmake/write_version.cmake writes it
/// at each build.
extern const char* const program_version;

}  // namespace sallyport::gateway
