#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

// RFC 8949: each value in its shortest form and of definite length; floating numbers always in 64
// bits.

void append_cbor_unsigned(std::string& out, std::uint64_t number);
void append_cbor_negative(std::string& out, std::int64_t number);
void append_cbor_double(std::string& out, double number);
void append_cbor_boolean(std::string& out, bool flag);
void append_cbor_null(std::string& out);
void append_cbor_text(std::string& out, std::string_view text);
void append_cbor_binary(std::string& out, std::string_view bytes);
void append_cbor_array(std::string& out, std::size_t count);
void append_cbor_map(std::string& out, std::size_t count);

void append_cbor(std::string& out, const Value& value);
void append_cbor(std::string& out, const List& list);
void append_cbor(std::string& out, const Dict& dict);

}  // namespace sallyport::wamp
