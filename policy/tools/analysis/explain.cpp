#include "policy/tools/analysis/explain.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "policy/file/inline_test.h"
#include "policy/file/load.h"
#include "policy/tools/analysis/describe.h"
#include "policy/tools/analysis/near_rules.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

/// Only the limits that there are.
Json to_json(const ScopeLimits& limits) {
    Json object = Json::object();
    if (limits.rate_per_s > 0) object["rate_per_s"] = limits.rate_per_s;
    if (limits.in_flight > 0) object["in_flight"] = limits.in_flight;
    return object;
}

Json to_json(const Limits& limits) {
    Json object = to_json(ScopeLimits{limits.rate_per_s, limits.in_flight});
    if (limits.timeout > wamp::Duration::zero())
        object["timeout_s"] = std::chrono::duration<double>(limits.timeout).count();
    if (limits.payload_bytes > 0) object["payload_bytes"] = limits.payload_bytes;
    if (const Json authid = to_json(limits.authid); !authid.empty()) object["authid"] = authid;
    if (const Json circuit = to_json(limits.circuit); !circuit.empty()) object["circuit"] = circuit;
    return object;
}

Json to_json(const Grants& grants) {
    Json list = Json::array();
    for (std::size_t grant = 0; grant < grant_count; ++grant) {
        if (grants.has(static_cast<Grant>(grant)))
            list.push_back(to_string(static_cast<Grant>(grant)));
    }
    return list;
}

std::string named(const RuleText& rule) {
    return (rule.allow ? "allow " : "forbid ") + rule.id;
}

// Describes the error in the question; "" if it is valid.
std::string fault(const ExplainRequest& question) {
    const bool pattern = question.match != wamp::MatchPolicy::exact;
    const bool carries = question.action == Action::call || question.action == Action::publish;
    if (pattern && carries) return "--match is only for --subscribe and --register";
    if (!wamp::is_valid_pattern(question.uri, question.match)) {
        return policy::quoted(question.uri) + " is not a valid " + (pattern ? "pattern" : "URI");
    }
    const bool arguments = !question.args.empty() || !question.kwargs.empty();
    if (!carries && (arguments || question.opaque))
        return "only --call and --publish have a payload";
    if (arguments && question.opaque) return "an opaque payload has no readable arguments";
    return "";
}

// Arguments are read as a client's message is, binary convention included: by the codec.
template <class T>
std::optional<T> read_arguments(const std::string& text) {
    if (text.empty()) return T{};
    auto value = wamp::decode_value(wamp::Serializer::json, text, wamp::MessageLimits{});
    if (!value) return std::nullopt;
    T* found = value->template get_if<T>();
    if (found == nullptr) return std::nullopt;
    return std::move(*found);
}

/// The answer, ready to be printed as text or JSON.
struct Explanation {
    ComparedPolicy door;
    Subject subject;
    Question question;
    Decision decision;
    std::vector<NearRule> others;
    std::string with_shadows;  ///< the decision if no rule were a shadow, if different

    const RealmPolicy& policy() const { return door.policy; }
    const Permit* permit() const { return std::get_if<Permit>(&decision); }
};

bool covers_everything(const PolicyFile& file, const RuleInfo& rule) {
    return std::any_of(file.rules.begin(), file.rules.end(), [&rule](const RuleText& text) {
        return text.id == rule.id && covers_everything(text);
    });
}

void print_rule(const PolicyFile& file, const RuleInfo& rule, std::ostream& out) {
    out << "  rule:   " << rule.id << " at " << to_string(rule.place)
        << (covers_everything(file, rule) ? ", which covers every URI" : "") << '\n';
}

void print(const Explanation& explanation, const Permit& permit, std::ostream& out) {
    const RealmPolicy& policy = explanation.policy();
    const RouteInfo& route = policy.route(permit.route());
    const RuleInfo& rule = policy.rule(permit.rule());
    print_rule(explanation.door.file, rule, out);
    out << "  limits: " << describe(permit.limits()) << '\n';
    if (!rule.grants.empty()) out << "  grants: " << describe(rule.grants) << '\n';
    if (explanation.question.action == Action::subscribe && rule.delivery.latest)
        out << "  events: " << describe(rule.delivery) << '\n';
    out << "  route:  " << describe(route, explanation.question.uri);
    if (route.place.line != 0) out << ", at " << to_string(route.place);
    out << '\n';
}

void print(const Explanation& explanation, const Denial& denial, std::ostream& out) {
    out << "  reason: " << to_string(denial.reason) << '\n';
    if (denial.rule == no_rule) return;
    const RuleInfo& rule = explanation.policy().rule(denial.rule);
    print_rule(explanation.door.file, rule, out);
    if (denial.reason == Denial::Reason::payload_too_big)
        out << "  limits: " << describe(rule.limits) << '\n';
}

