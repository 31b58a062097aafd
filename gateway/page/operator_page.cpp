#include "gateway/page/operator_page.h"

#include <array>
#include <initializer_list>
#include <utility>

#include "gateway/page/html.h"
#include "gateway/page/path_picture.h"
#include "policy/tools/json.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr std::size_t depth_max = 8;
constexpr std::string_view start =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<link rel=\"stylesheet\" href=\"/page.css\">\n<title>";

Json parsed(const std::string& text) {
    return policy::parse_json(text, depth_max).value_or(Json::object());
}

std::string number(const Json& object, std::string_view key) {
    return std::to_string(policy::unsigned_member(object, key));
}

std::string text(const Json& object, std::string_view key) {
    return isolated(policy::string_member(object, key));
}

/// To the second.
std::string time_of(const std::string& rfc3339) {
    const auto point = rfc3339.find('.');
    return point == std::string::npos ? rfc3339 : rfc3339.substr(0, point) + "Z";
}

std::string section(std::string_view id, std::string_view title, const std::string& body) {
    std::string html = "<section id=\"";
    html.append(id).append("\" aria-labelledby=\"").append(id).append("-title\">\n<h2 id=\"");
    html.append(id).append("-title\">").append(title).append("</h2>\n");
    return html + body + "</section>\n";
}

/// The keyboard has to reach what scrolls.
std::string table(std::string_view label, std::initializer_list<std::string_view> columns,
                  const std::string& rows) {
    std::string html = "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"";
    html.append(label).append("\">\n<table>\n<thead><tr>");
    for (const std::string_view column : columns)
        html.append("<th scope=\"col\">").append(column).append("</th>");
    return html + "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table>\n</div>\n";
}

std::string cell(const std::string& html) {
    return "<td>" + html + "</td>";
}

std::string number_cell(const std::string& html) {
    return "<td class=\"number\">" + html + "</td>";
}

std::string entry(std::string_view name, const std::string& html) {
    return "<dt>" + std::string(name) + "</dt><dd>" + html + "</dd>\n";
}

std::string mib(std::uint64_t bytes) {
    constexpr std::uint64_t whole = std::uint64_t{1} << 20;
    return std::to_string(bytes / whole) + "." + std::to_string(bytes % whole * 10 / whole) +
           " MiB";
}

std::string form(const PageContent& content,
                 const std::vector<std::pair<std::string, std::string>>& fields,
                 const std::string& button) {
    std::string html = "<form method=\"post\" action=\"/act\">";
    const auto add = [&html](const std::string& name, const std::string& value) {
        html += "<input type=\"hidden\" name=\"" + name + "\" value=\"" + escaped(value) + "\">";
    };
    add("form_token", content.form_token);
    for (const auto& [name, value] : fields) add(name, value);
    return html + "<button>" + escaped(button) + "</button></form>";
}

std::string verdict(const PageContent& content, const std::vector<Fault>& faults) {
    if (faults.empty()) return "<h1 class=\"good\">All is well</h1>\n";
    std::string html = "<h1 class=\"bad\">Not all is well</h1>\n<ul>\n";
    for (const Fault& fault : faults)
        html += "<li><strong>" + escaped(fault.text) + "</strong><br>" + escaped(fault.cure) +
                "</li>\n";
    html += "</ul>\n";
    if (!content.unanswered.empty()) html += "<pre>" + escaped(content.unanswered) + "</pre>\n";
    return html;
}

/// How near a limit is.
std::string share(const std::string& name, std::uint64_t used, std::uint64_t most,
                  const std::string& told) {
    if (most == 0) return told;
    const std::uint64_t percent = used >= most ? 100 : used * 100 / most;
    return told + " (" + std::to_string(percent) + "%)<meter aria-label=\"" + name +
           "\" max=\"100\" high=\"80\" optimum=\"0\" value=\"" + std::to_string(percent) +
           "\"></meter>";
}

