#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backend-link/link/local_address.h"
#include "policy/document/diagnostic.h"
#include "wamp/base/result.h"

// The entries of a link in gateway.toml and inside.toml, as `sallyport link invite` and `join` read
// and write them: also in a file that is not complete yet, as it lacks just these. Everything else
// in the file, comments included, stays as it is.
namespace sallyport::gateway {

/// A [[backend]] that accepts its link over TCP.
struct AcceptingBackend {
    std::string name;
    backend_link::Address listen;
    policy::Place place;  ///< of `listen`
};

/// The one called `name`, or the only one if `name` is empty. `file` is for the error.
wamp::Result<AcceptingBackend, policy::Diagnostic> find_accepting_backend(std::string_view text,
                                                                          const std::string& file,
                                                                          std::string_view name);

/// gateway.toml with this `peer_pin` in that backend, in place of the one that it has.
wamp::Result<std::string, policy::Diagnostic> with_backend_pin(std::string_view text,
                                                               const std::string& file,
                                                               std::string_view name,
                                                               std::string_view pin);

/// inside.toml with this `peer_pin` in the [[link]] to that gateway. If it has none, that takes the
/// place of one with the zeros of an example, or is added.
wamp::Result<std::string, policy::Diagnostic> with_link(std::string_view text,
                                                        const std::string& file,
                                                        const backend_link::Address& gateway,
                                                        std::string_view pin);

}  // namespace sallyport::gateway