void print(const Explanation& explanation, std::ostream& out) {
    const Question& question = explanation.question;
    out << (explanation.permit() != nullptr ? "allow" : "deny") << ": "
        << to_string(question.action) << ' ' << policy::quoted(question.uri);
    if (question.match != wamp::MatchPolicy::exact)
        out << " (" << wamp::to_string(question.match) << ')';
    out << " as " << explanation.subject.authid << ':' << explanation.subject.authrole << '\n';
    std::visit([&](const auto& what) { print(explanation, what, out); }, explanation.decision);
    if (!explanation.with_shadows.empty())
        out << "  if no rule were a shadow: " << explanation.with_shadows << '\n';
    if (explanation.others.empty()) return;
    out << "  not by:\n";
    for (const auto& [rule, why] : explanation.others)
        out << "    " << named(*rule) << " (" << to_string(rule->place) << "): " << why << '\n';
}

Json json_of(const Explanation& explanation) {
    const RealmPolicy& policy = explanation.policy();
    Json object{{"decision", explanation.permit() != nullptr ? "allow" : "deny"},
                {"action", to_string(explanation.question.action)},
                {"uri", explanation.question.uri},
                {"match", wamp::to_string(explanation.question.match)},
                {"authid", explanation.subject.authid},
                {"role", explanation.subject.authrole}};
    const auto add_rule = [&](RuleIndex index) {
        Json rule = to_json(policy.rule(index).place);
        rule["id"] = policy.rule(index).id;
        rule["covers_everything"] = covers_everything(explanation.door.file, policy.rule(index));
        object["rule"] = std::move(rule);
    };
    if (const Permit* permit = explanation.permit()) {
        add_rule(permit->rule());
        object["limits"] = to_json(permit->limits());
        object["grants"] = to_json(policy.rule(permit->rule()).grants);
        if (explanation.question.action == Action::subscribe)
            object["events"] = describe(policy.rule(permit->rule()).delivery);
        const RouteInfo& info = policy.route(permit->route());
        Json route = to_json(info.place);
        route["id"] = info.id;
        if (info.backends.size() == 1) {
            route["to"] = info.backends.front();
        } else {
            route["to"] = info.backends;
        }
        if (info.spread.by != Spread::By::none) route["spread"] = describe(info.spread);
        route["realm"] = info.realm;
        route["uri"] = target_of(info, explanation.question.uri);
        object["route"] = std::move(route);
    } else {
        const Denial& denial = *std::get_if<Denial>(&explanation.decision);
        object["reason"] = to_string(denial.reason);
        if (denial.rule != no_rule) add_rule(denial.rule);
    }
    if (!explanation.with_shadows.empty()) object["without_shadows"] = explanation.with_shadows;
    Json others = Json::array();
    for (const auto& [rule, why] : explanation.others) {
        Json other = to_json(rule->place);
        other["rule"] = named(*rule);
        other["why"] = why;
        others.push_back(std::move(other));
    }
    object["not_by"] = std::move(others);
    return object;
}

// What the shadow rules would change.
std::string decision_with_shadows(const RealmPolicy& policy, const Subject& subject,
                                  const Question& question, const Decision& decision) {
    if (!policy.has_shadows()) return "";
    const std::string now = describe(decision, policy);
    const std::string then = describe(policy.decide_with_shadows(subject, question), policy);
    return then == now ? "" : then;
}

// All rules that nearly applied, except the deciding one and the one whose failure is the reason.
std::vector<NearRule> others_of(const ComparedPolicy& door, const Subject& subject,
                                const Question& question, const Decision& decision,
                                std::size_t most) {
    const auto* permit = std::get_if<Permit>(&decision);
    const RuleIndex index =
        permit != nullptr ? permit->rule() : std::get_if<Denial>(&decision)->rule;
    const std::string decider = index == no_rule ? "" : door.policy.rule(index).id;
    auto others = near_rules(door.file, subject, question, most + 1);
    std::erase_if(others, [&](const NearRule& near) { return near.rule->id == decider; });
    if (others.size() > most) others.resize(most);
    return others;
}

Explanation explanation_of(const ComparedPolicy& door, const Subject& subject,
                           const Question& question, std::size_t others_max) {
    Explanation made{door, subject, question, door.policy.decide(subject, question), {}, {}};
    made.with_shadows = decision_with_shadows(door.policy, subject, question, made.decision);
    made.others = others_of(door, subject, question, made.decision, others_max);
    return made;
}