std::string limits(const Json& status, const Json& front) {
    const Json* const found = policy::object_member(status, "limits");
    const Json& most = found ? *found : front;
    const std::uint64_t connections = policy::unsigned_member(front, "connections");
    const std::uint64_t sessions_max = found ? policy::unsigned_member(most, "sessions") : 0;
    std::string html = entry(
        "Connections", share("Connections", connections, sessions_max,
                             std::to_string(connections) +
                                 (sessions_max ? " of " + std::to_string(sessions_max) : "")));
    if (const Json* memory = policy::object_member(front, "memory")) {
        const std::uint64_t used = policy::unsigned_member(*memory, "used");
        const std::uint64_t memory_max = found ? policy::unsigned_member(most, "memory") : 0;
        html += entry("Memory", share("Memory", used, memory_max,
                                      mib(used) + (memory_max ? " of " + mib(memory_max) : "")));
        html += entry("Most memory so far", mib(policy::unsigned_member(*memory, "peak")) + "; " +
                                                number(*memory, "closed") +
                                                " connections closed for want of it");
    }
    if (found) {
        html +=
            entry("One message", "at most " + mib(policy::unsigned_member(most, "message_bytes")));
        html += entry("One queue", "at most " + mib(policy::unsigned_member(most, "queue_bytes")));
    }
    return section("limits", "Limits", "<dl>\n" + html + "</dl>\n");
}

std::string program(const Json& status, const Json& front) {
    std::string html = entry("Program", text(status, "program") + " " + text(status, "version"));
    const std::string started = policy::string_member(status, "started");
    html += entry("Running since", isolated(time_of(started)));
    if (const Json* onion = policy::object_member(status, "onion")) {
        html += entry("Tor", text(*onion, "mode"));
        if (policy::string_member(*onion, "mode") == "managed") {
            html += entry("Onion address", text(*onion, "address"));
            html +=
                entry("Bootstrap", number(*onion, "bootstrap") + "% " + text(*onion, "summary"));
            html +=
                entry("Reachable", policy::bool_member(*onion, "reachable") ? "yes" : "not yet");
            if (!policy::string_member(*onion, "warning").empty())
                html += entry("Warning of tor", text(*onion, "warning"));
        }
    }
    if (const Json* decisions = policy::object_member(front, "decisions"))
        html += entry("Decisions", number(*decisions, "allowed") + " allowed, " +
                                       number(*decisions, "denied") + " denied, " +
                                       number(*decisions, "limited") + " over a limit; " +
                                       number(*decisions, "joined") + " joined, " +
                                       number(*decisions, "join_refused") + " refused to join");
    if (const Json* authenticator = policy::object_member(front, "authenticator"))
        html += entry("Authenticator",
                      policy::bool_member(*authenticator, "running") ? "running" : "not running");
    if (const Json* sandbox = policy::object_member(status, "sandbox"))
        html += entry("Sandbox", text(*sandbox, "summary"));
    return section("program", "Program and Tor", "<dl>\n" + html + "</dl>\n");
}

std::string link_row(const PageContent& content, const Json& link, bool may_drain) {
    const bool up = policy::bool_member(link, "up");
    const bool drained = policy::bool_member(link, "drained");
    const std::string name = policy::string_member(link, "name");
    const auto round_trip = policy::unsigned_member(link, "round_trip_us");
    std::string html = "<tr><th scope=\"row\">" + isolated(name) + "</th>" +
                       cell(std::string("<span class=\"") + (up ? "good\">up" : "bad\">down") +
                            "</span>" + (drained ? ", drained" : "")) +
                       cell(escaped(time_of(policy::string_member(link, "since"))));
    for (const char* const key : {"calls", "subscriptions", "registrations", "held"})
        html += number_cell(number(link, key));
    html += number_cell(round_trip == 0 ? "–" : std::to_string(round_trip) + " µs");
    html += "<td class=\"long\">" + text(link, "reason") + "</td>";
    if (may_drain)
        html += cell(form(content, {{"act", drained ? "undrain" : "drain"}, {"name", name}},
                          (drained ? "Undrain " : "Drain ") + name));
    return html + "</tr>\n";
}

std::string links(const PageContent& content, const Json& status, const Json& front) {
    // An inside has no other way for its requests.
    const bool may_drain = content.may_act && policy::string_member(status, "program") == "gateway";
    std::string rows;
    for (const Json& link : policy::array_member(front, "links"))
        rows += link_row(content, link, may_drain);
    if (rows.empty()) return section("links", "Links", "<p>There is no link.</p>\n");
    constexpr std::string_view label = "Table of links";
    return section("links", "Links",
                   may_drain ? table(label,
                                     {"Link", "State", "Since", "Calls", "Subscriptions",
                                      "Registrations", "Held", "Round trip", "Reason", "Act"},
                                     rows)
                             : table(label,
                                     {"Link", "State", "Since", "Calls", "Subscriptions",
                                      "Registrations", "Held", "Round trip", "Reason"},
                                     rows));
}

