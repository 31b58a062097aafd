// What a door tells of its decisions: records for the audit log, or lines of the ordinary one where
// there is none.
#include <string>

#include "policy/door.h"
#include "policy/door_asked.h"
#include "policy/door_notes.h"

namespace sallyport::policy {

using Level = wamp::effect::Note::Level;

namespace {

std::string_view words_for(Outcome outcome) noexcept {
    switch (outcome) {
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
        case Outcome::allow:
        case Outcome::deny:
        case Outcome::join:
        case Outcome::join_refused:
        case Outcome::leave:
        case Outcome::reload:
            break;
    }
    return "denied: ";
}

}  // namespace

void Door::record(Outcome outcome, const Peer& peer, const Speaker& speaker, const Matter& matter, RuleIndex rule,
                  std::string_view reason, wamp::Outbox& out) {
    const bool wanted = audit_.count(outcome);
    const RuleInfo* const info = rule == no_rule ? nullptr : &matter.policy.rule(rule);
    if (info != nullptr && outcome != Outcome::revoke) ++peer.realm->hits[rule];
    if (wanted) {
        AuditRecord record;
        record.outcome = outcome;
        record.action = matter.action;
        record.match = matter.match;
        record.session = speaker.session;
        record.via = speaker.conveyed ? peer.session : 0;
        record.circuit = peer.transport.circuit;
        record.payload_bytes = matter.payload_bytes;
        record.realm = matter.policy.realm();
        record.policy = matter.policy.hash();
        if (info != nullptr) {
            record.rule = info->id;
            record.file = info->place.file;
            record.line = info->place.line;
        }
        record.authid = speaker.authid;
        record.role = speaker.role_name;
        record.uri = matter.uri;
        record.reason = reason;
        audit_.add(record);
    } else if (tells_notes() && outcome != Outcome::allow) {
        std::string why(reason);
        if (info != nullptr) why += (why.empty() ? "" : ", ") + named(*info);
        note(out, Level::info, words_for(outcome), to_string(matter.action), " ", printable(matter.uri), " by ",
             printable(speaker.authid), " (", printable(speaker.role_name), "): ", why, of_session(peer.session),
             on_circuit(peer.transport.circuit));
    }
}

void Door::record_shadow(const Peer& peer, const Speaker& speaker, const Matter& matter, const Subject& subject,
                         const Question& question, bool allowed, wamp::Outbox& out) {
    const Decision decision = matter.policy.decide_with_shadows(subject, question);
    const auto* const permit = std::get_if<Permit>(&decision);
    const RuleIndex rule = permit != nullptr ? permit->rule() : std::get<Denial>(decision).rule;
    if (rule == no_rule || !matter.policy.rule(rule).shadow) return;
    if ((permit != nullptr) == allowed) {
        ++peer.realm->hits[rule];
    } else {
        const std::string_view then = allowed ? "would be denied" : "would be allowed";
        record(Outcome::shadow, peer, speaker, matter, rule, then, out);
    }
}

void Door::record_join(const Peer& peer, const Session& session, wamp::Outbox& out) {
    const Principal& who = session.principal;
    if (audit_.count(Outcome::join)) {
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
    if (!tells_notes()) return;
    note(out, Level::info, "joined realm ", session.policy->realm(), " as ", printable(who.authid), " (", who.role,
         ") by ", who.method, of_session(session.id), on_circuit(peer.transport.circuit));
}

void Door::record_reload(const RealmPolicy& policy, wamp::Outbox& out) {
    if (audit_.count(Outcome::reload)) {
        AuditRecord record;
        record.outcome = Outcome::reload;
        record.realm = policy.realm();
        record.policy = policy.hash();
        audit_.add(record);
    }
    note(out, Level::info, "realm ", policy.realm(), ": policy ", policy.hash().substr(0, 12), " decides from here on");
}

void Door::record_refusal(const Peer& peer, std::string_view reason, wamp::Outbox& out) {
    if (audit_.count(Outcome::join_refused)) {
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
    if (!tells_notes()) return;
    note(out, Level::info, "refused to join: ", reason, on_circuit(peer.transport.circuit));
}

void Door::record_leave(const Peer& peer, std::string_view how, wamp::Outbox& out) {
    if (audit_.count(Outcome::leave)) {
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
    if (!tells_notes()) return;
    note(out, Level::info, how, of_session(peer.session), on_circuit(peer.transport.circuit));
}

}  // namespace sallyport::policy
