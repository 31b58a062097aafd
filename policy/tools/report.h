#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "policy/document/diagnostic.h"

namespace sallyport::policy {

/// Where and how a tool writes: lines for people, or one JSON object on one line of `out` and
/// nothing on `err`. Neither contains colours or the time, so the same input gives the same output.
struct Output {
    std::ostream& out;
    std::ostream& err;
    bool json = false;
};

/// "1 rule", "2 rules".
std::string counted(std::size_t number, std::string_view singular, std::string_view plural);
/// "guest, operator".
std::string listed(const std::vector<std::string>& words);

/// {"file":…,"line":…,"column":…}, the last two only if they are known.
nlohmann::ordered_json to_json(const Place& place);
/// A place with "text" and "cure".
nlohmann::ordered_json to_json(const Diagnostic& diagnostic);
nlohmann::ordered_json to_json(const Diagnostics& diagnostics);

/// One line. Bytes that are not UTF-8, which a file or a command line may hold, become U+FFFD.
void print_json(std::ostream& out, const nlohmann::ordered_json& object);

/// Prints the errors in the files of a request, and returns exit_code::broken.
int print_errors(const Diagnostics& diagnostics, const Output& to);
/// Prints the error in the request itself, and returns exit_code::broken.
int print_fault(const std::string& text, const Output& to);

}  // namespace sallyport::policy
