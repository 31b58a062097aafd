#include "policy/file.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "policy/auth_section.h"
#include "policy/document.h"
#include "policy/nearest.h"
#include "policy/section.h"
#include "policy/units.h"

namespace sallyport::policy {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> file_keys{"realm", "auth",   "route",
                                                    "allow", "forbid", "test"};
constexpr std::array<std::string_view, 5> route_keys{"id", "match", "uri", "to", "realm"};
constexpr std::array<std::string_view, 6> allow_keys{"id",    "roles", "actions",
                                                     "match", "uri",   "limits"};
constexpr std::array<std::string_view, 5> forbid_keys{"id", "roles", "actions", "match", "uri"};
constexpr std::array<std::string_view, 4> limit_keys{"rate", "in_flight", "timeout", "payload"};
constexpr std::array<std::string_view, 8> test_keys{"as",       "call",  "publish", "subscribe",
                                                    "register", "match", "payload", "expect"};
constexpr std::array<std::string_view, 2> as_keys{"authid", "role"};

constexpr std::array<std::string_view, 4> action_names{"call", "register", "subscribe", "publish"};
constexpr std::array<std::string_view, 2> rule_matches{"exact", "prefix"};
constexpr std::array<std::string_view, 3> request_matches{"exact", "prefix", "wildcard"};

constexpr std::uint32_t in_flight_max = 1'000'000;

std::string_view trim_dots(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == '.' || text.back() == '*')) text.remove_suffix(1);
    return text;
}

/// Reads the parts of one policy file; each function takes one table and leaves its errors in
/// `diagnostics_`.
class Reader {
public:
    Reader(PolicyFile& policy, Diagnostics& diagnostics)
        : policy_(policy), diagnostics_(diagnostics) {}

    void file(const Item& root);

private:
    Section section(const Item& table, std::string name, Names keys) {
        return Section(table, std::move(name), keys, policy_.file, diagnostics_);
    }
    void rule(const Item& table, bool allow);
    void route(const Item& table);
    void test(const Item& table);
    void test_request(Section& test, TestText& out);
    void test_expectation(Section& test, TestText& out);

    std::string id(Section& table, std::set<std::string>& taken);
    std::string role(Section& table, std::string_view key);
    std::vector<std::string> roles(Section& rule);
    Actions actions(Section& rule);
    std::optional<wamp::MatchPolicy> match(Section& table, Names known);
    std::vector<PatternText> uris(Section& table, std::optional<wamp::MatchPolicy> match,
                                  bool may_be_all);
    bool is_sound(Section& table, const Item& uri, wamp::MatchPolicy match, bool may_be_all);
    Limits limits(Section& rule, const Actions& actions);
    void refuse_reserved(Section& rule, const RuleText& out);

    PolicyFile& policy_;
    Diagnostics& diagnostics_;
    std::set<std::string> rule_ids_;
    std::set<std::string> route_ids_;
};

void Reader::file(const Item& root) {
    Section file = section(root, "a policy file", file_keys);
    if (const auto realm = file.need_text("realm", "\"name.of.the.realm\"")) {
        policy_.realm = *realm;
        if (!wamp::is_valid_uri(*realm)) {
            file.error(*root.find("realm"), "the realm " + quoted(*realm) + " is no valid URI",
                       "use letters, digits and dots, as in realm = \"observatory\"");
        }
    }
    if (const Item* table =
            file.find("auth", Item::Kind::table, "{ anonymous = { role = \"guest\" } }")) {
        policy_.auth = read_auth(*table, policy_.file, diagnostics_);
    }
    for (const Item* table : file.tables("route")) route(*table);
    for (const Item* table : file.tables("allow")) rule(*table, true);
    for (const Item* table : file.tables("forbid")) rule(*table, false);
    for (const Item* table : file.tables("test")) test(*table);
}

std::string Reader::id(Section& table, std::set<std::string>& taken) {
    const auto text = table.need_text("id", "\"a-name-for-logs\"");
    if (!text) return {};
    const Item& item = *table.find("id");
    if (!is_valid_name(*text)) {
        table.error(item, quoted(*text) + " cannot be an id",
                    "use 1 to 64 letters, digits and any of - _ . @");
    } else if (!taken.insert(*text).second) {
        table.error(item, "the id " + quoted(*text) + " is taken", "give each one its own id");
    }
    return *text;
}

