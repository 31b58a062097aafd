#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "wamp/base/result.h"
#include "wamp/base/timestamp.h"

namespace sallyport::gateway {

/// Who was given access to the onion service by `sallyport onion grant`. One file for each in the
/// folder `grants` of the state directory, without a secret.
struct OnionGrant {
    std::string name;  ///< the authid
    std::string realm;
    std::string onion_key;  ///< the public one, as onion_key_text() writes it
    wamp::Timestamp granted{};
    std::optional<wamp::Timestamp> expires{};
};

/// 1 to 64 letters, digits and any of - _ . @, not beginning with a dot: it is also a file name.
bool is_grant_name(std::string_view name) noexcept;
/// A date (its first moment in UTC), or a date and time of RFC 3339.
std::optional<wamp::Timestamp> parse_expiry(std::string_view text) noexcept;

std::string to_text(const OnionGrant& grant);
wamp::Result<OnionGrant, policy::Diagnostics> parse_grant(std::string_view text,
                                                          const std::string& file);

std::string grant_file(const std::string& state_dir, std::string_view name);
/// Sorted by name. Throws StartError if one cannot be read.
std::vector<OnionGrant> read_grants(const std::string& state_dir);
/// Those whose time is over.
std::vector<OnionGrant> expired(const std::vector<OnionGrant>& grants, wamp::Timestamp now);

}  // namespace sallyport::gateway