/// What the insides behind the route of an allowed message decide on it.
struct SecondDecisions {
    int code = exit_code::no;  ///< fine if one of them allows it
    Json reports = Json::array();
};

SecondDecisions explain_second(const Explanation& first, std::span<const SecondDoor> second,
                               std::size_t others_max, const Output& to) {
    SecondDecisions made;
    const RouteInfo& route = first.policy().route(first.permit()->route());
    const std::string uri = target_of(route, first.question.uri);
    Question question = first.question;
    question.uri = uri;
    for (const SecondDoor& door : second) {
        if (!door.is_behind(route)) continue;
        const auto inside =
            explanation_of(door.policy, subject_inside(door, question.action, first.subject),
                           question, others_max);
        if (inside.permit() != nullptr) made.code = exit_code::fine;
        if (to.json) {
            Json report = json_of(inside);
            report["inside"] = door.backend;
            made.reports.push_back(std::move(report));
        } else {
            to.out << "then the inside " << policy::quoted(door.backend) << " decides:\n";
            print(inside, to.out);
        }
    }
    return made;
}

int explain_loaded(const LoadedRealm& realm, const ExplainRequest& request, const std::string& role,
                   std::optional<std::span<const SecondDoor>> second, const Output& to) {
    const auto args = read_arguments<wamp::List>(request.args);
    const auto kwargs = read_arguments<wamp::Dict>(request.kwargs);
    if (!args) return print_fault("--args must be a JSON array, as in '[91, \"fast\"]'", to);
    if (!kwargs)
        return print_fault("--kwargs must be a JSON object, as in '{\"mode\":\"fast\"}'", to);
    const auto owned = wamp::make_payload(wamp::Serializer::json, *args, *kwargs);
    const wamp::Payload payload = owned.view();
    const Explanation explanation = explanation_of(
        {realm.file, *realm.policy}, {realm.policy->role(role), request.authid, role},
        {request.action, request.uri, request.match,
         request.payload_bytes.value_or(payload.bytes()), request.opaque ? nullptr : &payload,
         request.opaque},
        request.others_max);
    const bool allowed = explanation.permit() != nullptr;
    // What is below "wamp." the gateway answers itself.
    const bool asks_inside = allowed && second && !request.uri.starts_with("wamp.");
    if (asks_inside) {
        const RouteInfo& route = realm.policy->route(explanation.permit()->route());
        if (std::none_of(second->begin(), second->end(),
                         [&route](const SecondDoor& door) { return door.is_behind(route); }))
            return print_fault("the policy of the inside behind backend " +
                                   policy::quoted(backends_of(route)) + " for realm " +
                                   policy::quoted(route.realm) +
                                   " is not known here (copy it, and add --inside " +
                                   route.backends.front() + "=inside.toml)",
                               to);
    }
    Json report;
    if (to.json) {
        report = json_of(explanation);
    } else {
        print(explanation, to.out);
    }
    int code = allowed ? exit_code::fine : exit_code::no;
    if (asks_inside) {
        auto decisions = explain_second(explanation, *second, request.others_max, to);
        code = decisions.code;
        report["insides"] = std::move(decisions.reports);
    }
    if (to.json) print_json(to.out, report);
    return code;
}

/// `second` is null if only the policy itself is asked.
int explain_file(const std::string& path, const ExplainRequest& request,
                 std::optional<std::span<const SecondDoor>> second, const Output& to) {
    if (const std::string wrong = fault(request); !wrong.empty()) return print_fault(wrong, to);
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = request.role.empty();
    options.run_tests = false;  // a failing test must not prevent an explanation
    const auto realm = load_realm(path, options);
    if (!realm) return print_errors(realm.error(), to);
    std::string role = request.role;
    if (role.empty()) {
        const auto known = realm->authenticator->role_of(request.authid);
        if (!known) {
            return print_fault("there is no principal " + policy::quoted(request.authid) +
                                   " (name the role, as in --as " + request.authid + ":guest)",
                               to);
        }
        role = *known;
    }
    return explain_loaded(*realm, request, role, second, to);
}

}  // namespace

void set_principal(ExplainRequest& request, std::string_view as) {
    const std::size_t colon = as.rfind(':');
    request.authid = as.substr(0, colon);
    request.role = colon == std::string_view::npos ? std::string_view{} : as.substr(colon + 1);
}

int explain(const std::string& path, const ExplainRequest& request, const Output& to) {
    return explain_file(path, request, std::nullopt, to);
}

int explain_both(const std::string& path, const ExplainRequest& request,
                 std::span<const SecondDoor> second, const Output& to) {
    return explain_file(path, request, second, to);
}

}  // namespace sallyport::policy
