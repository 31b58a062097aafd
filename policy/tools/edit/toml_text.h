#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::policy {

/// A TOML basic string.
std::string toml_text(std::string_view text);
/// The value as TOML; nothing if TOML cannot express it (null, binary).
std::optional<std::string> toml_value(const wamp::Value& value);

}  // namespace sallyport::policy
