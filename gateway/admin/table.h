// What the views of `sallyport` have in common: how an answer of the admin socket is read, and how
// it is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/tools/json.h"

namespace sallyport::gateway {

using Row = std::vector<std::string>;

/// Columns as wide as they need to be, two spaces apart; nothing behind the last one. The first row
/// has their names.
std::string table_of(const std::vector<Row>& rows);

/// A text of clients, without what a terminal would act on; "-" if there is none.
std::string shown(const policy::Json& object, std::string_view key);

std::string count(const policy::Json& object, std::string_view key);

/// An RFC 3339 time in UTC without the part of a second.
std::string to_seconds(const std::string& time);

/// The object in a line of JSON; nothing if it is none.
std::optional<policy::Json> parsed_answer(std::string_view line);

/// Prints the answer, or `text` for people, and returns the exit code; without a text it says that
/// there was no answer.
int print_answer(const std::string& answer, const std::optional<std::string>& text, bool json);

}  // namespace sallyport::gateway
