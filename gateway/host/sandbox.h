#pragma once

namespace sallyport::gateway {

/// Restricts the gateway worker before it reads the first untrusted byte: no sockets but unix ones,
/// no connect, bind or listen, no new programs, no tracing, no io_uring, no change of namespaces or
/// mounts. Refused calls fail with EPERM. The worker can then only use descriptors that the
/// supervisor passes to it. This cannot be undone. Throws std::system_error if the kernel refuses;
/// the worker then does not start.
void enter_worker_sandbox();

/// A weaker restriction for programs that dial themselves (the inside): no new privileges, no core
/// dumps that contain secrets.
void drop_privilege_gains();

}  // namespace sallyport::gateway
