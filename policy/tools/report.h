#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"
#include "wamp/base/value.h"

namespace sallyport::policy {

/// Where a tool writes, and how: lines for people, or one JSON object on one line of `out` and
/// nothing on `err`. Neither ever holds colours or the time, so that the same question gives the
/// same bytes.
struct Output {
    std::ostream& out;
    std::ostream& err;
    bool json = false;
};

/// "1 rule", "2 rules".
std::string counted(std::size_t number, std::string_view singular, std::string_view plural);

/// {"file":…,"line":…,"column":…}, the last two only when they are known.
wamp::Dict to_json(const Place& place);
/// A place with "text" and "cure".
wamp::Dict to_json(const Diagnostic& diagnostic);
wamp::List to_json(const Diagnostics& diagnostics);

void print_json(std::ostream& out, const wamp::Dict& object);

/// Tells what is wrong with the files of a question, and answers exit_code::broken.
int print_errors(const Diagnostics& diagnostics, const Output& to);
/// Tells what is wrong with the question itself, and answers exit_code::broken.
int print_fault(const std::string& text, const Output& to);

}  // namespace sallyport::policy
