#include "gateway/admin/services.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/admin/table.h"
#include "policy/tools/json.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

/// The sessions of a service that the table names.
constexpr std::size_t named_max = 3;

std::string who_holds(const Json& service) {
    std::string text;
    std::uint64_t named = 0;
    for (const Json& holder : policy::array_member(service, "by")) {
        if (named == named_max) break;
        text +=
            (named == 0 ? "" : ", ") + shown(holder, "authid") + " (" + shown(holder, "role") + ")";
        ++named;
    }
    const std::uint64_t all = policy::unsigned_member(service, "sessions");
    if (all > named) text += " and " + std::to_string(all - named) + " more";
    return text;
}

}  // namespace

std::string services_line(std::vector<ServiceView> services, std::size_t more) {
    std::sort(services.begin(), services.end(), [](const ServiceView& a, const ServiceView& b) {
        return std::tie(a.realm, b.procedure, a.uri, a.match) <
               std::tie(b.realm, a.procedure, b.uri, b.match);
    });
    Json list = Json::array();
    for (const ServiceView& service : services) {
        Json by = Json::array();
        for (const ServiceView::Holder& holder : service.by) {
            by.push_back(
                {{"session", holder.session}, {"authid", holder.authid}, {"role", holder.role}});
        }
        Json object{{"realm", service.realm},
                    {"kind", service.procedure ? "procedure" : "topic"},
                    {"uri", service.uri},
                    {"match", service.match}};
        if (service.procedure) object["invoke"] = service.invoke;
        object["since"] = service.since;
        object["by"] = std::move(by);
        object["sessions"] = service.sessions;
        list.push_back(std::move(object));
    }
    return policy::to_line({{"services", std::move(list)}, {"more", more}}) + "\n";
}

std::optional<std::string> services_text(std::string_view line) {
    const auto json = parsed_answer(line);
    if (!json) return std::nullopt;
    std::vector<Row> rows{{"REALM", "KIND", "URI", "MATCH", "INVOKE", "SINCE", "BY"}};
    for (const Json& service : policy::array_member(*json, "services")) {
        rows.push_back({shown(service, "realm"), shown(service, "kind"), shown(service, "uri"),
                        shown(service, "match"), shown(service, "invoke"),
                        to_seconds(policy::string_member(service, "since")), who_holds(service)});
    }
    std::string text =
        rows.size() == 1 ? "nothing is registered or subscribed to\n" : table_of(rows);
    const std::uint64_t more = policy::unsigned_member(*json, "more");
    if (more > 0) text += "and " + std::to_string(more) + " more\n";
    return text;
}

int print_services(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "services");
    return print_answer(answer, services_text(answer), json);
}

}  // namespace sallyport::gateway
