#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/tools/diff.h"
#include "wamp/base/value.h"

namespace sallyport::policy {

/// A TOML basic string.
std::string toml_text(std::string_view text);
/// The value as TOML; nothing where TOML has no word for it (null, binary).
std::optional<std::string> toml_value(const wamp::Value& value);

/// The [[test]] that holds before the difference and fails after it; "" when TOML cannot say it.
/// With `route`, it also asks for the route.
std::string test_text(const Difference& difference, bool route);

}  // namespace sallyport::policy
