#pragma once

#include <cstdint>
#include <string>

#include "wamp/base/value.h"

namespace sallyport::wamp {

void append_json_unsigned(std::string& out, std::uint64_t number);

/// Compact (W-SER-13); Bytes use the binary convention (W-SER-04). JSON cannot represent numbers
/// that are not finite, and strings or keys that begin with NUL. No decoded value contains one, so
/// such a value is a bug and fails a check() (W-SER-05, W-SER-09).
void append_json(std::string& out, const Value& value);
void append_json(std::string& out, const List& list);
void append_json(std::string& out, const Dict& dict);

}  // namespace sallyport::wamp
