#include "policy/auth/auth_section.h"

#include <array>
#include <string_view>

#include "policy/document/names.h"
#include "policy/document/nearest.h"
#include "policy/document/section.h"
#include "policy/document/units.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 5> auth_keys{"anonymous", "principals", "methods",
                                                    "failures", "dynamic"};
constexpr std::array<std::string_view, 1> anonymous_keys{"role"};
constexpr std::array<std::string_view, 2> failure_keys{"per_circuit", "window"};
constexpr std::array<std::string_view, 3> dynamic_keys{"procedure", "timeout", "methods"};

constexpr std::array<std::string_view, 5> secret_names{"ticket", "wampcra", "wamp-scram", "scram",
                                                       "cryptosign"};
constexpr std::array<std::string_view, 6> method_names{"anonymous",  "ticket", "wampcra",
                                                       "wamp-scram", "scram",  "cryptosign"};
constexpr std::uint32_t failures_max = 1'000'000;

std::string read_role(Section& section, const Item& table) {
    const auto text = section.need_text("role", "\"guest\"");
    if (!text) return {};
    if (!is_valid_name(*text)) {
        section.error(*table.find("role"), quoted(*text) + " cannot be a role",
                      *text == "*" ? "name one role here; \"*\" means all roles, but only in rules"
                                   : "use 1 to 64 letters, digits and any of - _ . @");
    } else if (*text == gateway_role) {
        section.error(*table.find("role"), "\"gateway\" is the role of the gateway itself",
                      "choose another name");
    }
    return *text;
}

/// `names` are the allowed methods.
Methods read_methods(Section& section, std::span<const std::string_view> names) {
    Methods out;
    for (const Item* item : section.texts("methods", "[\"ticket\", \"cryptosign\"]")) {
        const auto method = parse_method(item->text);
        const bool secret = names.size() == secret_names.size();
        if (method == Method::anonymous && secret) {
            section.error(*item, "\"anonymous\" is not a method for principals",
                          "remove it here and write anonymous = { role = \"guest\" }");
        } else if (!method) {
            section.error(*item, "unknown method " + quoted(item->text),
                          suggestion(item->text, names, "methods"));
        } else if (out.has(*method)) {
            section.error(*item, quoted(item->text) + " appears twice in the list",
                          "remove one of the two");
        } else {
            out.add(*method);
        }
    }
    return out;
}

std::uint32_t read_count(Section& section, std::string_view key, std::uint32_t otherwise) {
    const Item* item = section.find(key, Item::Kind::integer, std::to_string(otherwise));
    if (item == nullptr) return otherwise;
    if (item->integer < 1 || item->integer > failures_max) {
        section.error(*item, quoted(key) + " is out of range", "write a number from 1 to 1000000");
        return otherwise;
    }
    return static_cast<std::uint32_t>(item->integer);
}

wamp::Duration read_duration(Section& section, const Item& table, std::string_view key,
                             wamp::Duration otherwise, wamp::Duration most) {
    const std::string example = quoted(format_duration(otherwise));
    const auto text = section.text(key, example);
    if (!text) return otherwise;
    const auto duration = parse_duration(*text);
    if (!duration) {
        section.error(*table.find(key), quoted(*text) + " is not a valid duration",
                      "write \"250ms\", \"10s\", \"2m\" or \"1h\"");
    } else if (*duration > most) {
        section.error(*table.find(key), quoted(*text) + " is too long",
                      "write at most " + quoted(format_duration(most)));
    }
    return duration.value_or(otherwise);
}

FailureLimits read_failures(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    FailureLimits out;
    Section section(table, "failures", failure_keys, file, diagnostics);
    out.per_circuit = read_count(section, "per_circuit", out.per_circuit);
    out.window = read_duration(section, table, "window", out.window, std::chrono::hours(24));
    return out;
}

DynamicText read_dynamic(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    DynamicText out;
    Section section(table, "[auth.dynamic]", dynamic_keys, file, diagnostics);
    if (const auto procedure = section.need_text("procedure", "\"com.example.authenticate\"")) {
        out.procedure = *procedure;
        const Item& item = *table.find("procedure");
        out.procedure_place = section.place(item);
        if (procedure->find('*') != std::string::npos) {
            section.error(
                item, "\"*\" is not allowed in the URI of a procedure",
                "name the procedure that a service registers, as in \"com.example.authenticate\"");
            out.procedure.clear();  // so that no procedure is called
        } else if (!wamp::is_valid_uri(*procedure) || wamp::is_reserved(*procedure)) {
            section.error(
                item, quoted(*procedure) + " cannot be the URI of a procedure",
                "name the procedure that a service registers, as in \"com.example.authenticate\"");
        }
    }
    out.timeout = read_duration(section, table, "timeout", out.timeout, dynamic_timeout_max);
    if (section.need("methods", "[\"ticket\"]") != nullptr) {
        out.methods = read_methods(section, method_names);
    }
    return out;
}

}  // namespace

AuthText read_auth(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    AuthText out;
    Section auth(table, "[auth]", auth_keys, file, diagnostics);
    if (const Item* anonymous = auth.find("anonymous", Item::Kind::table, "{ role = \"guest\" }")) {
        Section who(*anonymous, "anonymous", anonymous_keys, file, diagnostics);
        out.anonymous_role = read_role(who, *anonymous);
    }
    if (const Item* principals =
            auth.find("principals", Item::Kind::text, "\"realm.principals.toml\"")) {
        out.principals = principals->text;
        out.principals_place = auth.place(*principals);
        if (principals->text.empty()) {
            auth.error(*principals, "\"principals\" is empty", "name a file, or remove the line");
        }
    }
    if (table.find("methods") != nullptr) out.methods = read_methods(auth, secret_names);
    if (const Item* failures =
            auth.find("failures", Item::Kind::table, "{ per_circuit = 5, window = \"1m\" }")) {
        out.failures = read_failures(*failures, file, diagnostics);
    }
    if (const Item* dynamic = auth.find("dynamic", Item::Kind::table,
                                        "{ procedure = \"com.example.authenticate\", … }")) {
        out.dynamic = read_dynamic(*dynamic, file, diagnostics);
        if (!out.anonymous_role.empty() && out.dynamic->methods.has(Method::anonymous)) {
            auth.error_at_key(
                *table.find("anonymous"),
                "both this line and [auth.dynamic] set the role of anonymous sessions",
                "remove one of the two");
        }
    }
    return out;
}

}  // namespace sallyport::policy
