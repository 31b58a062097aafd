#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// The fields of a submitted form by name.
using Form = std::map<std::string, std::string, std::less<>>;

/// Reads application/x-www-form-urlencoded; nothing if an escape is malformed or a name occurs
/// twice.
std::optional<Form> parse_form(std::string_view body);

/// The field; "" if it is not there.
std::string field(const Form& form, std::string_view name);

}  // namespace sallyport::gateway
