#include "policy/audit/audit_line.h"

#include "wamp/base/text.h"

namespace sallyport::policy {
namespace {

std::string_view words_for(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allow:
            return "allowed: ";
        case Outcome::over_rate:
            return "over the rate: ";
        case Outcome::over_in_flight:
            return "over the calls in flight: ";
        case Outcome::invalid:
            return "invalid: ";
        case Outcome::revoke:
            return "revoked: ";
        case Outcome::shadow:
            return "shadow rule: ";
        case Outcome::deny:
        case Outcome::join:
        case Outcome::join_refused:
        case Outcome::leave:
        case Outcome::reload:
            break;
    }
    return "denied: ";
}

std::string of_message(const AuditRecord& record) {
    std::string line(words_for(record.outcome));
    line.append(to_string(record.action)).append(" ").append(wamp::printable(record.uri));
    if (!record.other_uri.empty()) line.append(" and others");
    if (record.repeated > 1) line.append(", " + std::to_string(record.repeated) + " times,");
    line.append(" by ").append(wamp::printable(record.authid));
    line.append(" (").append(wamp::printable(record.role)).append(")");
    std::string why(record.reason);
    if (!record.rule.empty()) {
        if (!why.empty()) why += ", ";
        why.append("rule ").append(record.rule);
        why.append(" (").append(record.file).append(":" + std::to_string(record.line) + ")");
    }
    return why.empty() ? line : line + ": " + why;
}

std::string what_became(const AuditRecord& record) {
    switch (record.outcome) {
        case Outcome::join:
            return "joined realm " + std::string(record.realm) + " as " +
                   wamp::printable(record.authid) + " (" + std::string(record.role) + ") by " +
                   std::string(record.method);
        case Outcome::join_refused: {
            std::string line = "refused to join";
            if (!record.authid.empty()) line += " as " + wamp::printable(record.authid);
            return line + ": " + std::string(record.reason);
        }
        case Outcome::leave:
            return std::string(record.reason);
        case Outcome::reload:
            return "realm " + std::string(record.realm) + ": policy " +
                   std::string(record.policy.substr(0, 12)) + " is now active";
        case Outcome::allow:
        case Outcome::deny:
        case Outcome::over_rate:
        case Outcome::over_in_flight:
        case Outcome::invalid:
        case Outcome::revoke:
        case Outcome::shadow:
            break;
    }
    return of_message(record);
}

}  // namespace

std::string line_of(const AuditRecord& record) {
    const bool conveyed = record.via != 0 && record.session != 0;
    const std::string via = conveyed ? " through the link's " + std::to_string(record.via) : "";
    return what_became(record) +
           wamp::of_session(record.session != 0 ? record.session : record.via) + via +
           wamp::on_circuit(record.circuit);
}

}  // namespace sallyport::policy
