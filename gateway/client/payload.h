#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::gateway {

/// Arguments as they stand on a command line.
struct ArgumentTexts {
    std::vector<std::string> positional;  ///< JSON where it parses as JSON, otherwise a string
    std::string list;  ///< --args: a JSON array in place of the positional ones; "" for none
    std::vector<std::string> keywords;  ///< NAME=JSON
};
struct Arguments {
    wamp::List args;
    wamp::Dict kwargs;
};
/// Throws std::invalid_argument.
Arguments parse_arguments(const ArgumentTexts& texts);

/// A payload as JSON texts; nothing when JSON cannot say it (NaN, keys that are no strings).
struct JsonPayload {
    std::string args = "[]";
    std::string kwargs = "{}";
    std::size_t arg_count = 0;

    bool empty() const noexcept { return arg_count == 0 && kwargs == "{}"; }
    /// `{"args":[…],"kwargs":{…}}`
    std::string both() const;
    /// One positional argument and no keywords: that alone. Nothing at all: `null`. Otherwise as
    /// both().
    std::string shortest() const;
};
std::optional<JsonPayload> json_of(const wamp::Payload& payload);

/// A string in quotes.
std::string json_string(std::string_view text);

}  // namespace sallyport::gateway
