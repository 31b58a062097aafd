#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::wamp {

/// Standard alphabet, padded (RFC 4648 §4), as JSON's binary convention wants it (W-SER-04).
void append_base64(std::string& out, std::string_view bytes);

/// Appends what `text` stands for; false, with `out` unchanged, when a character, the padding or
/// the bits that the padding leaves over are not exactly what append_base64() would have written.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);

}  // namespace sallyport::wamp
