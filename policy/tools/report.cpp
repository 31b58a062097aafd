#include "policy/tools/report.h"

#include <ostream>

#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {

std::string counted(std::size_t number, std::string_view singular, std::string_view plural) {
    return std::to_string(number) + " " + std::string(number == 1 ? singular : plural);
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Json to_json(const Place& place) {
    Json object{{"file", place.file}};
    if (place.line != 0) {
        object["line"] = place.line;
        object["column"] = place.column;
    }
    return object;
}

Json to_json(const Diagnostic& diagnostic) {
    Json object = to_json(diagnostic.place);
    object["text"] = diagnostic.text;
    object["cure"] = diagnostic.hint;
    return object;
}

Json to_json(const Diagnostics& diagnostics) {
    Json list = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) list.push_back(to_json(diagnostic));
    return list;
}

void print_json(std::ostream& out, const Json& object) {
    out << to_line(object) << '\n';
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
        print_json(to.out, {{"errors", Json::array({{{"text", text}}})}});
    } else {
        to.err << "error: " << text << '\n';
    }
    return exit_code::broken;
}

}  // namespace sallyport::policy
