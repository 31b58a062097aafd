#include "gateway/admin/views.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <tuple>
#include <utility>

#include "gateway/admin/admin.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"
#include "policy/tools/report.h"
#include "wamp/base/text.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr std::size_t depth_max = 8;

using Row = std::vector<std::string>;

/// Columns as wide as they need to be, two spaces apart; nothing behind the last one.
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

/// Clients choose what stands there.
std::string shown(const Json& object, std::string_view key) {
    const std::string text = policy::string_member(object, key);
    return text.empty() ? "-" : wamp::printable(text);
}

std::string count(const Json& object, std::string_view key) {
    return std::to_string(policy::unsigned_member(object, key));
}

std::optional<Json> parsed(std::string_view line) {
    auto json = policy::parse_json(line, depth_max);
    if (!json || !json->is_object()) return std::nullopt;
    return json;
}

int print(const std::string& answer, const std::optional<std::string>& text, bool json) {
    if (!text)
        return policy::print_fault("the program did not answer", {std::cout, std::cerr, json});
    std::fputs(json ? answer.c_str() : text->c_str(), stdout);
    return policy::exit_code::fine;
}

}  // namespace

std::string sessions_line(std::vector<SessionView> sessions, std::size_t more) {
    std::sort(sessions.begin(), sessions.end(), [](const SessionView& a, const SessionView& b) {
        return std::tie(a.realm, a.authid, a.id) < std::tie(b.realm, b.authid, b.id);
    });
    Json list = Json::array();
    for (const SessionView& session : sessions)
        list.push_back({{"session", session.id},
                        {"realm", session.realm},
                        {"authid", session.authid},
                        {"role", session.role},
                        {"method", session.method},
                        {"circuit", session.circuit}});
    return policy::to_line({{"sessions", std::move(list)}, {"more", more}}) + "\n";
}

std::optional<std::string> sessions_text(std::string_view line) {
    const auto json = parsed(line);
    if (!json) return std::nullopt;
    std::vector<Row> rows{{"SESSION", "REALM", "AUTHID", "ROLE", "METHOD", "CIRCUIT"}};
    for (const Json& session : policy::array_member(*json, "sessions")) {
        const std::uint64_t circuit = policy::unsigned_member(session, "circuit");
        rows.push_back({count(session, "session"), shown(session, "realm"),
                        shown(session, "authid"), shown(session, "role"), shown(session, "method"),
                        circuit == 0 ? "-" : std::to_string(circuit)});
    }
    std::string text = rows.size() == 1 ? "nobody is here\n" : table_of(rows);
    const std::uint64_t more = policy::unsigned_member(*json, "more");
    if (more > 0) text += "and " + std::to_string(more) + " more\n";
    return text;
}

std::optional<std::string> links_line(std::string_view status) {
    const auto json = parsed(status);
    const Json* const front = json ? policy::object_member(*json, "front") : nullptr;
    if (front == nullptr) return std::nullopt;
    return policy::to_line({{"links", policy::array_member(*front, "links")}}) + "\n";
}

std::optional<std::string> links_text(std::string_view status) {
    const auto json = parsed(status);
    const Json* const front = json ? policy::object_member(*json, "front") : nullptr;
    if (front == nullptr) return std::nullopt;
    std::vector<Row> rows{
        {"LINK", "STATE", "SINCE", "CALLS", "SUBSCRIPTIONS", "REGISTRATIONS", "HELD", "REASON"}};
    for (const Json& link : policy::array_member(*front, "links")) {
        std::string state = policy::bool_member(link, "up") ? "up" : "down";
        if (policy::bool_member(link, "drained")) state += ", drained";
        const std::string since = policy::string_member(link, "since");
        rows.push_back({shown(link, "name"), std::move(state),
                        since.substr(0, since.find('.')) + "Z", count(link, "calls"),
                        count(link, "subscriptions"), count(link, "registrations"),
                        count(link, "held"), policy::string_member(link, "reason")});
    }
    return rows.size() == 1 ? "there is no link\n" : table_of(rows);
}

int print_sessions(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "sessions");
    return print(answer, sessions_text(answer), json);
}

int print_links(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "status");
    const auto line = links_line(answer);
    return print(line.value_or(""), links_text(answer), json);
}

}  // namespace sallyport::gateway
