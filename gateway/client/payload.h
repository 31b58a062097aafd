#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::gateway {

/// Arguments as given on the command line.
struct ArgumentTexts {
    std::vector<std::string> positional;  ///< JSON if it parses as JSON, otherwise a string
    std::string list;  ///< --args: a JSON array instead of positional arguments; "" for none
    std::vector<std::string> keywords;  ///< NAME=JSON
};
/// The arguments of one call or publication.
struct Arguments {
    wamp::List args;
    wamp::Dict kwargs;
};
/// Throws std::invalid_argument.
Arguments parse_arguments(const ArgumentTexts& texts);

/// A payload as JSON texts; nothing if JSON cannot represent it (NaN, keys that are not strings).
struct JsonPayload {
    std::string args = "[]";
    std::string kwargs = "{}";
    std::size_t arg_count = 0;

    bool empty() const noexcept { return arg_count == 0 && kwargs == "{}"; }
    /// `{"args":[…],"kwargs":{…}}`
    std::string both() const;
    /// A single positional argument without keywords: just that value. No arguments: `null`.
    /// Otherwise as both().
    std::string shortest() const;
};
std::optional<JsonPayload> json_of(const wamp::Payload& payload);

/// A string in quotes.
std::string json_string(std::string_view text);

}  // namespace sallyport::gateway
