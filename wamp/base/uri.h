#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::wamp {

/// The maximum size in bytes of any URI or pattern (W-MSG-11).
inline constexpr std::size_t uri_bytes_max = 1024;

/// How a registered or subscribed URI is compared with a requested one.
enum class MatchPolicy : std::uint8_t { exact, prefix, wildcard };

/// The name as in SUBSCRIBE.Options.match.
std::string_view to_string(MatchPolicy policy) noexcept;

/// How strictly the characters of a URI are checked.
enum class UriRule : std::uint8_t {
    loose,   ///< what the protocol requires (W-URI-01)
    strict,  ///< only [0-9a-z_] in a component (W-URI-02)
};

/// Whether `uri` is valid for a single resource: no empty component (W-URI-03), no '#', no Unicode
/// white space, no control character (W-URI-05), at most uri_bytes_max bytes. `uri` is valid UTF-8.
bool is_valid_uri(std::string_view uri, UriRule rule = UriRule::loose) noexcept;

/// Whether `pattern` may be registered or subscribed under `policy` (W-URI-03): empty components
/// are allowed anywhere for wildcard; for prefix the last one may be empty, and the whole may be
/// "".
bool is_valid_pattern(std::string_view pattern, MatchPolicy policy,
                      UriRule rule = UriRule::loose) noexcept;

/// Whether `uri` matches (W-URI-10): prefix is a plain string prefix, wildcard compares
/// components.
bool matches(std::string_view pattern, MatchPolicy policy, std::string_view uri) noexcept;

/// Whether the first component is `wamp` (W-URI-06).
bool is_reserved(std::string_view uri) noexcept;

/// Whether some URI that `pattern` matches is reserved (W-URI-07).
bool reaches_reserved(std::string_view pattern, MatchPolicy policy) noexcept;

}  // namespace sallyport::wamp
