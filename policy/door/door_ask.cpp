// How a door asks a procedure behind it who may join: [auth.dynamic].
#include <algorithm>
#include <chrono>
#include <utility>

#include "policy/door/door.h"
#include "wamp/base/check.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

using wamp::PeerId;
using Level = wamp::effect::Note::Level;

namespace {

/// Questions that are open at a time, in all and of one circuit: who asks for more is denied.
constexpr std::size_t asking_max = 256;
constexpr std::size_t asking_of_circuit_max = 8;

/// The first result of the procedure; nothing when there is none.
std::optional<wamp::Value> first_of(const wamp::Payload& payload) {
    auto args = wamp::args_of(payload);
    if (!args || args->empty()) return std::nullopt;
    return std::move(args->front());
}

}  // namespace

// The session that the door itself has in a realm: a caller like any other, under the policy's
// rules for its role.
Door::Desk& Door::desk_of(std::string_view realm) {
    const auto found = desks_.find(realm);
    if (found != desks_.end()) return found->second;
    Desk& desk = desks_[std::string(realm)];
    do {
        desk.session = random_.global_id();
    } while (sessions_.has(desk.session));
    Session session;
    session.id = desk.session;
    session.principal = {std::string(gateway_role), std::string(gateway_role), "internal"};
    session.policy = realms_.find(realm)->second->policy;
    session.role = session.policy->role(gateway_role);
    sessions_.add(std::move(session));
    due_.push_back(Joined{desk.session});
    return desk;
}

bool Door::may_ask(const Peer& peer) const {
    std::size_t open = 0;
    std::size_t of_circuit = 0;
    for (const auto& [realm, desk] : desks_) {
        open += desk.asking.size();
        for (const auto& [request, asking] : desk.asking)
            of_circuit += asking.circuit == peer.transport.circuit ? 1U : 0U;
    }
    return open < asking_max && (peer.transport.circuit == 0 || of_circuit < asking_of_circuit_max);
}

void Door::ask(PeerId id, Peer& peer, Authenticator::Asked&& asked, wamp::Instant now,
               wamp::Outbox& out) {
    const std::string_view realm = peer.realm->policy->realm();
    const DynamicText& dynamic = *peer.realm->authenticator->dynamic();
    const bool may = may_ask(peer);
    const wamp::List arguments{realm, std::move(asked.authid), std::move(asked.details)};
    wamp::OwnedPayload payload(wamp::Serializer::msgpack,
                               wamp::encode_value(wamp::Serializer::msgpack, arguments), {});
    Desk& desk = desk_of(realm);
    const wamp::RequestId request = ++desk.last;
    peer.joining.asked = request;
    Asking& asking = desk.asking[request];
    asking = {id, peer.transport.circuit, std::move(asked.attempt), std::move(payload)};
    if (!may) {
        told_.push_back({std::string(realm), request, std::nullopt});
        return;
    }
    Session& session = *sessions_.find(desk.session);
    session.policy = realms_.find(realm)->second->policy;
    session.role = session.policy->role(gateway_role);
    const wamp::Payload view = asking.payload.view();
    const Question question{
        Action::call, dynamic.procedure, wamp::MatchPolicy::exact, view.bytes(), &view, false};
    const Decision decision = session.policy->decide(session.subject(), question);
    const Permit* const permit = std::get_if<Permit>(&decision);
    // All that ask are one session; on a circuit's limits they count for their own.
    wamp::Tally::Lease lease;
    const bool admitted =
        permit != nullptr &&
        rule_limits_.admit(
            session.policy->rule(permit->rule()).id, permit->limits(),
            {session.id, session.principal.authid, circuit_of(peer.transport.circuit, id)}, true,
            now, lease) == RuleLimits::Verdict::within;
    if (!admitted) {
        wamp::note(out, Level::warning, "nobody may ask ", dynamic.procedure,
                   " who may join realm ", realm,
                   permit == nullptr ? ": role gateway has no right to"
                                     : ": more often than its rule allows");
        told_.push_back({std::string(realm), request, std::nullopt});
        return;
    }
    wamp::Call call;
    call.request = request;
    call.procedure = dynamic.procedure;
    call.payload = view;
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(dynamic.timeout);
    call.options.set("timeout", static_cast<std::uint64_t>(timeout.count()));
    due_.push_back(
        Request{desk.session, *permit, std::move(call), false, 0, {}, {}, std::move(lease)});
}

// An answer to the door's own session; whatever else it is told is dropped.
void Door::hear(const Session& session, const wamp::Message& message) {
    Told told{std::string(session.policy->realm()), 0, std::nullopt};
    if (const auto* result = std::get_if<wamp::CallResult>(&message)) {
        if (result->details.get_bool("progress", false)) return;
        told.request = result->request;
        told.answer = first_of(result->payload);
    } else if (const auto* error = std::get_if<wamp::Error>(&message)) {
        told.request = error->request;
    } else {
        return;
    }
    told_.push_back(std::move(told));
}

Door::Event Door::next(wamp::Instant now, wamp::Outbox& out) {
    if (!due_.empty()) {
        Event event = std::move(due_.front());
        due_.pop_front();
        return event;
    }
    while (!told_.empty()) {
        const Told told = std::move(told_.front());
        told_.pop_front();
        const auto desk = desks_.find(told.realm);
        if (desk == desks_.end()) continue;
        auto asking = desk->second.asking.extract(told.request);
        if (asking.empty()) continue;
        const auto found = peers_.find(asking.mapped().peer);
        // Who asked may be gone, or have begun anew.
        if (found == peers_.end() || found->second.joining.asked != told.request) continue;
        Peer& peer = found->second;
        peer.joining.asked = 0;
        const wamp::Value* const answer = told.answer ? &*told.answer : nullptr;
        Event event = step(found->first, peer,
                           peer.realm->authenticator->resume(std::move(asking.mapped().attempt),
                                                             answer, arrival(peer)),
                           now, out);
        if (!std::holds_alternative<std::monostate>(event)) return event;
    }
    return {};
}

}  // namespace sallyport::policy
