#include "policy/door/judge.h"

#include <utility>
#include <variant>

#include "policy/door/peers.h"
#include "policy/engine/option_grants.h"
#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/codec/passthru_payload.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;

namespace {

constexpr std::string_view not_passthru = "ppt_scheme requires exactly one binary argument";
constexpr std::string_view lost_route = "its route has changed";

/// Whether any request may name that URI (W-URI-03, 06, 07); the rest is for the policy to decide.
bool is_nameable(const Question& question) noexcept {
    if (!wamp::is_valid_pattern(question.uri, question.match)) return false;
    switch (question.action) {
        case Action::register_:
            return !wamp::reaches_reserved(question.uri, question.match);
        case Action::publish:
            return !wamp::is_reserved(question.uri);
        case Action::call:
        case Action::subscribe:
            return true;
    }
    return false;
}

/// Whether a request in payload passthru mode has the required payload (W-PPT-03); true for other
/// requests.
template <class Request>
bool has_its_payload(const Question& question, const Request& request) noexcept {
    if constexpr (requires { request.payload; }) {
        return !question.opaque || wamp::is_passthru_payload(request.options, request.payload);
    }
    return true;
}

}  // namespace

/// The decision of policy and limits on one request.
struct Judge::Judgement {
    Recorder::Decided decided;
    std::optional<Permit> permit{};
    std::string_view error{};
    wamp::Tally::Lease lease{};
    Cause cause = Cause::none;

    void deny(Outcome outcome, RuleIndex rule, std::string_view reason, std::string_view due) {
        decided = {outcome, rule, reason};
        permit.reset();
        error = due;
    }
};

template <class Request>
Judge::Judgement Judge::decide(const Requester& requester, const Question& question,
                               Request& request, bool shadows) {
    Judgement judgement;
    if (!is_nameable(question)) {
        judgement.deny(Outcome::invalid, no_rule, {}, uris::invalid_uri);
        return judgement;
    }
    if (!has_its_payload(question, request)) {
        judgement.deny(Outcome::invalid, no_rule, not_passthru, uris::invalid_argument);
        return judgement;
    }
    const RealmPolicy& policy = *requester.session.policy;
    Decision decision = policy.decide(requester.subject, question);
    auto* const permit = std::get_if<Permit>(&decision);
    if (shadows && policy.has_shadows()) record_shadow(requester, question, permit != nullptr);
    if (permit == nullptr) {
        const Denial& denial = std::get<Denial>(decision);
        const bool too_big = denial.reason == Denial::Reason::payload_too_big;
        judgement.deny(Outcome::deny, denial.rule, to_string(denial.reason),
                       too_big ? uris::payload_size_exceeded : uris::not_authorized);
    } else if (const auto ungranted = check_options(*permit, request); !ungranted.error.empty()) {
        judgement.deny(Outcome::deny, permit->rule(), ungranted.reason, ungranted.error);
    } else {
        judgement.decided.rule = permit->rule();
        judgement.permit = std::move(*permit);
    }
    return judgement;
}

void Judge::admit(const Requester& requester, Judgement& judgement, wamp::Instant now,
                  bool is_call) {
    SALLYPORT_CHECK(judgement.permit.has_value());
    const Permit& permit = *judgement.permit;
    const RuleIndex rule = permit.rule();
    const bool diagnoses = permit.grants(Grant::diagnose);
    const LimitSubject limit_subject{requester.counted_session, requester.subject.authid,
                                     requester.counted_circuit};
    switch (limits_.admit(requester.session.policy->rule(rule).id, permit.limits(), limit_subject,
                          is_call, now, judgement.lease)) {
        case RuleLimits::Verdict::over_rate:
            if (diagnoses) judgement.cause = Cause::over_rate;
            return judgement.deny(Outcome::over_rate, rule, {}, uris::unavailable);
        case RuleLimits::Verdict::over_in_flight:
            if (diagnoses) judgement.cause = Cause::over_in_flight;
            return judgement.deny(Outcome::over_in_flight, rule, {}, uris::unavailable);
        case RuleLimits::Verdict::within:
            return;
    }
}

template <class Request>
Judge::Verdict Judge::judge_request(const Requester& requester, Request& request,
                                    wamp::Instant now) {
    const Question question = question_of(request);
    Judgement judgement = decide(requester, question, request, true);
    if (judgement.permit) admit(requester, judgement, now, question.action == Action::call);
    recorder_.record(judgement.decided, requester, question);
    if (!judgement.permit) hide_timing();
    if constexpr (std::is_same_v<Request, wamp::Subscribe>)
        if (judgement.permit) note_delivery(requester, request, *judgement.permit);
    return {std::move(judgement.permit), judgement.decided.outcome, judgement.error,
            std::move(judgement.lease), judgement.cause};
}

