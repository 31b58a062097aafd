// What a door records of its decisions.
#include <string>

#include "policy/door/door.h"
#include "policy/door/door_asked.h"

namespace sallyport::policy {

void Door::record(Outcome outcome, const Speaker& speaker, const Matter& matter, RuleIndex rule,
                  std::string_view reason) {
    const bool wanted = audit_.count(outcome);
    if (rule != no_rule && outcome != Outcome::revoke) ++matter.realm.hits[rule];
    if (!wanted) return;
    // A rule goes into every record: where none decided it stands for one, so that both take the
    // same time.
    const auto rules = matter.policy.rules();
    const RuleInfo* const info = rule != no_rule ? &rules[rule]
                                 : rules.empty() ? nullptr
                                                 : rules.data();
    AuditRecord record;
    record.outcome = outcome;
    record.action = matter.action;
    record.match = matter.match;
    record.session = speaker.session;
    record.via = speaker.conveyed ? speaker.via : 0;
    record.circuit = speaker.circuit;
    record.payload_bytes = matter.payload_bytes;
    record.realm = matter.policy.realm();
    record.policy = matter.policy.hash();
    if (info != nullptr) {
        record.rule = info->id;
        record.file = info->place.file;
        record.line = rule == no_rule ? 0 : info->place.line;
    }
    record.authid = speaker.authid;
    record.role = speaker.role_name;
    record.uri = matter.uri;
    record.reason = reason;
    audit_.add(record);
}

void Door::record_shadow(const Speaker& speaker, const Matter& matter, const Subject& subject,
                         const Question& question, bool allowed) {
    const Decision decision = matter.policy.decide_with_shadows(subject, question);
    const auto* const permit = std::get_if<Permit>(&decision);
    const RuleIndex rule = permit != nullptr ? permit->rule() : std::get<Denial>(decision).rule;
    if (rule == no_rule || !matter.policy.rule(rule).shadow) return;
    if ((permit != nullptr) == allowed) {
        ++matter.realm.hits[rule];
    } else {
        const std::string_view then = allowed ? "would be denied" : "would be allowed";
        record(Outcome::shadow, speaker, matter, rule, then);
    }
}

void Door::record_join(const Peer& peer, const Session& session) {
    if (!audit_.count(Outcome::join)) return;
    const Principal& who = session.principal;
    AuditRecord record;
    record.outcome = Outcome::join;
    record.session = session.id;
    record.circuit = peer.transport.circuit;
    record.realm = session.policy->realm();
    record.policy = session.policy->hash();
    record.authid = who.authid;
    record.role = who.role;
    record.method = who.method;
    audit_.add(record);
}

void Door::record_reload(const RealmPolicy& policy) {
    if (!audit_.count(Outcome::reload)) return;
    AuditRecord record;
    record.outcome = Outcome::reload;
    record.realm = policy.realm();
    record.policy = policy.hash();
    audit_.add(record);
}

void Door::record_refusal(const Peer& peer, std::string_view reason) {
    if (!audit_.count(Outcome::join_refused)) return;
    AuditRecord record;
    record.outcome = Outcome::join_refused;
    record.circuit = peer.transport.circuit;
    record.reason = reason;
    if (peer.realm != nullptr) {
        record.realm = peer.realm->policy->realm();
        record.policy = peer.realm->policy->hash();
    }
    record.authid = peer.joining.name;
    record.method = peer.joining.method;
    audit_.add(record);
}

void Door::record_leave(const Peer& peer, std::string_view how) {
    if (!audit_.count(Outcome::leave)) return;
    const Session* const session = sessions_.find(peer.session);
    AuditRecord record;
    record.outcome = Outcome::leave;
    record.session = peer.session;
    record.circuit = peer.transport.circuit;
    record.reason = how;
    if (session != nullptr) {
        record.realm = session->policy->realm();
        record.policy = session->policy->hash();
        record.authid = session->principal.authid;
        record.role = session->principal.role;
    }
    audit_.add(record);
}

}  // namespace sallyport::policy
