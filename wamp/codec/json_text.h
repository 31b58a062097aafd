#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instruction_set.h"

namespace sallyport::wamp {

/// How a string of the JSON binary convention begins in the text: U+0000 must be escaped
/// (W-SER-04).
inline constexpr std::string_view json_binary_mark = "\\u0000";

/// The first byte that is a quote, a backslash, a control character or not ASCII; `end` if there is
/// none.
const char* skip_json_plain(const char* at, const char* end) noexcept;
/// The same without vector instructions, for machines that have none.
const char* skip_json_plain_by_words(const char* at, const char* end) noexcept;

/// The first byte that is a quote, a backslash or a control character; `end` if there is none.
const char* skip_json_text(const char* at, const char* end) noexcept;

/// Validates the escape whose backslash is at `at`; a high surrogate must be followed by the escape
/// of a low one. Returns the byte after it, or null.
const char* scan_json_escape(const char* at, const char* end, std::size_t& decoded_bytes) noexcept;

/// A string as encoded in a JSON text.
struct JsonString {
    std::string_view raw;           ///< between the quotes
    std::size_t decoded_bytes = 0;  ///< after unescaping
    bool escaped = false;

    bool is_binary() const noexcept { return escaped && raw.starts_with(json_binary_mark); }
};

/// Validates the string after its opening quote at `at`. Returns the byte after the closing quote,
/// or null if it is not well-formed: control characters, unknown escapes, lone surrogates, invalid
/// UTF-8, no end (W-SER-03). `set` is what validates UTF-8.
const char* scan_json_string(const char* at, const char* end, JsonString& string,
                             InstructionSet set = best_instruction_set()) noexcept;

/// Appends the decoded string, which scan_json_string() accepted.
void append_unescaped(std::string& out, std::string_view raw);

/// Appends the bytes of a string of the binary convention; false if the base64 is invalid.
[[nodiscard]] bool append_json_binary(std::string& out, const JsonString& string);

/// Appends `text` (valid UTF-8) in quotes, escaped where JSON requires it.
void append_json_string(std::string& out, std::string_view text);

/// A number as encoded in a JSON text.
struct JsonNumber {
    enum class Kind : std::uint8_t { unsigned_integer, negative_integer, floating, out_of_range };
    Kind kind = Kind::out_of_range;
    std::uint64_t unsigned_integer = 0;
    std::int64_t negative_integer = 0;
    double floating = 0;
};

/// The byte after the number that begins at `at`, or null if it is malformed. `integral` is set if
/// it has neither point nor exponent.
const char* scan_json_number(const char* at, const char* end, bool& integral) noexcept;

/// The value of a number that scan_json_number() accepted. Integers are exact up to 64 bits and
/// never converted through double (W-SER-03); larger ones are out_of_range, as are floating numbers
/// beyond double.
JsonNumber json_number(std::string_view text, bool integral) noexcept;

/// Appends a finite number so that it is read back as the same double, and not as an integer.
void append_json_double(std::string& out, double value);

}  // namespace sallyport::wamp