/// The buttons of a session. Links are sessions of an inside, too, and cannot be ended.
std::string session_acts(const PageContent& content, const Json& session, bool has_tor) {
    if (policy::string_member(session, "method") == "link") return cell("");
    const std::string id = number(session, "session");
    const std::string circuit = number(session, "circuit");
    std::string html = form(content, {{"act", "kick"}, {"name", id}}, "End session " + id);
    if (has_tor && circuit != "0")
        html += form(content, {{"act", "close"}, {"name", circuit}}, "Close circuit " + circuit);
    return cell(html);
}

std::string sessions(const PageContent& content, const Json& status) {
    const Json json = parsed(content.sessions);
    const Json* const onion = policy::object_member(status, "onion");
    const bool has_tor = onion && policy::string_member(*onion, "mode") == "managed";
    std::string rows;
    for (const Json& session : policy::array_member(json, "sessions")) {
        const std::uint64_t circuit = policy::unsigned_member(session, "circuit");
        rows += "<tr><th scope=\"row\">" + text(session, "authid") + "</th>";
        for (const char* const key : {"role", "realm", "method"}) rows += cell(text(session, key));
        rows += number_cell(circuit == 0 ? "–" : std::to_string(circuit)) +
                number_cell(number(session, "session"));
        if (content.may_act) rows += session_acts(content, session, has_tor);
        rows += "</tr>\n";
    }
    constexpr std::string_view label = "Table of sessions";
    std::string html =
        rows.empty() ? "<p>Nobody is connected.</p>\n"
        : content.may_act
            ? table(label, {"Authid", "Role", "Realm", "Method", "Circuit", "Session", "Act"}, rows)
            : table(label, {"Authid", "Role", "Realm", "Method", "Circuit", "Session"}, rows);
    if (const auto more = policy::unsigned_member(json, "more"); more > 0)
        html += "<p>And " + std::to_string(more) + " more.</p>\n";
    return section("sessions", "Who is connected", html);
}

std::string denied(const PageContent& content) {
    std::string rows;
    for (const auto& [requests, explain] : content.denied) {
        rows += "<tr>" + number_cell(std::to_string(requests.count)) +
                cell(escaped(requests.action)) + "<td class=\"long\">" + isolated(requests.uri) +
                "</td>" +
                cell((requests.authid.empty() ? "anybody" : isolated(requests.authid)) + " (" +
                     isolated(requests.role) + ")") +
                cell(escaped(time_of(requests.last))) +
                cell(escaped(requests.reason.empty() ? requests.outcome : requests.reason)) +
                cell(requests.rule.empty()
                         ? "no rule allows it"
                         : isolated(requests.rule) + " at " + isolated(requests.file) + ":" +
                               std::to_string(requests.line)) +
                "<td class=\"long\"><code>" + escaped(explain) + "</code></td></tr>\n";
    }
    if (rows.empty())
        return section("denied", "Denied lately",
                       content.no_records.empty() ? "<p>Nothing was denied.</p>\n"
                                                  : "<p>" + escaped(content.no_records) + "</p>\n");
    return section(
        "denied", "Denied lately",
        table("Table of denials",
              {"Times", "Action", "URI", "By", "Last", "Reason", "Rule", "To explain"}, rows));
}

std::string policies(const PageContent& content, const Json& status) {
    std::string rows;
    const std::string reloaded = policy::string_member(status, "reloaded");
    const std::string since =
        time_of(reloaded.empty() ? policy::string_member(status, "started") : reloaded);
    constexpr std::size_t digits = 12;
    for (const Json& realm : policy::array_member(status, "realms"))
        rows += "<tr><th scope=\"row\">" + text(realm, "name") + "</th>" +
                cell("<code>" + escaped(policy::string_member(realm, "policy").substr(0, digits)) +
                     "</code>") +
                cell(escaped(since)) + "</tr>\n";
    std::string html = table("Table of policies", {"Realm", "Running version", "Since"}, rows);
    if (!content.has_previous) {
        html += "<p>There is no previous version.</p>\n";
    } else if (content.policies.empty()) {
        html += "<p>The policies of the previous version are the same.</p>\n";
    }
    for (const PageContent::Policy& policy : content.policies)
        html += "<h3>From the previous version of " + isolated(policy.file) +
                " to the running one</h3>\n<pre>" + escaped(policy.difference) + "</pre>\n";
    if (content.may_act) {
        html += form(content, {{"act", "reload"}}, "Reload the policy files");
        if (content.has_previous)
            html += form(content, {{"act", "rollback"}}, "Return to the previous version");
    }
    return section("policy", "Policy", html);
}

