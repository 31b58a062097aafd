#pragma once

#include <string>
#include <vector>

namespace sallyport::gateway {

/// Moves the process into namespaces of its own, as far as the kernel permits: an empty read-only
/// root folder, no network interface, no shared memory of others. Then drops all capabilities. The
/// process must have one thread. Returns the names of the namespaces that are its own now, "user"
/// and "pid" among them: a process id namespace comes from start_child(). Open descriptors stay
/// usable.
std::vector<std::string> enter_namespaces();

}  // namespace sallyport::gateway
