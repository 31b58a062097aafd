#include "policy/door/auth_calls.h"

#include <chrono>

#include "policy/crypto/hash.h"
#include "policy/crypto/ticket_hash.h"
#include "wamp/codec/codec.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

using Level = wamp::effect::Note::Level;

namespace {

/// The first result of the procedure; nothing if there is none.
std::optional<wamp::Value> first_of(const wamp::Payload& payload) {
    auto args = wamp::args_of(payload);
    if (!args || args->empty()) return std::nullopt;
    return std::move(args->front());
}

}  // namespace

void AuthCalls::use_current_policy(Session& session) const {
    const auto realm = state_.realms.find(session.policy->realm());
    if (realm == nullptr) return;
    session.policy = realm->policy;
    session.counts = realm->counts;
    session.role = session.policy->role(gateway_role);
}

AuthCalls::Caller& AuthCalls::caller_in(std::string_view realm) {
    const auto found = callers_.find(realm);
    if (found != callers_.end()) return found->second;
    Caller& caller = callers_[std::string(realm)];
    caller.session = state_.unused_session_id();
    Session session;
    session.id = caller.session;
    session.principal = {std::string(gateway_role), std::string(gateway_role), "internal"};
    session.policy = state_.realms.find(realm)->policy;
    use_current_policy(state_.sessions.add(std::move(session)));
    events_.push_back(door_event::Joined{caller.session});
    return caller;
}

bool AuthCalls::has_room(const Peer& peer) const {
    std::size_t of_circuit = 0;
    for (const auto& [realm, caller] : callers_) {
        for (const auto& [request, waiting] : caller.waiting)
            of_circuit += waiting.circuit == peer.transport.circuit ? 1U : 0U;
    }
    return open() < calls_max && (peer.transport.circuit == 0 || of_circuit < calls_of_circuit_max);
}

// The procedure is also called for principals of the file, so that timing does not reveal who is in
// it. It never sees their secrets, and its answer about them is dropped.
wamp::List AuthCalls::arguments_for(const Peer& peer, bool hide_ticket) const {
    const JoinRequest& request = peer.join.request;
    wamp::Dict details{{"authmethod", to_string(request.method)}, {"session", peer.join.session}};
    if (request.method == Method::ticket) {
        const std::string other = crypto::make_ticket(state_.random);
        details.set("ticket", hide_ticket ? other : peer.join.ticket);
    }
    if (request.method == Method::cryptosign)
        details.set("authextra", wamp::Dict{{"pubkey", crypto::to_hex(request.key)}});
    wamp::Value authid;
    if (!request.authid.empty()) authid = request.authid;
    return {peer.realm->policy->realm(), std::move(authid), std::move(details)};
}

void AuthCalls::call(Peer& peer, bool hide_ticket, wamp::Instant now, wamp::Outbox& out) {
    const std::string_view realm = peer.realm->policy->realm();
    const DynamicText& dynamic = *peer.realm->terms->dynamic();
    const bool room = has_room(peer);
    const wamp::List arguments = arguments_for(peer, hide_ticket);
    wamp::OwnedPayload payload(wamp::Serializer::msgpack,
                               wamp::encode_value(wamp::Serializer::msgpack, arguments), {});
    Caller& caller = caller_in(realm);
    const wamp::RequestId request = ++caller.last;
    peer.join.auth_request = request;
    Waiting& waiting = caller.waiting[request];
    waiting = {peer.id, peer.transport.circuit, std::move(payload)};
    if (!room) {
        ended_.push_back({std::string(realm), request, std::nullopt});
        return;
    }
    Session& session = *state_.sessions.find(caller.session);
    use_current_policy(session);
    wamp::Call call;
    call.request = request;
    call.procedure = dynamic.procedure;
    call.payload = waiting.payload.view();
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(dynamic.timeout);
    call.options.set("timeout", static_cast<std::uint64_t>(timeout.count()));
    // All calls are made by one session; for limits per circuit each counts for the circuit of its
    // peer.
    Requester requester(session);
    requester.circuit = peer.transport.circuit;
    requester.counted_session = session.id;
    requester.counted_circuit = counted_circuit(peer.transport.circuit, peer.id);
    Judge::Verdict verdict = state_.judge.judge(requester, call, now);
    if (!verdict.permit) {
        const bool too_often =
            verdict.outcome == Outcome::over_rate || verdict.outcome == Outcome::over_in_flight;
        wamp::note(out, Level::warning, "cannot call ", dynamic.procedure,
                   " to authenticate clients of realm ", realm,
                   too_often ? ": over the limits of its rule"
                             : ": the policy denies it for role gateway");
        ended_.push_back({std::string(realm), request, std::nullopt});
        return;
    }
    events_.push_back(door_event::Request{&session,
                                          *std::move(verdict.permit),
                                          std::move(call),
                                          false,
                                          0,
                                          {},
                                          {},
                                          std::move(verdict.lease)});
}

void AuthCalls::on_message(const Session& session, const wamp::Message& message) {
    Ended ended{std::string(session.policy->realm()), 0, std::nullopt};
    if (const auto* result = std::get_if<wamp::CallResult>(&message)) {
        if (result->details.get_bool("progress", false)) return;
        ended.request = result->request;
        ended.result = first_of(result->payload);
    } else if (const auto* error = std::get_if<wamp::Error>(&message)) {
        ended.request = error->request;
    } else {
        return;
    }
    ended_.push_back(std::move(ended));
}

std::optional<DoorEvent> AuthCalls::next_event() {
    if (events_.empty()) return std::nullopt;
    std::optional<DoorEvent> event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<AuthCalls::Answer> AuthCalls::next_answer() {
    if (!lost_.empty()) {
        std::optional<Answer> answer = std::move(lost_.back());
        lost_.pop_back();
        return answer;
    }
    while (!ended_.empty()) {
        Ended ended = std::move(ended_.front());
        ended_.pop_front();
        const auto caller = callers_.find(ended.realm);
        if (caller == callers_.end()) continue;
        auto waiting = caller->second.waiting.extract(ended.request);
        if (waiting.empty()) continue;
        return Answer{waiting.mapped().peer, ended.request, std::move(ended.result)};
    }
    return std::nullopt;
}

std::size_t AuthCalls::open() const noexcept {
    std::size_t open = 0;
    for (const auto& [realm, caller] : callers_) open += caller.waiting.size();
    return open;
}

std::vector<wamp::SessionId> AuthCalls::sessions_ended_by(std::span<const DoorRealm> realms) const {
    std::vector<wamp::SessionId> ended;
    for (const auto& [realm, caller] : callers_) {
        if (find_realm(realms, realm) == nullptr) ended.push_back(caller.session);
    }
    return ended;
}

void AuthCalls::reload() {
    for (auto entry = callers_.begin(); entry != callers_.end();) {
        auto& [realm, caller] = *entry;
        if (state_.realms.has(realm)) {
            use_current_policy(*state_.sessions.find(caller.session));
            ++entry;
            continue;
        }
        for (auto& [request, waiting] : caller.waiting)
            lost_.push_back({waiting.peer, request, std::nullopt});
        entry = callers_.erase(entry);
    }
}

}  // namespace sallyport::policy
