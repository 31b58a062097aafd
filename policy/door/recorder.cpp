#include "policy/door/recorder.h"

namespace sallyport::policy {

Requester::Requester(const Session& from) noexcept
    : session(from),
      subject(from.subject()),
      origin(from.id),
      conveyed(false),
      request(0),
      circuit(from.circuit),
      counted_session(static_cast<std::uint64_t>(from.peer)),
      counted_circuit(policy::counted_circuit(from.circuit, from.peer)) {}

Requester::Requester(const Session& from, const Subject& conveyed_subject,
                     wamp::SessionId conveyed_session, wamp::RequestId conveyed_request) noexcept
    : session(from),
      subject(conveyed_subject),
      origin(conveyed_session),
      conveyed(true),
      request(conveyed_request),
      circuit(from.circuit),
      counted_session(conveyed_session),
      counted_circuit(conveyed_session) {}

void Recorder::record(const Decided& decided, const Requester& requester,
                      const Question& question) {
    const bool wanted = trail_.count(decided.outcome);
    const Session& session = requester.session;
    if (session.counts != nullptr)
        ++session.counts->of(decided.rule).outcomes[static_cast<std::size_t>(decided.outcome)];
    if (!wanted) return;
    // Each record is built with the texts of a rule, of the first one if none decided, so that both
    // cases cost the same time.
    const auto rules = session.policy->rules();
    const RuleInfo* const info = decided.rule != no_rule ? &rules[decided.rule]
                                 : rules.empty()         ? nullptr
                                                         : rules.data();
    AuditRecord record;
    record.outcome = decided.outcome;
    record.action = question.action;
    record.match = question.match;
    record.session = requester.origin;
    record.via = requester.conveyed ? session.id : 0;
    record.circuit = requester.circuit;
    record.payload_bytes = question.payload_bytes;
    record.request = requester.conveyed ? requester.request : question.request;
    record.realm = session.policy->realm();
    record.policy = session.policy->hash();
    if (info != nullptr) {
        record.rule = info->id;
        record.file = info->place.file;
        record.line = decided.rule == no_rule ? 0 : info->place.line;
    }
    record.authid = requester.subject.authid;
    record.role = requester.subject.authrole;
    record.uri = question.uri;
    record.reason = decided.reason;
    // What a reload takes away is recorded once, and each URI matters.
    if (decided.outcome == Outcome::revoke) return trail_.add(record);
    sums_.add(record, now_, trail_);
}

void Recorder::record_join(const Session& session) {
    if (session.counts != nullptr) session.counts->joined(session.principal.method);
    if (!trail_.count(Outcome::join)) return;
    const Principal& who = session.principal;
    AuditRecord record;
    record.outcome = Outcome::join;
    record.session = session.id;
    record.circuit = session.circuit;
    record.realm = session.policy->realm();
    record.policy = session.policy->hash();
    record.authid = who.authid;
    record.role = who.role;
    record.method = who.method;
    trail_.add(record);
}

void Recorder::record_join_refused(const Visitor& visitor, std::string_view reason) {
    ++RealmCounts::entry(refused_, reason.substr(0, reason.find(": "))).count;
    if (!trail_.count(Outcome::join_refused)) return;
    AuditRecord record;
    record.outcome = Outcome::join_refused;
    record.circuit = visitor.circuit;
    record.reason = reason;
    if (visitor.policy != nullptr) {
        record.realm = visitor.policy->realm();
        record.policy = visitor.policy->hash();
    }
    record.authid = visitor.authid;
    record.method = visitor.method;
    trail_.add(record);
}

void Recorder::record_leave(const Session& session, std::string_view reason) {
    if (!trail_.count(Outcome::leave)) return;
    sums_.end_session(session.id, 0, trail_);
    AuditRecord record;
    record.outcome = Outcome::leave;
    record.session = session.id;
    record.circuit = session.circuit;
    record.reason = reason;
    record.realm = session.policy->realm();
    record.policy = session.policy->hash();
    record.authid = session.principal.authid;
    record.role = session.principal.role;
    trail_.add(record);
}

void Recorder::record_reload(const RealmPolicy& policy) {
    end_sums();  // another version decides from now on
    if (!trail_.count(Outcome::reload)) return;
    AuditRecord record;
    record.outcome = Outcome::reload;
    record.realm = policy.realm();
    record.policy = policy.hash();
    trail_.add(record);
}

}  // namespace sallyport::policy
