#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::wamp {

/// How a string of the JSON binary convention begins in the text: U+0000 can only stand there
/// escaped (W-SER-04).
inline constexpr std::string_view json_binary_mark = "\\u0000";

/// The first byte that is a quote, a backslash, a control character or not ASCII; `end` when there
/// is none.
const char* skip_json_plain(const char* at, const char* end) noexcept;
/// The same without the vector unit, for machines that have none.
const char* skip_json_plain_by_words(const char* at, const char* end) noexcept;

/// A string as it stands in a JSON text.
struct JsonString {
    std::string_view raw;           ///< between the quotes
    std::size_t decoded_bytes = 0;  ///< without escapes
    bool escaped = false;

    bool is_binary() const noexcept { return escaped && raw.starts_with(json_binary_mark); }
};

/// Reads the string that begins after its opening quote at `at`: the byte after the closing quote,
/// or null when it is not well-formed: control characters, unknown escapes, lone surrogates, bad
/// UTF-8, no end (W-SER-03).
const char* scan_json_string(const char* at, const char* end, JsonString& string) noexcept;

/// Appends what a string stands for that scan_json_string() accepted.
void append_unescaped(std::string& out, std::string_view raw);

/// Appends the bytes that a string means by the binary convention; false when the base64 is bad.
[[nodiscard]] bool append_json_binary(std::string& out, const JsonString& string);

/// Appends `text` (valid UTF-8) in quotes, escaped where JSON demands it.
void append_json_string(std::string& out, std::string_view text);

/// A number as it stands in a JSON text.
struct JsonNumber {
    enum class Kind : std::uint8_t { unsigned_integer, negative_integer, floating, out_of_range };
    Kind kind = Kind::out_of_range;
    std::uint64_t unsigned_integer = 0;
    std::int64_t negative_integer = 0;
    double floating = 0;
};

/// The byte after the number that begins at `at`, or null when its grammar is wrong. `integral`:
/// neither point nor exponent.
const char* scan_json_number(const char* at, const char* end, bool& integral) noexcept;

/// The value of a number that scan_json_number() accepted. Integers are exact up to 64 bits and
/// never go through double (W-SER-03); what does not fit is out_of_range, as is a floating number
/// beyond double.
JsonNumber json_number(std::string_view text, bool integral) noexcept;

/// Appends a finite number so that it reads back as the same double, and not as an integer.
void append_json_double(std::string& out, double value);

}  // namespace sallyport::wamp
