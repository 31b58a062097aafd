#include "tests/sim/actors/caller.h"

#include <array>
#include <utility>

#include "tests/sim/names.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using wamp::Dict;
using wamp::List;
using wamp::Value;

std::string Client::named(std::string_view tail) const {
    const std::string_view head = kind == Kind::service ? heads[0] : any_of(heads, dice());
    return std::string(head) + std::string(tail);
}

// Requests
// ------------------------------------------------------------------------------------------------

void Caller::call() {
    const auto tail = any_of(called, client_.dice());
    call_named(client_.named(tail));
}

void Caller::call_much(std::uint64_t count) {
    static constexpr std::array<std::string_view, 6> tails{"own.alice.p", "own.bob.p", "front.a",
                                                           "front.a",     "svc.echo",  "svc.slow"};
    Dice& dice = client_.dice();
    for (; count > 0; --count) call_named(client_.named(any_of(tails, dice)), some_padding(dice));
}

void Caller::call_named(std::string uri, std::size_t padding) {
    Dice& dice = client_.dice();
    const std::uint64_t tag = ++client_.environment.last_tag;
    const bool sealed = client_.passes && uri.ends_with("svc.sealed") && dice.chance(70);
    const bool progressive = uri.ends_with("svc.stream") ? dice.chance(80) : dice.chance(10);
    const wamp::RequestId request = ++client_.last_request;
    CallState& state = client_.environment.ledger.calls[tag];
    state.since = client_.environment.schedule.now();
    Dict options;
    if (dice.chance(10)) {
        options.set("timeout", std::uint64_t{500});
        state.due = std::chrono::milliseconds(500);
    }
    if (progressive) options.set("receive_progress", true);
    if (dice.chance(client_.principal.role == "operator" ? 40 : 3))
        options.set("disclose_me", true);
    if (sealed) options.set("ppt_scheme", "sim");
    if (dice.chance(5)) options.set("forward_for", List{Dict{{"session", std::uint64_t{1}}}});
    calls_[request] = {uri, tag, progressive};
    const auto payload = payload_of(client_.serializer, {tag, 0}, sealed, padding);
    client_.send(wamp::Call{request, options, std::move(uri), payload.view()});
}

void Caller::ask(std::string_view procedure, const List& args, const Dict& kwargs) {
    const wamp::RequestId request = ++client_.last_request;
    calls_[request] = {std::string(procedure), 0, false};
    const auto payload = wamp::make_payload(client_.serializer, args, kwargs);
    client_.send(wamp::Call{request, {}, std::string(procedure), payload.view()});
}

void Caller::call_meta() {
    Dice& dice = client_.dice();
    const auto& sessions = client_.environment.sessions;
    const std::uint64_t participant = sessions.empty() ? 1 : any_of(sessions, dice);
    switch (dice.between(0, 9)) {
        case 0:
            return ask("wamp.session.count", {});
        case 1:
            return ask("wamp.session.list", {});
        case 2:
            return ask("wamp.session.get", {Value(participant)});
        case 3:
            if (dice.chance(client_.principal.role == "warden" ? 60 : 10)) put_out(participant);
            return;
        case 4:
            return ask(flush_testaments, {Value(), Value()},
                       dice.chance(50) ? Dict{{"scope", "detached"}} : Dict{});
        default:
            return leave_testament();
    }
}

void Caller::put_out(wamp::SessionId session) {
    Dice& dice = client_.dice();
    const Account& account = any_of(accounts, dice);
    Dict kwargs;
    if (dice.chance(30)) kwargs.set("reason", dice.chance(80) ? "sim.put.out" : "sim..put#out");
    switch (dice.between(0, 5)) {
        case 0:
            return ask(kill_by_authid, {Value(account.authid)}, kwargs);
        case 1:
            return ask(kill_by_authrole, {Value(dice.chance(30) ? "guest" : account.role)}, kwargs);
        case 2:
            return ask(kill_all, {}, kwargs);
        default:
            return ask(kill_session, {Value(session)}, kwargs);
    }
}

