#pragma once

namespace sallyport::gateway {

/// Returns memory to the kernel that only the start of the program needed: free memory of the
/// allocator, and the pages of code and constants, which the kernel maps again one by one when they
/// are used.
void release_startup_memory() noexcept;

}  // namespace sallyport::gateway
