#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "backend-link/link/local_address.h"
#include "gateway/client/url.h"
#include "gateway/host/descriptor.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// Ends a client command with this exit code and one line on stderr.
class ClientFailure : public std::runtime_error {
public:
    ClientFailure(int code, const std::string& line) : std::runtime_error(line), exit_code(code) {}
    int exit_code;
};

/// Returns a non-blocking socket that is connected to the URL, through the proxy if there is one.
/// Blocks until `deadline` at most, as a client command has nothing else to do before it is
/// connected. Throws ClientFailure.
Descriptor connect_client(const ClientUrl& url, const std::optional<backend_link::Address>& socks,
                          wamp::Instant deadline);

}  // namespace sallyport::gateway
