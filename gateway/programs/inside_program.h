#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport inside`: the internal router with its second door. On its own (`channel` < 0) it is
/// an InsideSupervisor; with a channel it is the sandboxed process that such a parent, or the
/// gateway's supervisor (`embedded`), has started: one reactor thread that is passed its listeners
/// for services and its links. Returns the exit code; throws StartError.
int run_inside(const std::string& config_file, int channel, bool embedded);

}  // namespace sallyport::gateway