std::string Reader::role(Section& table, std::string_view key) {
    const auto text = table.need_text(key, "\"guest\"");
    if (!text) return {};
    if (!is_valid_name(*text)) {
        table.error(*table.find(key), quoted(*text) + " cannot be a role",
                    *text == "*" ? "name one role here; \"*\" stands for all in the roles of rules"
                                 : "use 1 to 64 letters, digits and any of - _ . @");
    }
    return *text;
}

std::vector<std::string> Reader::roles(Section& rule) {
    std::vector<std::string> out;
    if (rule.need("roles", "[\"guest\"]") == nullptr) return out;
    for (const Item* item : rule.texts("roles", "[\"guest\"]")) {
        if (item->text.find("${") != std::string::npos) {
            rule.error(*item, "placeholders such as ${authrole} are not available in this version",
                       "name the roles");
        } else if (item->text != "*" && !is_valid_name(item->text)) {
            rule.error(*item, quoted(item->text) + " cannot be a role",
                       "use 1 to 64 letters, digits and any of - _ . @, or \"*\" alone for all");
        } else {
            out.push_back(item->text);
        }
    }
    return out;
}

Actions Reader::actions(Section& rule) {
    Actions out;
    if (rule.need("actions", "[\"call\"]") == nullptr) return out;
    for (const Item* item : rule.texts("actions", "[\"call\"]")) {
        if (const auto action = parse_action(item->text)) {
            out.add(*action);
        } else {
            rule.error(*item, "unknown action " + quoted(item->text),
                       suggestion(item->text, action_names, "actions"));
        }
    }
    return out;
}

std::optional<wamp::MatchPolicy> Reader::match(Section& table, Names known) {
    const auto text = table.text("match", "\"exact\"");
    if (!text || *text == "exact") return wamp::MatchPolicy::exact;
    if (*text == "prefix") return wamp::MatchPolicy::prefix;
    const Item& item = *table.find("match");
    const bool knows_wildcard = known.size() == request_matches.size();
    if (*text == "wildcard" && knows_wildcard) return wamp::MatchPolicy::wildcard;
    if (*text == "wildcard") {
        table.error(item,
                    "wildcard patterns in " + table.name() + " are not available in this version",
                    "use match = \"prefix\", or list the URIs");
    } else {
        table.error(item, "unknown match " + quoted(*text),
                    suggestion(*text, known, "kinds of match"));
    }
    return std::nullopt;
}

std::vector<PatternText> Reader::uris(Section& table, std::optional<wamp::MatchPolicy> match,
                                      bool may_be_all) {
    std::vector<PatternText> out;
    const std::string_view example =
        match == wamp::MatchPolicy::prefix ? "\"com.app.\"" : "\"com.app.name\"";
    if (table.need("uri", example) == nullptr) return out;
    for (const Item* item : table.texts("uri", example)) {
        // Without the kind of match nothing can be said about it.
        if (!match || !is_sound(table, *item, *match, may_be_all)) continue;
        const auto same = [item](const PatternText& other) { return other.text == item->text; };
        if (std::any_of(out.begin(), out.end(), same)) {
            table.error(*item, quoted(item->text) + " stands twice in one list",
                        "remove one of the two");
            continue;
        }
        out.push_back({item->text, table.place(*item)});
    }
    return out;
}

bool Reader::is_sound(Section& table, const Item& uri, wamp::MatchPolicy match, bool may_be_all) {
    const std::string_view text = uri.text;
    const std::string_view body = trim_dots(text);
    const bool prefix = match == wamp::MatchPolicy::prefix;
    if (prefix && may_be_all && text.empty()) return true;
    if (text.find("${") != std::string_view::npos) {
        table.error(uri, "placeholders such as ${authid} are not available in this version",
                    "write the URI out");
    } else if (text.size() > wamp::uri_bytes_max) {
        table.error(uri, "the URI is longer than 1024 bytes", "no client can use it: shorten it");
    } else if (text.find('*') != std::string_view::npos) {
        // Legal in a URI, and never what was meant.
        table.error(
            uri, "\"*\" is not a wildcard in a URI",
            wamp::is_valid_uri(body) && body.find('*') == std::string_view::npos
                ? "for all below it write match = \"prefix\" and " + quoted(std::string(body) + ".")
                : "list the URIs, or use match = \"prefix\"");
    } else if (prefix && !text.ends_with('.')) {
        table.error(uri, "the prefix " + quoted(text) + " does not end on a component boundary",
                    wamp::is_valid_uri(text) ? "write " + quoted(std::string(text) + ".")
                                             : "end it with a dot, as in \"com.app.\"");
    } else if (!prefix && text.ends_with('.') && wamp::is_valid_uri(body)) {
        table.error(uri, quoted(text) + " names nothing: it ends with a dot",
                    "add match = \"prefix\" for all below it, or write " + quoted(body));
    } else if (!wamp::is_valid_uri(prefix ? text.substr(0, text.size() - 1) : text)) {
        table.error(
            uri, quoted(text) + " is no valid URI",
            "components are separated by single dots and hold no space, '#' or control character");
    } else {
        return true;
    }
    return false;
}