Judge::Verdict Judge::judge(const Requester& requester, wamp::Call& request, wamp::Instant now) {
    return judge_request(requester, request, now);
}
Judge::Verdict Judge::judge(const Requester& requester, wamp::Publish& request, wamp::Instant now) {
    return judge_request(requester, request, now);
}
Judge::Verdict Judge::judge(const Requester& requester, wamp::Subscribe& request,
                            wamp::Instant now) {
    return judge_request(requester, request, now);
}
Judge::Verdict Judge::judge(const Requester& requester, wamp::Register& request,
                            wamp::Instant now) {
    return judge_request(requester, request, now);
}

std::string_view Judge::judge_further(const Requester& requester, wamp::Call& further,
                                      wamp::Instant now) {
    const Question question = question_of(further);
    Judgement judgement = decide(requester, question, further, false);
    if (judgement.permit) admit(requester, judgement, now, false);
    if (judgement.permit) return {};
    recorder_.record(judgement.decided, requester, question);
    hide_timing();
    return judgement.error;
}

std::string_view Judge::may_publish(const Session& session, wamp::Publish& publication) {
    const Requester requester(session);
    const Question question = question_of(publication);
    const Judgement judgement = decide(requester, question, publication, false);
    if (judgement.permit) return {};
    recorder_.record(judgement.decided, requester, question);
    hide_timing();
    return judgement.error;
}

Judge::Verdict Judge::judge_again(const Session& session, wamp::Message& request) {
    return std::visit(
        [&]<class Request>(Request& each) -> Verdict {
            if constexpr (requires { question_of(each); }) {
                const Requester requester(session);
                const Question question = question_of(each);
                Judgement judgement = decide(requester, question, each, false);
                if (!judgement.permit) recorder_.record(judgement.decided, requester, question);
                if constexpr (std::is_same_v<Request, wamp::Subscribe>)
                    if (judgement.permit) note_delivery(requester, each, *judgement.permit);
                return {std::move(judgement.permit),
                        judgement.decided.outcome,
                        judgement.error,
                        {},
                        Cause::none};
            } else {
                SALLYPORT_CHECK(false);
                return {};
            }
        },
        request);
}

// A link gets every event, as it subscribes for many.
void Judge::note_delivery(const Requester& requester, const wamp::Subscribe& request,
                          const Permit& permit) {
    const Session& session = requester.session;
    if (session.connection == nullptr || session.connection->trust == Trust::link) return;
    const RealmPolicy& policy = *session.policy;
    if (!session.connection->latest && !policy.rule(permit.rule()).delivery.latest) return;
    if (latest_.expect(session.id, request.request, {session.policy, permit.rule(), request.topic}))
        session.connection->latest = true;
}

void Judge::record_lost_route(const Session& session, const wamp::Message& request) {
    std::visit(
        [&](const auto& each) {
            if constexpr (requires { question_of(each); }) {
                recorder_.record({Outcome::deny, no_rule, lost_route}, Requester(session),
                                 question_of(each));
            }
        },
        request);
}

Decision Judge::judge_holding(const Session& session, const Question& question) {
    Decision decision = session.policy->decide(session.subject(), question);
    if (const auto* const denial = std::get_if<Denial>(&decision)) {
        recorder_.record({Outcome::revoke, denial->rule, to_string(denial->reason)},
                         Requester(session), question);
    }
    return decision;
}

void Judge::record_lost_route(const Session& session, const Question& question) {
    recorder_.record({Outcome::revoke, no_rule, lost_route}, Requester(session), question);
}

Decision Judge::would_decide(const RealmPolicy& policy, const Session& session,
                             const Question& question) noexcept {
    const Principal& who = session.principal;
    return policy.decide({policy.role(who.role), who.authid, who.role, session.id}, question);
}

void Judge::record_shadow(const Requester& requester, const Question& question, bool allowed) {
    const Session& session = requester.session;
    const Decision decision = session.policy->decide_with_shadows(requester.subject, question);
    const auto* const permit = std::get_if<Permit>(&decision);
    const RuleIndex rule = permit != nullptr ? permit->rule() : std::get<Denial>(decision).rule;
    if (rule == no_rule || !session.policy->rule(rule).shadow) return;
    if ((permit != nullptr) == allowed) {
        if (session.counts != nullptr) ++session.counts->of(rule).agreed;
    } else {
        const std::string_view then = allowed ? "would be denied" : "would be allowed";
        recorder_.record({Outcome::shadow, rule, then}, requester, question);
    }
}

// The code paths to a denial still differ by some nanoseconds; up to two microseconds of useless
// work hide that (docs/decisions/0004).
void Judge::hide_timing() noexcept {
    constexpr std::uint64_t rounds_max = 1536;  // of four or five cycles
    for (std::uint64_t rounds = random_.below(rounds_max); rounds > 0; --rounds) {
        hidden_ = (hidden_ ^ rounds) * 0xBF58476D1CE4E5B9U;
    }
}

}  // namespace sallyport::policy
