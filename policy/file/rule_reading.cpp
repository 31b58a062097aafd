#include <algorithm>
#include <array>
#include <utility>

#include "policy/document/names.h"
#include "policy/document/nearest.h"
#include "policy/document/units.h"
#include "policy/file/reading.h"

namespace sallyport::policy {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 13> allow_keys{
    "id",     "roles",  "actions", "match",   "uri", "where", "payload",
    "limits", "grants", "shadow",  "deliver", "key", "rate"};
constexpr std::array<std::string_view, 8> forbid_keys{"id",  "roles", "actions", "match",
                                                      "uri", "where", "payload", "shadow"};
constexpr std::array<std::string_view, 6> limit_keys{"rate",    "in_flight", "timeout",
                                                     "payload", "authid",    "circuit"};
constexpr std::array<std::string_view, 2> scope_keys{"rate", "in_flight"};
constexpr std::array<std::string_view, 3> payload_names{"readable", "opaque", "any"};
constexpr std::array<std::string_view, grant_count> grant_names{
    "disclose_me", "meta", "testaments", "retain", "history", "force_reregister", "diagnose"};

constexpr std::uint32_t in_flight_max = 1'000'000;

std::vector<std::string> read_roles(Section& rule) {
    std::vector<std::string> out;
    if (rule.need("roles", "[\"guest\"]") == nullptr) return out;
    for (const Item* item : rule.texts("roles", "[\"guest\"]")) {
        if (item->text.find("${") != std::string::npos) {
            rule.error(*item, "a placeholder cannot be a role", "name the roles");
        } else if (item->text != "*" && !is_valid_name(item->text)) {
            rule.error(*item, quoted(item->text) + " cannot be a role",
                       "use 1 to 64 letters, digits and any of - _ . @, or \"*\" alone for all");
        } else {
            out.push_back(item->text);
        }
    }
    return out;
}

Actions read_actions(Section& rule) {
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

void refuse_reserved(const Section& rule, const RuleText& out, Diagnostics& diagnostics) {
    if (!out.allow || !(out.actions.has(Action::publish) || out.actions.has(Action::register_)))
        return;
    for (const PatternText& uri : out.uris) {
        if (!wamp::is_reserved(uri.text)) continue;
        diagnostics.push_back(
            {uri.place, "no client may publish or register below \"wamp.\" (" + rule.name() + ")",
             "remove \"publish\" and \"register\" from its actions"});
    }
}

std::uint32_t read_in_flight(Section& limits) {
    const Item* item = limits.find("in_flight", Item::Kind::integer, "8");
    if (item == nullptr) return 0;
    if (item->integer >= 1 && item->integer <= in_flight_max) {
        return static_cast<std::uint32_t>(item->integer);
    }
    limits.error(*item, "\"in_flight\" is out of range", "write a number from 1 to 1000000");
    return 0;
}

/// Reads `limits` of a rule with those actions.
class LimitsReader {
public:
    LimitsReader(const Actions& actions, const std::string& file, Diagnostics& diagnostics)
        : calls_(actions.empty() || actions.has(Action::call)),
          file_(file),
          diagnostics_(diagnostics) {}

    Limits limits(const Item& table) {
        Limits out;
        Section section(table, "limits", limit_keys, file_, diagnostics_);
        out.rate_per_s = read_rate(section);
        out.in_flight = read_in_flight(section);
        if (const auto text = section.text("timeout", "\"10s\"")) {
            if (const auto timeout = parse_duration(*text)) {
                out.timeout = *timeout;
            } else {
                section.error(*table.find("timeout"), quoted(*text) + " is not a valid duration",
                              "write \"250ms\", \"10s\", \"2m\" or \"1h\"; at most 30 days");
            }
        }
        out.payload_bytes = read_bytes(section, "payload", 1).value_or(0);
        out.authid = scope(section, "authid");
        out.circuit = scope(section, "circuit");
        for (const std::string_view key : {"in_flight", "timeout"}) refuse_unused(section, key);
        return out;
    }

private:
    ScopeLimits scope(Section& limits, std::string_view name) {
        const Item* table = limits.find(name, Item::Kind::table, "{ rate = \"20/s\" }");
        if (table == nullptr) return {};
        Section section(*table, std::string(name), scope_keys, file_, diagnostics_);
        if (table->items.empty()) {
            section.error(*table, quoted(name) + " sets no limit",
                          "write " + std::string(name) + " = { rate = \"20/s\", in_flight = 8 }");
        }
        const ScopeLimits out{read_rate(section), read_in_flight(section)};
        refuse_unused(section, "in_flight");
        return out;
    }

    void refuse_unused(Section& section, std::string_view key) {
        const Item* item = section.find(key);
        if (calls_ || item == nullptr) return;
        section.error_at_key(*item,
                             quoted(key) + " limits calls, and the rule does not allow calls",
                             "remove it, or add \"call\" to the actions");
    }

    bool calls_;
    const std::string& file_;
    Diagnostics& diagnostics_;
};

Grants read_grants(Section& rule) {
    Grants out;
    for (const Item* item : rule.texts("grants", "[\"disclose_me\"]")) {
        if (const auto grant = parse_grant(item->text)) {
            out.add(*grant);
        } else {
            rule.error(*item, "unknown grant " + quoted(item->text),
                       suggestion(item->text, grant_names, "grants"));
        }
    }
    return out;
}

bool has_payload(const Actions& actions) noexcept {
    return actions.has(Action::call) || actions.has(Action::publish);
}

PayloadMode read_payload_mode(Section& rule, const RuleText& out) {
    const PayloadMode otherwise = out.allow ? PayloadMode::readable : PayloadMode::any;
    const auto text = rule.text("payload", "\"opaque\"");
    if (!text) return otherwise;
    const Item& item = *rule.find("payload");
    if (!out.actions.empty() && !has_payload(out.actions)) {
        rule.error_at_key(
            item,
            "\"payload\" is only for calls and publications, and " + rule.name() + " has neither",
            "remove it, or add \"call\" or \"publish\" to the actions");
    }
    if (*text == "readable") return PayloadMode::readable;
    if (*text == "opaque") return PayloadMode::opaque;
    if (*text == "any") return PayloadMode::any;
    rule.error(item, "unknown payload " + quoted(*text),
               suggestion(*text, payload_names, "kinds of payload"));
    return otherwise;
}

std::vector<Condition> read_where(Section& rule, const RuleText& out, const std::string& file,
                                  Diagnostics& diagnostics) {
    std::vector<Condition> conditions;
    const Item* where = rule.find("where", Item::Kind::list, "[{ arg = 0, type = \"integer\" }]");
    if (where == nullptr) return conditions;
    const bool bare = out.actions.has(Action::subscribe) || out.actions.has(Action::register_);
    if (bare) {
        rule.error_at_key(*where, "subscriptions and registrations have no arguments",
                          "write a separate rule for \"subscribe\" and \"register\"");
    }
    if (where->items.empty()) {
        rule.error(*where, "\"where\" is an empty list", "remove it, or write a condition");
    }
    if (out.payload == PayloadMode::opaque && out.allow) {
        rule.error_at_key(*where, "conditions on a payload that cannot be read never hold",
                          "remove \"where\", or payload = \"opaque\"");
    }
    for (const Item& item : where->items) {
        if (item.kind != Item::Kind::table) {
            rule.error(item,
                       "an element of \"where\" is " + std::string(to_string(item.kind)) +
                           ", expected a table",
                       "write { arg = 0, type = \"integer\" }");
        } else if (auto condition = read_condition(item, file, diagnostics)) {
            conditions.push_back(*std::move(condition));
        }
    }
    return conditions;
}

}  // namespace

RuleText read_rule(const Item& table, bool allow, std::set<std::string>& ids,
                   const std::string& file, Diagnostics& diagnostics) {
    Section rule(table, allow ? "[[allow]]" : "[[forbid]]",
                 allow ? Names(allow_keys) : Names(forbid_keys), file, diagnostics);
    RuleText out;
    out.place = rule.place();
    out.allow = allow;
    out.id = read_id(rule, ids);
    out.roles = read_roles(rule);
    out.actions = read_actions(rule);
    const auto match = read_match(rule);
    out.match = match.value_or(wamp::MatchPolicy::exact);
    out.uris = read_uris(rule, match, Placeholders::allowed);
    out.payload = read_payload_mode(rule, out);
    out.where = read_where(rule, out, file, diagnostics);
    out.shadow = rule.boolean("shadow").value_or(false);
    if (allow) {
        const Item* limits =
            rule.find("limits", Item::Kind::table, "{ rate = \"20/s\", timeout = \"10s\" }");
        if (limits != nullptr)
            out.limits = LimitsReader(out.actions, file, diagnostics).limits(*limits);
        out.grants = read_grants(rule);
        if (out.actions.empty() || out.actions.has(Action::subscribe)) {
            out.delivery = read_delivery(rule, file, diagnostics).value_or(EventDelivery{});
        } else {
            refuse_delivery(rule, "is for subscriptions, and the rule does not allow subscribe",
                            "remove it, or add \"subscribe\" to the actions");
        }
    }
    refuse_reserved(rule, out, diagnostics);
    return out;
}

}  // namespace sallyport::policy
