#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::wamp {

/// Standard alphabet, padded (RFC 4648 §4), as JSON's binary convention requires (W-SER-04).
void append_base64(std::string& out, std::string_view bytes);

/// Appends the decoded bytes; false, with `out` unchanged, if a character, the padding or the
/// unused bits are not exactly what append_base64() would write.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);

}  // namespace sallyport::wamp