std::string people(const PageContent& content) {
    if (!content.may_act || content.files.empty()) return {};
    std::string html =
        "<form method=\"post\" action=\"/act\"><input type=\"hidden\" name=\"act\" "
        "value=\"disable\"><input type=\"hidden\" name=\"form_token\" value=\"" +
        escaped(content.form_token) +
        "\"><p><label>Authid <input name=\"name\" required autocomplete=\"off\"></label></p>\n"
        "<p><label>Principals file <select name=\"file\">";
    for (const std::string& file : content.files) html += "<option>" + escaped(file) + "</option>";
    return section("people", "Disable a principal",
                   html +
                       "</select></label></p>\n<p>The policy files are reloaded, with all other "
                       "changes in them.</p>\n<button>Disable, and reload</button></form>\n");
}

std::string records(const PageContent& content, const Json& status) {
    std::string html;
    if (const Json* audit = policy::object_member(status, "audit")) {
        html += "<p>" + number(*audit, "written") + " written, " + number(*audit, "dropped") +
                " dropped, " + number(*audit, "waiting") + " waiting";
        const std::string error = policy::string_member(*audit, "error");
        html +=
            error.empty() ? "</p>\n" : ": <span class=\"bad\">" + escaped(error) + "</span></p>\n";
    }
    if (!content.no_records.empty()) {
        html += "<p>" + escaped(content.no_records) + "</p>\n";
    } else if (content.records.empty()) {
        html += "<p>It has no records yet.</p>\n";
    } else {
        html += "<ol reversed>\n";
        for (const std::string& record : content.records)
            html += "<li>" + isolated(record) + "</li>\n";
        html += "</ol>\n";
    }
    return section("audit", "Audit log, the newest first", html);
}

std::string contents(const PageContent& content) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> places{
        {{"path", "Path"},
         {"program", "Program"},
         {"limits", "Limits"},
         {"links", "Links"},
         {"sessions", "Connected"},
         {"denied", "Denied"},
         {"policy", "Policy"},
         {"people", "Disable"},
         {"audit", "Audit"}}};
    std::string html = "<nav aria-label=\"Sections\"><ul>\n";
    for (const auto& [id, name] : places) {
        if (id == "people" && (!content.may_act || content.files.empty())) continue;
        html.append("<li><a href=\"#").append(id).append("\">").append(name).append("</a></li>\n");
    }
    return html + "<li><a href=\"/\">Read again</a></li>\n</ul></nav>\n";
}

}  // namespace

std::string operator_page(const PageContent& content) {
    const Json status = parsed(content.status);
    const Json none = Json::object();
    const Json* const found = policy::object_member(status, "front");
    const Json& front = found ? *found : none;
    const std::vector<Fault> faults = faults_in(content.status);
    std::string html(start);
    html += std::string(faults.empty() ? "All is well" : "Not all is well") +
            " – sallyport</title>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the "
            "content</a>\n<header>\n" +
            verdict(content, faults) + "<p class=\"faint\">As of " +
            escaped(time_of(content.read_at)) + ".</p>\n" + contents(content);
    if (!content.notice.empty())
        html += "<p class=\"notice\" role=\"status\">" + escaped(content.notice) + "</p>\n";
    html += "</header>\n<main id=\"main\">\n" +
            section("path", "The way of a call", path_picture(status)) + program(status, front) +
            limits(status, front) + links(content, status, front) + sessions(content, status) +
            denied(content) + policies(content, status) + people(content) +
            records(content, status) + "</main>\n</body>\n</html>\n";
    return html;
}

std::string short_page(const std::string& title, const std::string& text) {
    return std::string(start) + escaped(title) + "</title>\n</head>\n<body>\n<main>\n<h1>" +
           escaped(title) + "</h1>\n<p>" + escaped(text) + "</p>\n</main>\n</body>\n</html>\n";
}

}  // namespace sallyport::gateway