void Caller::leave_testament() {
    Dice& dice = client_.dice();
    const std::uint64_t key = 1'000'000'000 + ++client_.environment.last_testament;
    const std::string topic = client_.named(any_of(topics, dice));
    Dict kwargs{{"scope", dice.chance(50) ? "detached" : "destroyed"}};
    if (dice.chance(30)) {
        Dict options;
        choose_receivers(client_, options);
        kwargs.set("publish_options", std::move(options));
    }
    ask(add_testament, {Value(topic), Value(List{Value(key), Value(std::uint64_t{1})})}, kwargs);
}

void Caller::cancel() {
    if (calls_.empty()) return;
    static constexpr std::array<std::string_view, 3> modes{"skip", "kill", "killnowait"};
    const auto chosen = client_.dice().chance(50) ? calls_.begin() : std::prev(calls_.end());
    if (chosen->second.tag == 0) return;
    client_.send(wamp::Cancel{chosen->first, {{"mode", any_of(modes, client_.dice())}}});
}

// Answers
// ------------------------------------------------------------------------------------------------

void Caller::on(const wamp::CallResult& result) {
    if (client_.leaving) return;
    const auto found = calls_.find(result.request);
    if (found == calls_.end())
        return client_.wrong(Check::one_answer, "RESULT for a call that is not open");
    const Call call = found->second;
    const bool progress = result.details.get_bool("progress", false);
    if (!progress) calls_.erase(found);
    if (call.tag == 0) return;
    auto& counts = client_.findings().counts;
    if (payload_id_of(result.payload).first != call.tag)
        client_.wrong(Check::one_answer, "RESULT of another call");
    if (progress && !call.progressive)
        client_.wrong(Check::legal_router, "progress that was not asked for");
    const CallState* const state = client_.environment.ledger.call(call.tag);
    if (state == nullptr || !state->yielded || !state->must.empty()) {
        client_.wrong(Check::expected_outcome,
                      "RESULT of " + call.uri + ", which nobody has given");
    }
    if (client_.kind == Kind::guest && call.uri.ends_with("svc.secret"))
        client_.wrong(Check::permit, "the secret was called");
    if (progress) {
        ++counts.progress;
        return;
    }
    if (wamp::is_passthru(result.details)) ++counts.sealed;
    ++counts.calls_ended;
    ++counts.results;
    client_.environment.ledger.calls.erase(call.tag);
}

void Caller::on(const wamp::Error& error) {
    if (client_.leaving) return;
    const auto found = calls_.find(error.request);
    if (found == calls_.end())
        return client_.wrong(Check::one_answer, "ERROR for a call that is not open");
    const Call call = found->second;
    calls_.erase(found);
    if (call.tag == 0) return;
    check_error(call, error);
    client_.environment.ledger.calls.erase(call.tag);
    auto& counts = client_.findings().counts;
    ++counts.calls_ended;
    if (error.uri == uris::network_failure) ++counts.network_failures;
    if (error.uri == uris::not_authorized) ++counts.refused;
    if (error.uri == uris::canceled) ++counts.canceled;
    if (error.uri == uris::timeout) ++counts.timeouts;
    if (error.uri == uris::unavailable) ++unavailable_;
}

void Caller::check_error(const Call& call, const wamp::Error& error) {
    const CallState* const state = client_.environment.ledger.call(call.tag);
    if (state == nullptr)
        return client_.wrong(Check::expected_outcome, error.uri + " for a call that has ended");
    bool legal = state->must.empty() ? state->may.contains(error.uri) : state->must == error.uri;
    if (error.uri == uris::timeout && state->must.empty() && state->due != Duration::zero())
        legal = legal || client_.environment.schedule.now() - state->since >= state->due;
    if (legal) return;
    std::string due = state->must;
    for (const std::string& uri : state->may) due += (due.empty() ? "" : " or ") + uri;
    client_.wrong(Check::expected_outcome, call.uri + " (tag " + std::to_string(call.tag) +
                                               ") ended with " + error.uri + ", not " + due);
}

void Caller::check_all_answered() const {
    for (const auto& [request, call] : calls_) {
        client_.wrong(Check::one_answer,
                      "no answer to call " + std::to_string(request) + " of " + call.uri);
    }
}

}  // namespace sallyport::sim
