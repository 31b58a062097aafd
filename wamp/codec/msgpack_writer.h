#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

// Each value in its shortest form; floating numbers always as float64. Sizes and counts must be
// below 2^32.

void append_msgpack_unsigned(std::string& out, std::uint64_t number);
void append_msgpack_negative(std::string& out, std::int64_t number);
void append_msgpack_double(std::string& out, double number);
void append_msgpack_boolean(std::string& out, bool flag);
void append_msgpack_nil(std::string& out);
void append_msgpack_text(std::string& out, std::string_view text);
void append_msgpack_binary(std::string& out, std::string_view bytes);
/// What precedes the bytes of a binary value.
void append_msgpack_binary_head(std::string& out, std::size_t bytes);
void append_msgpack_array(std::string& out, std::size_t count);
void append_msgpack_map(std::string& out, std::size_t count);

void append_msgpack(std::string& out, const Value& value);
void append_msgpack(std::string& out, const List& list);
void append_msgpack(std::string& out, const Dict& dict);

}  // namespace sallyport::wamp
