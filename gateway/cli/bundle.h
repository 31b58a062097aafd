#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/tor/client_auth.h"
#include "policy/document/diagnostic.h"
#include "wamp/base/result.h"

namespace sallyport::gateway {

/// All that a client needs to reach one realm through an onion service: the file that `sallyport
/// onion grant` writes. Whoever has it is that client.
struct Bundle {
    std::string address;  ///< "….onion"
    std::uint16_t port = 80;
    OnionClientKey onion_key{};  ///< private
    std::string realm;
    std::string authid;
    std::string private_key;  ///< the seed of the key for cryptosign, as 64 hexadecimal digits

    std::string url() const;
};

std::string to_text(const Bundle& bundle);
/// The errors never show a key.
wamp::Result<Bundle, policy::Diagnostics> parse_bundle(std::string_view text,
                                                       const std::string& file);
/// Reads a file that nobody else may read. Throws StartError.
Bundle read_bundle(const std::string& path);

/// The forms in which a bundle is shown.
const std::vector<std::string>& bundle_forms();
/// `form` is one of these. `file` names the bundle in commands.
std::string show(const Bundle& bundle, std::string_view form, const std::string& file);

}  // namespace sallyport::gateway
