#pragma once

#include <string>
#include <vector>

#include "backend-link/link/local_address.h"
#include "gateway/host/descriptor.h"
#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// The listening sockets that the service manager passed to this process (socket activation,
/// sd_listen_fds(3)), each taken by whoever is configured to listen at its address.
class ActivatedSockets {
public:
    /// Takes them over from the environment, in which no child finds them then. Throws StartError,
    /// with `place`, for one that is not a listening stream socket.
    static ActivatedSockets from_environment(const policy::Place& place);

    /// The socket that listens at this address; none if none does.
    Descriptor take(const backend_link::Address& address);
    /// Throws StartError if one is left: whoever connects to it would wait for ever.
    void require_all_taken(const policy::Place& place) const;

private:
    struct Socket {
        std::string name;  ///< FileDescriptorName= of the socket unit
        backend_link::Address address;
        Descriptor descriptor;
    };
    std::vector<Socket> sockets_;
};

}  // namespace sallyport::gateway