void Reader::refuse_reserved(Section& rule, const RuleText& out) {
    if (!out.allow || !(out.actions.has(Action::publish) || out.actions.has(Action::register_)))
        return;
    for (const PatternText& uri : out.uris) {
        if (!wamp::is_reserved(uri.text)) continue;
        diagnostics_.push_back(
            {uri.place, "nobody may publish or register below \"wamp.\" (" + rule.name() + ")",
             "leave \"publish\" and \"register\" out of its actions"});
    }
}

void Reader::rule(const Item& table, bool allow) {
    Section rule =
        section(table, allow ? "[[allow]]" : "[[forbid]]", allow ? Names(allow_keys) : forbid_keys);
    RuleText out;
    out.place = rule.place();
    out.allow = allow;
    out.id = id(rule, rule_ids_);
    out.roles = roles(rule);
    out.actions = actions(rule);
    const auto kind = match(rule, rule_matches);
    out.match = kind.value_or(wamp::MatchPolicy::exact);
    out.uris = uris(rule, kind, false);
    if (allow) out.limits = limits(rule, out.actions);
    refuse_reserved(rule, out);
    policy_.rules.push_back(std::move(out));
}

Limits Reader::limits(Section& rule, const Actions& actions) {
    Limits out;
    const Item* table =
        rule.find("limits", Item::Kind::table, "{ rate = \"20/s\", timeout = \"10s\" }");
    if (table == nullptr) return out;
    Section limits = section(*table, "limits", limit_keys);
    if (const auto text = limits.text("rate", "\"20/s\"")) {
        if (const auto rate = parse_rate(*text)) {
            out.rate_per_s = *rate;
        } else {
            limits.error(*table->find("rate"), quoted(*text) + " is no rate",
                         "write a number per second, minute or hour: \"20/s\", \"5/m\", \"100/h\"");
        }
    }
    if (const Item* item = limits.find("in_flight", Item::Kind::integer, "8")) {
        if (item->integer >= 1 && item->integer <= in_flight_max) {
            out.in_flight = static_cast<std::uint32_t>(item->integer);
        } else {
            limits.error(*item, "\"in_flight\" is out of range",
                         "write a number from 1 to 1000000");
        }
    }
    if (const auto text = limits.text("timeout", "\"10s\"")) {
        if (const auto timeout = parse_duration(*text)) {
            out.timeout = *timeout;
        } else {
            limits.error(*table->find("timeout"), quoted(*text) + " is no duration",
                         "write \"250ms\", \"10s\", \"2m\" or \"1h\"; at most 30 days");
        }
    }
    if (const Item* item = table->find("payload")) {
        const auto bytes = item->kind == Item::Kind::text ? parse_bytes(item->text)
                           : item->kind == Item::Kind::integer && item->integer > 0
                               ? std::optional(static_cast<std::uint64_t>(item->integer))
                               : std::nullopt;
        if (!bytes) {
            limits.error(*item, "\"payload\" is no size",
                         "write \"64KiB\", \"1MiB\" or a number of bytes");
        }
        out.payload_bytes = bytes.value_or(0);
    }
    const bool calls = actions.empty() || actions.has(Action::call);
    for (const std::string_view key : {"in_flight", "timeout"}) {
        const Item* item = table->find(key);
        if (calls || item == nullptr) continue;
        limits.error_at_key(*item, quoted(key) + " bounds calls, and the rule allows none",
                            "remove it, or add \"call\" to the actions");
    }
    return out;
}

void Reader::route(const Item& table) {
    Section route = section(table, "[[route]]", route_keys);
    RouteText out;
    out.place = route.place();
    out.id = id(route, route_ids_);
    const auto kind = match(route, rule_matches);
    out.match = kind.value_or(wamp::MatchPolicy::exact);
    out.uris = uris(route, kind, true);
    if (const auto backend = route.need_text("to", "\"inside\"")) {
        out.backend = *backend;
        out.backend_place = route.place(*table.find("to"));
    }
    if (const auto realm = route.text("realm", "\"realm.on.the.backend\"")) {
        out.realm = *realm;
        if (!wamp::is_valid_uri(*realm)) {
            route.error(*table.find("realm"), "the realm " + quoted(*realm) + " is no valid URI",
                        "use letters, digits and dots");
        }
    }
    policy_.routes.push_back(std::move(out));
}

