#include "policy/auth/auth_service.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {

using Reason = auth_answer::Refused::Reason;

AuthService::AuthService(std::vector<Realm> realms, const wamp::Random& random)
    : random_(random), last_attempt_(random_.next() >> 1U) {
    random_.fill(decoy_key_);
    reload(std::move(realms));
}

void AuthService::reload(std::vector<Realm> realms) {
    realms_.clear();
    for (Realm& realm : realms)
        realms_.emplace(std::move(realm.name), std::move(realm.authenticator));
}

void AuthService::on_door_lost() noexcept {
    attempts_.clear();
    checks_.clear();
}

void AuthService::spend(wamp::Duration cost, wamp::Instant now) noexcept {
    spent_until_ = std::max(spent_until_, now) + cost;
}

void AuthService::on_question(std::string_view packet, wamp::Instant now, Outbox& out) {
    spend(question_cost, now);
    auto question = decode_question(packet);
    if (!question) {
        ++counts_.malformed;
        return;
    }
    ++counts_.questions;
    while (!attempts_.empty() && attempts_.begin()->second.since + attempt_timeout <= now)
        attempts_.erase(attempts_.begin());
    const Asked asked{question->number, question->peer, now};
    std::visit([&](auto& body) { on(asked, std::move(body), out); }, question->body);
}

void AuthService::on(Asked asked, auth_question::Open&& question, Outbox& out) {
    asked.guessable = is_guessable(question.request.method);
    const auto realm = realms_.find(question.request.realm);
    if (realm == realms_.end()) return refuse(asked, Reason::denied, "the realm was removed", out);
    Open open;
    open.authenticator = realm->second;
    open.method = question.request.method;
    open.session = question.session;
    auto step = open.authenticator->open(std::move(question.request), arrival(open));
    follow(asked, std::move(open), std::move(step), out);
}

void AuthService::on(Asked asked, auth_question::Prove&& question, Outbox& out) {
    auto open = take(question.attempt, Awaits::proof);
    if (!open) return refuse(asked, Reason::unavailable, "the attempt is not known any more", out);
    asked.guessable = is_guessable(open->method);
    auto step =
        open->authenticator->verify(std::move(open->attempt), question.proof, arrival(*open));
    follow(asked, *std::move(open), std::move(step), out);
}

void AuthService::on(Asked asked, auth_question::Resume&& question, Outbox& out) {
    auto open = take(question.attempt, Awaits::procedure);
    if (!open) return refuse(asked, Reason::unavailable, "the attempt is not known any more", out);
    asked.guessable = is_guessable(open->method);
    auto step = open->authenticator->resume(std::move(open->attempt), std::move(question.found),
                                            arrival(*open));
    follow(asked, *std::move(open), std::move(step), out);
}

void AuthService::on_checked(std::uint64_t check, bool proven, wamp::Instant now, Outbox& out) {
    auto found = checks_.extract(check);
    if (found.empty()) return;
    Checking& done = found.mapped();
    const Asked asked{done.number, done.peer, now, is_guessable(done.open.method)};
    auto step = done.open.authenticator->conclude({nullptr, std::move(done.open.attempt)}, proven);
    follow(asked, std::move(done.open), std::move(step), out);
}

void AuthService::follow(const Asked& asked, Open&& open, Authenticator::Step&& step, Outbox& out) {
    AuthAnswer answer{asked.number, asked.peer, {}};
    if (auto* challenged = std::get_if<Authenticator::Challenged>(&step)) {
        const AttemptId attempt =
            keep(std::move(open), std::move(challenged->attempt), Awaits::proof, asked.now);
        answer.body = auth_answer::Challenge{attempt, std::move(challenged->extra)};
    } else if (auto* call = std::get_if<Authenticator::CallAuthenticator>(&step)) {
        const AttemptId attempt =
            keep(std::move(open), std::move(call->attempt), Awaits::procedure, asked.now);
        answer.body = auth_answer::Call{attempt, call->hide_ticket};
    } else if (auto* deferred = std::get_if<Authenticator::DeferredCheck>(&step)) {
        if (checks_.size() >= checks_max)
            return refuse(asked, Reason::unavailable, "too many tickets are being checked", out);
        open.attempt = std::move(deferred->attempt);
        const std::uint64_t id = ++last_check_;
        checks_[id] = {asked.number, asked.peer, std::move(open)};
        out.emplace_back(Check{id, std::move(deferred->check)});
        return;
    } else if (auto* admitted = std::get_if<Authenticator::Admitted>(&step)) {
        answer.body = auth_answer::Admitted{
            std::move(admitted->principal.authid), std::move(admitted->principal.role),
            admitted->provider == "dynamic", std::move(admitted->authextra)};
    } else {
        return refuse(asked, Reason::denied, std::get<Authenticator::Refused>(step).why, out);
    }
    out.emplace_back(Reply{encode(answer)});
}

AttemptId AuthService::keep(Open&& open, Authenticator::Attempt&& attempt, Awaits awaits,
                            wamp::Instant now) {
    if (attempts_.size() >= attempts_max) attempts_.erase(attempts_.begin());
    const AttemptId id = ++last_attempt_;
    open.attempt = std::move(attempt);
    open.awaits = awaits;
    open.since = now;
    attempts_.emplace_hint(attempts_.end(), id, std::move(open));
    return id;
}

std::optional<AuthService::Open> AuthService::take(AttemptId id, Awaits awaits) {
    const auto found = attempts_.find(id);
    if (found == attempts_.end() || found->second.awaits != awaits) return std::nullopt;
    Open open = std::move(found->second);
    attempts_.erase(found);
    return open;
}

void AuthService::refuse(const Asked& asked, Reason reason, std::string_view why, Outbox& out) {
    if (reason == Reason::denied) {
        ++counts_.failures;
        if (asked.guessable) spend(failure_cost, asked.now);
    }
    out.emplace_back(Reply{encode(
        AuthAnswer{asked.number, asked.peer, auth_answer::Refused{reason, std::string(why)}})});
}

}  // namespace sallyport::policy
