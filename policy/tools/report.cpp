#include "policy/tools/report.h"

#include <ostream>

#include "policy/tools/exit_code.h"
#include "wamp/base/utf8.h"
#include "wamp/codec/json_writer.h"

namespace sallyport::policy {
namespace {

// Names and paths may hold any bytes; JSON may not.
wamp::Value text_value(const std::string& text) {
    std::string clean;
    for (const char c : text) clean += c == '\0' ? ' ' : c;
    if (wamp::is_valid_utf8(clean)) return clean;
    for (char& c : clean) {
        if (static_cast<unsigned char>(c) >= 0x80U) c = '?';
    }
    return clean;
}

}  // namespace

std::string counted(std::size_t number, std::string_view singular, std::string_view plural) {
    return std::to_string(number) + " " + std::string(number == 1 ? singular : plural);
}

wamp::Dict to_json(const Place& place) {
    wamp::Dict object{{"file", text_value(place.file)}};
    if (place.line != 0) {
        object.append("line", static_cast<std::uint64_t>(place.line));
        object.append("column", static_cast<std::uint64_t>(place.column));
    }
    return object;
}

wamp::Dict to_json(const Diagnostic& diagnostic) {
    wamp::Dict object = to_json(diagnostic.place);
    object.append("text", text_value(diagnostic.text));
    object.append("cure", text_value(diagnostic.cure));
    return object;
}

wamp::List to_json(const Diagnostics& diagnostics) {
    wamp::List list;
    for (const Diagnostic& diagnostic : diagnostics) list.emplace_back(to_json(diagnostic));
    return list;
}

void print_json(std::ostream& out, const wamp::Dict& object) {
    std::string text;
    wamp::append_json(text, object);
    out << text << '\n';
}

int print_errors(const Diagnostics& diagnostics, const Output& to) {
    if (to.json) {
        print_json(to.out, {{"errors", to_json(diagnostics)}});
    } else {
        for (const Diagnostic& diagnostic : diagnostics) to.err << to_string(diagnostic) << '\n';
    }
    return exit_code::broken;
}

int print_fault(const std::string& text, const Output& to) {
    if (to.json) {
        print_json(to.out, {{"errors", wamp::List{wamp::Dict{{"text", text_value(text)}}}}});
    } else {
        to.err << "error: " << text << '\n';
    }
    return exit_code::broken;
}

}  // namespace sallyport::policy