void Reader::test(const Item& table) {
    Section test = section(table, "[[test]]", test_keys);
    TestText out;
    out.place = test.place();
    constexpr std::string_view as_example = "{ authid = \"alice\", role = \"operator\" }";
    if (test.need("as", as_example) != nullptr) {
        if (const Item* item = test.find("as", Item::Kind::table, as_example)) {
            Section as = section(*item, "as", as_keys);
            out.authid = as.text("authid", "\"alice\"").value_or("");
            out.role = role(as, "role");
        }
    }
    test_request(test, out);
    test_expectation(test, out);
    policy_.tests.push_back(std::move(out));
}

void Reader::test_request(Section& test, TestText& out) {
    const Item* asked = nullptr;
    for (const std::string_view name : action_names) {
        const Item* item = test.find(name);
        if (item == nullptr) continue;
        if (asked != nullptr) {
            test.error_at_key(*item, "a test asks for one thing, and this one for two",
                              "write a second [[test]]");
            continue;
        }
        asked = item;
        out.action = *parse_action(name);
        out.uri = test.text(name, "\"com.app.name\"").value_or("");
    }
    const auto kind = match(test, request_matches);
    out.match = kind.value_or(wamp::MatchPolicy::exact);
    const bool pattern = out.action == Action::subscribe || out.action == Action::register_;
    if (asked == nullptr) {
        test.error("[[test]] asks for nothing",
                   "add call, publish, subscribe or register = \"com.app.name\"");
        return;
    }
    if (out.match != wamp::MatchPolicy::exact && !pattern) {
        test.error(*test.find("match"), "only subscribe and register take a pattern",
                   "remove the line");
    }
    if (kind && asked->kind == Item::Kind::text && !wamp::is_valid_pattern(out.uri, out.match)) {
        test.error(
            *asked, quoted(out.uri) + " is no valid URI for this match",
            "components are separated by single dots and hold no space, '#' or control character");
    }
    if (const Item* item = test.find("payload")) {
        const auto bytes = item->kind == Item::Kind::text ? parse_bytes(item->text) : std::nullopt;
        if (item->kind == Item::Kind::integer && item->integer >= 0) {
            out.payload_bytes = static_cast<std::size_t>(item->integer);
        } else if (bytes) {
            out.payload_bytes = static_cast<std::size_t>(*bytes);
        } else {
            test.error(*item, "\"payload\" is no size",
                       "write \"64KiB\", \"1MiB\" or a number of bytes");
        }
    }
}

void Reader::test_expectation(Section& test, TestText& out) {
    constexpr std::string_view example =
        "\"allow\", \"allow RULE-ID\", \"deny\" or \"forbid RULE-ID\"";
    const auto text = test.need_text("expect", "\"allow\"");
    if (!text) return;
    const Item& item = *test.find("expect");
    out.expect_place = test.place(item);
    const std::size_t space = text->find(' ');
    const std::string_view word = std::string_view(*text).substr(0, space);
    if (space != std::string::npos) out.rule = text->substr(space + 1);
    if (word == "allow" && (space == std::string::npos || is_valid_name(out.rule))) {
        out.expect = TestText::Expect::allow;
    } else if (word == "forbid" && is_valid_name(out.rule)) {
        out.expect = TestText::Expect::forbid;
    } else if (*text == "deny") {
        out.expect = TestText::Expect::deny;
    } else {
        test.error(item, quoted(*text) + " is no expectation", "write " + std::string(example));
    }
}

}  // namespace

std::optional<Action> parse_action(std::string_view name) noexcept {
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        if (name == to_string(action)) return action;
    }
    return std::nullopt;
}

bool is_valid_name(std::string_view name) noexcept {
    constexpr std::string_view marks = "-_.@";
    if (name.empty() || name.size() > id_bytes_max) return false;
    return std::all_of(name.begin(), name.end(), [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

PolicyFile parse_policy(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
    PolicyFile policy;
    policy.file = file;
    const auto root = parse_document(text, file);
    if (root) {
        Reader(policy, diagnostics).file(*root);
    } else {
        policy.is_toml = false;
        diagnostics.push_back(root.error());
    }
    return policy;
}

}  // namespace sallyport::policy
