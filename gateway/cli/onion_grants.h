#pragma once

#include <iosfwd>
#include <string>

namespace sallyport::gateway {

/// The command line of `sallyport onion grant|rotate|revoke|list|expire`.
struct OnionRequest {
    std::string config = "gateway.toml";
    std::string name;
    std::string realm;    ///< "" if there is one only
    std::string role;     ///< of a new principal
    std::string expires;  ///< "" for never
    std::string out;      ///< the bundle; "" for NAME.sallyport
    std::string form;     ///< "" to show nothing
    bool json = false;
};

/// Who may reach the onion service of a managed tor, and log in through it. The files are changed
/// here, by the user of this command; a running gateway is told through its sockets, and takes them
/// up at once. They return an exit code, and throw StartError.
int grant_access(const OnionRequest& request);
int rotate_access(const OnionRequest& request);
int revoke_access(const OnionRequest& request);
int list_access(const OnionRequest& request);
/// Revokes what has expired.
int revoke_expired(const OnionRequest& request);

}  // namespace sallyport::gateway
