#include "policy/tools/explain.h"

#include <optional>
#include <ostream>
#include <utility>

#include "policy/load.h"
#include "policy/tools/exit_code.h"
#include "policy/units.h"

namespace sallyport::policy {
namespace {

std::string describe_limits(const Limits& limits) {
    std::string text;
    const auto add = [&text](const std::string& limit) {
        text += (text.empty() ? "" : ", ") + limit;
    };
    if (limits.rate_per_s > 0) add("rate " + format_rate(limits.rate_per_s));
    if (limits.in_flight > 0) add("in flight " + std::to_string(limits.in_flight));
    if (limits.timeout > wamp::Duration::zero()) add("timeout " + format_duration(limits.timeout));
    if (limits.payload_bytes > 0) add("payload " + format_bytes(limits.payload_bytes));
    return text.empty() ? "none" : text;
}

void print_rule(const RuleInfo& rule, std::ostream& out) {
    out << "  rule:   " << rule.id << " at " << to_string(rule.place) << '\n';
}

void print(const Permit& permit, const RealmPolicy& policy, std::ostream& out) {
    const RouteInfo& route = policy.route(permit.route());
    print_rule(policy.rule(permit.rule()), out);
    out << "  limits: " << describe_limits(permit.limits()) << '\n';
    out << "  route:  " << route.id << " to " << route.backend << ", realm " << route.realm;
    if (route.place.line != 0) out << ", at " << to_string(route.place);
    out << '\n';
}

void print(const Denial& denial, const RealmPolicy& policy, std::ostream& out) {
    out << "  reason: " << to_string(denial.reason) << '\n';
    if (denial.rule == no_rule) return;
    const RuleInfo& rule = policy.rule(denial.rule);
    print_rule(rule, out);
    if (denial.reason == Denial::Reason::payload_too_big) {
        out << "  limits: " << describe_limits(rule.limits) << '\n';
    }
}

// Says what is wrong with the question; "" when nothing is.
std::string fault(const ExplainRequest& question) {
    const bool pattern = question.match != wamp::MatchPolicy::exact;
    if (pattern && (question.action == Action::call || question.action == Action::publish)) {
        return "--match goes with --subscribe and --register only";
    }
    if (!wamp::is_valid_pattern(question.uri, question.match)) {
        return quoted(question.uri) + " is no valid " + (pattern ? "pattern" : "URI");
    }
    return "";
}

}  // namespace

void set_principal(ExplainRequest& request, std::string_view as) {
    const std::size_t colon = as.rfind(':');
    request.authid = as.substr(0, colon);
    request.role = colon == std::string_view::npos ? std::string_view{} : as.substr(colon + 1);
}

int explain(const std::string& path, const ExplainRequest& question, const Output& to) {
    if (const std::string wrong = fault(question); !wrong.empty()) return print_fault(wrong, to);
    std::ostream& out = to.out;
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    options.read_principals = question.role.empty();
    options.run_tests = false;  // a failing test is a reason to ask
    const auto realm = load_realm(path, options);
    if (!realm) return print_errors(realm.error(), to);
    std::string role = question.role;
    if (role.empty()) {
        const auto known = realm->authenticator->role_of(question.authid);
        if (!known) {
            return print_fault("no principal is called " + quoted(question.authid) +
                                   " (name the role, as in --as " + question.authid + ":guest)",
                               to);
        }
        role = *known;
    }
    const RealmPolicy& policy = *realm->policy;
    const Decision decision = policy.decide(
        {policy.role(role), question.authid, role},
        {question.action, question.uri, question.match, question.payload_bytes});
    const bool allowed = std::holds_alternative<Permit>(decision);
    out << (allowed ? "allow" : "deny") << ": " << to_string(question.action) << ' '
        << quoted(question.uri);
    if (question.match != wamp::MatchPolicy::exact) {
        out << " (" << wamp::to_string(question.match) << ')';
    }
    out << " as " << question.authid << ':' << role << '\n';
    std::visit([&](const auto& what) { print(what, policy, out); }, decision);
    return allowed ? exit_code::fine : exit_code::no;
}

}  // namespace sallyport::policy
