#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "backend-link/link/local_address.h"
#include "gateway/client/url.h"
#include "gateway/host/descriptor.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// A client command ends with this exit code and one line on stderr.
class ClientFailure : public std::runtime_error {
public:
    ClientFailure(int code, const std::string& line) : std::runtime_error(line), exit_code(code) {}
    int exit_code;
};

/// A connected non-blocking socket to the URL, through the proxy if there is one. Waits, until
/// `deadline` at most, as nothing else is going on in a client command that is not yet connected.
/// Throws ClientFailure.
Descriptor connect_client(const ClientUrl& url, const std::optional<backend_link::Address>& socks,
                          wamp::Instant deadline);

}  // namespace sallyport::gateway
