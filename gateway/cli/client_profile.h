#pragma once

#include <string>

namespace sallyport::gateway {

/// What a client command needs to know of a gateway and of who logs in; "" for what is not said.
struct ClientAccess {
    std::string url;
    std::string socks;
    std::string realm;
    std::string serializer;
    std::string authid;
    std::string method;
    std::string secret_file;
};

/// The file of a profile: as given if it has a slash or ends with ".toml", otherwise NAME.toml in
/// `$XDG_CONFIG_HOME/sallyport`, or in `~/.config/sallyport`.
std::string profile_path(const std::string& name);

/// Fills in from a profile what `access` does not say. A relative `secret_file` is beside the
/// profile. Throws StartError with file, line and cure.
void fill_in(ClientAccess& access, const std::string& profile);

}  // namespace sallyport::gateway
