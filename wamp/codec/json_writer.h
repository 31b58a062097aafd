#pragma once

#include <cstdint>
#include <string>

#include "wamp/base/value.h"

namespace sallyport::wamp {

void append_json_unsigned(std::string& out, std::uint64_t number);

/// Compact (W-SER-13); Bytes by the binary convention (W-SER-04). A number that is not finite and a
/// text or key that begins with NUL cannot be said in JSON: no value that was decoded holds one, so
/// they are our own fault and a check() (W-SER-05, W-SER-09).
void append_json(std::string& out, const Value& value);
void append_json(std::string& out, const List& list);
void append_json(std::string& out, const Dict& dict);

}  // namespace sallyport::wamp
