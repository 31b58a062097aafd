#include "gateway/admin/views.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/admin/table.h"
#include "policy/tools/json.h"

namespace sallyport::gateway {

using policy::Json;

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
    const auto json = parsed_answer(line);
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
    const auto json = parsed_answer(status);
    const Json* const front = json ? policy::object_member(*json, "front") : nullptr;
    if (front == nullptr) return std::nullopt;
    return policy::to_line({{"links", policy::array_member(*front, "links")}}) + "\n";
}

std::optional<std::string> links_text(std::string_view status) {
    const auto json = parsed_answer(status);
    const Json* const front = json ? policy::object_member(*json, "front") : nullptr;
    if (front == nullptr) return std::nullopt;
    std::vector<Row> rows{
        {"LINK", "STATE", "SINCE", "CALLS", "SUBSCRIPTIONS", "REGISTRATIONS", "HELD", "REASON"}};
    for (const Json& link : policy::array_member(*front, "links")) {
        std::string state = policy::bool_member(link, "up") ? "up" : "down";
        if (policy::bool_member(link, "drained")) state += ", drained";
        rows.push_back({shown(link, "name"), std::move(state),
                        to_seconds(policy::string_member(link, "since")), count(link, "calls"),
                        count(link, "subscriptions"), count(link, "registrations"),
                        count(link, "held"), policy::string_member(link, "reason")});
    }
    return rows.size() == 1 ? "there is no link\n" : table_of(rows);
}

int print_sessions(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "sessions");
    return print_answer(answer, sessions_text(answer), json);
}

int print_links(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "status");
    const auto line = links_line(answer);
    return print_answer(line.value_or(""), links_text(answer), json);
}

}  // namespace sallyport::gateway
