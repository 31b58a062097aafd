#pragma once

namespace sallyport::gateway {

/// Shuts the gateway worker in, before it reads its first hostile byte: no IP sockets (nor any
/// other but unix ones), no connecting, binding or listening at all, no new programs, no tracing,
/// no io_uring, no change of namespaces or mounts. What is refused answers EPERM. It can then only
/// talk through descriptors that the supervisor hands over. There is no way back. Throws
/// std::system_error when the kernel refuses; the worker then does not start.
void enter_worker_sandbox();

/// Less, for programs that dial themselves (the inside): no new privileges, no core dumps of
/// secrets.
void drop_privilege_gains();

}  // namespace sallyport::gateway
