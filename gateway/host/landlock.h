#pragma once

namespace sallyport::gateway {

/// Landlock's version on this kernel; 0 if there is none.
int landlock_version() noexcept;

/// Takes the calling thread, and threads that it starts later, all access to files and, as far as
/// this kernel's Landlock knows them, TCP binding and connecting, device ioctls, abstract unix
/// sockets and signals beyond itself. Open descriptors stay usable. Returns Landlock's version, 0
/// if there is none. Needs no_new_privs. Throws std::system_error if the kernel refuses.
int forbid_files();

}  // namespace sallyport::gateway
