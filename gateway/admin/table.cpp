#include "gateway/admin/table.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "policy/tools/exit_code.h"
#include "policy/tools/report.h"
#include "wamp/base/text.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr std::size_t depth_max = 8;

}  // namespace

std::string table_of(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string shown(const Json& object, std::string_view key) {
    const std::string text = policy::string_member(object, key);
    return text.empty() ? "-" : wamp::printable(text);
}

std::string count(const Json& object, std::string_view key) {
    return std::to_string(policy::unsigned_member(object, key));
}

std::string to_seconds(const std::string& time) {
    return time.substr(0, time.find_first_of(".Z")) + "Z";
}

std::optional<Json> parsed_answer(std::string_view line) {
    auto json = policy::parse_json(line, depth_max);
    if (!json || !json->is_object()) return std::nullopt;
    return json;
}

int print_answer(const std::string& answer, const std::optional<std::string>& text, bool json) {
    if (!text)
        return policy::print_fault("the program did not answer", {std::cout, std::cerr, json});
    std::fputs(json ? answer.c_str() : text->c_str(), stdout);
    return policy::exit_code::fine;
}

}  // namespace sallyport::gateway
