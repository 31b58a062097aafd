#include "policy/door/door.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "wamp/base/text.h"
#include "wamp/codec/passthru_payload.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::Message;
using wamp::MessageType;
using wamp::PeerId;
using Level = wamp::effect::Note::Level;

namespace {

/// Whether an answer in payload passthru mode has the required payload (W-PPT-03); true for other
/// answers.
bool has_its_payload(const wamp::Yield& yield) noexcept {
    return !wamp::is_passthru(yield.options) ||
           wamp::is_passthru_payload(yield.options, yield.payload);
}
bool has_its_payload(const wamp::Error& error) noexcept {
    return !wamp::is_passthru(error.details) ||
           wamp::is_passthru_payload(error.details, error.payload);
}

/// The principal that a link conveys: the first element of the chain is the original client
/// (W-R2R-01).
Requester requester_of(const Session& session, Trust trust, const wamp::Dict& options) noexcept {
    if (trust == Trust::client) return Requester(session);
    const wamp::List* const chain = options.get_list("forward_for");
    const wamp::Dict* const origin =
        chain == nullptr || chain->empty() ? nullptr : chain->front().get_if<wamp::Dict>();
    if (origin == nullptr) return Requester(session);
    const std::string_view role = origin->get_string("authrole");
    return {session,
            {session.policy->role(role), origin->get_string("authid"), role, session.id},
            origin->get_uint("session", 0),
            options.get_uint("x_request", 0)};
}

/// How a client left, with what it said in its GOODBYE, for records.
std::string departure(const wamp::Goodbye& goodbye) {
    std::string text = "left";
    const std::string_view message = goodbye.details.get_string("message");
    if (goodbye.reason != uris::close_realm) text += ": " + wamp::printable(goodbye.reason);
    if (!message.empty()) text += ": " + wamp::printable(message);
    return text;
}

template <class Request>
bool wants_answer(const Request& request) noexcept {
    if constexpr (std::is_same_v<Request, wamp::Publish>)
        return request.options.get_bool("acknowledge", false);
    return true;  // only publications may go without (W-PUB-04)
}

}  // namespace

Door::Door(std::vector<DoorRealm> realms, DoorLimits limits, wamp::Random random, wamp::Dict roles)
    : state_(std::move(realms), limits, random, std::move(roles)),
      auth_calls_(state_),
      joining_(state_, auth_calls_),
      delivery_(state_, auth_calls_),
      pace_(limits.denials_per_s),
      join_pace_(limits.joins_per_s, limits.join_timeout) {}

const RealmPolicy* Door::realm(std::string_view name) const noexcept {
    const auto found = state_.realms.find(name);
    return found == nullptr ? nullptr : found->policy.get();
}

const RealmCounts* Door::counts(std::string_view name) const noexcept {
    const auto found = state_.realms.find(name);
    return found == nullptr ? nullptr : found->counts.get();
}

void Door::forget(wamp::SessionId id) noexcept {
    const Session* const session = state_.sessions.find(id);
    if (session != nullptr && session->connection != nullptr) Peers::unbind(*session->connection);
    state_.judge.latest().forget(id);
    state_.sessions.remove(id);
}

void Door::on_open(PeerId id, const Transport& transport, Trust trust, wamp::Instant now,
                   wamp::Outbox& out) {
    if (trust == Trust::client && state_.peers.size() >= state_.limits.peers_max) {
        wamp::note(out, Level::warning, "refused a connection: ", state_.limits.peers_max,
                   " are open already", wamp::on_circuit(transport.circuit));
        out.push_back(wamp::effect::Close{id});
        return;
    }
    Peer& peer = state_.peers.add(id);
    peer.transport = transport;
    peer.trust = trust;
    const wamp::IdRule ids =
        trust == Trust::client ? state_.limits.request_ids : wamp::IdRule::strict;
    const std::size_t streams_max =
        trust == Trust::client ? wamp::streams_of_client_max : wamp::streams_of_link_max;
    peer.machine = wamp::ServerSession(ids, state_.passthru, state_.streams, streams_max);
    const wamp::Duration left = state_.limits.join_timeout - transport.handshake;
    state_.peers.set_due(peer, now + std::max(left, wamp::Duration::zero()));
    if (trust == Trust::client) join_pace_.expect(peer, now);
}

Door::Event Door::on_message(PeerId id, std::string_view bytes, wamp::Instant now,
                             wamp::Outbox& out) {
    Peer* const peer = state_.peers.find(id);
    if (peer == nullptr) return {};
    state_.recorder().set_time(now);
    if (peer->carried != nullptr) {
        const auto part = peer->carried->take(bytes);
        if (part.has_error()) return violate(*peer, part.error(), out);
        if (*part == wamp::CarriedPayloads::Part::taken) return {};
    }
    auto message = wamp::decode(peer->transport.serializer, bytes, state_.limits.message);
    if (message.has_error()) return violate(*peer, message.error(), out);
    if (peer->carried != nullptr) {
        if (const auto error = peer->carried->resolve(*message)) return violate(*peer, *error, out);
    }
    const Verdict verdict = peer->machine.judge(*message);
    if (verdict == Verdict::dispatch) return dispatch(*peer, std::move(*message), now, out);
    return act(*peer, verdict, std::move(*message), now, out);
}

Door::Event Door::violate(Peer& peer, wamp::DecodeError error, wamp::Outbox& out) {
    if (peer.is_leaving()) return {};
    wamp::note(out, Level::info, "protocol violation: ", to_string(error),
               wamp::of_session(peer.session == nullptr ? 0 : peer.session->id),
               wamp::on_circuit(peer.transport.circuit));
    return abort(peer, uris::protocol_violation, out);
}

Door::Event Door::act(Peer& peer, Verdict verdict, Message&& message, wamp::Instant now,
                      wamp::Outbox& out) {
    switch (verdict) {
        case Verdict::join:
            return joining_.on_hello(peer, std::get<wamp::Hello>(message), now, out);
        case Verdict::authenticate:
            return joining_.on_authenticate(peer, std::get<wamp::Authenticate>(message), now, out);
        case Verdict::dispatch:
            return dispatch(peer, std::move(message), now, out);
        case Verdict::proceed:
            return proceed(peer, std::get<wamp::Call>(std::move(message)), now);
        case Verdict::refuse:
            delivery_.refuse(*peer.session, wamp::Call::type, std::get<wamp::Call>(message).request,
                             uris::unavailable, out);
            return {};
        case Verdict::ignore:
            return {};
        case Verdict::goodbye: {
            Peers::send(peer, wamp::Goodbye{{}, std::string(uris::goodbye_and_out)}, out);
            const Session* const session = Peers::unbind(peer);
            state_.recorder().record_leave(*session, departure(std::get<wamp::Goodbye>(message)));
            // It may join again (W-SES-16).
            state_.peers.set_due(peer, now + state_.limits.join_timeout);
            if (peer.trust == Trust::client) join_pace_.expect(peer, now);
            out.push_back(wamp::effect::Joined{peer.id, false});
            return Left{session->id};
        }
        case Verdict::ended:
            state_.peers.close(peer, out);
            return {};
        case Verdict::close: {
            const Session* const session = Peers::unbind(peer);
            if (session != nullptr) state_.recorder().record_leave(*session, "aborted by the peer");
            state_.peers.close(peer, out);
            return session == nullptr ? Event{} : Left{session->id};
        }
        case Verdict::violation:
            wamp::note(out, Level::info, "protocol violation: ", peer.machine.why(),
                       wamp::of_session(peer.session == nullptr ? 0 : peer.session->id),
                       wamp::on_circuit(peer.transport.circuit));
            return abort(peer, uris::protocol_violation, out);
    }
    return {};
}

Door::Event Door::on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out) {
    state_.recorder().set_time(now);
    return joining_.on_auth_answer(packet, now, out);
}

void Door::on_authenticator_lost(wamp::Instant now, wamp::Outbox& out) {
    state_.recorder().set_time(now);
    joining_.on_authenticator_lost(now, out);
}

Door::Event Door::next(wamp::Instant now, wamp::Outbox& out) {
    if (auto event = auth_calls_.next_event()) return *std::move(event);
    while (auto answer = auth_calls_.next_answer()) {
        Event event = joining_.on_procedure_answer(*std::move(answer), out);
        if (!std::holds_alternative<std::monostate>(event)) return event;
    }
    delivery_.note_undeliverable(now, out);
    return {};
}

// Leaving
// -------------------------------------------------------------------------------------------------

Door::Event Door::on_closed(PeerId id, std::string_view why) {
    Peer* const peer = state_.peers.find(id);
    if (peer == nullptr) return {};
    const Session* const session = Peers::unbind(*peer);
    if (session != nullptr)
        state_.recorder().record_leave(*session, "connection lost: " + std::string(why));
    join_pace_.leave(*peer);
    state_.peers.remove(*peer);
    return session == nullptr ? Event{} : Left{session->id};
}

Door::Event Door::abort(Peer& peer, std::string_view reason, wamp::Outbox& out) {
    Peers::send(peer, wamp::Abort{{}, std::string(reason), {}}, out);
    const Session* const session = Peers::unbind(peer);
    if (session != nullptr) state_.recorder().record_leave(*session, reason);
    state_.peers.close(peer, out);
    return session == nullptr ? Event{} : Left{session->id};
}

void Door::dismiss(wamp::SessionId id, std::string_view reason, wamp::Instant now,
                   wamp::Outbox& out, std::string_view message) {
    const Session* const session = state_.sessions.find(id);
    if (session == nullptr || session->connection == nullptr) return;
    Peer& peer = *session->connection;
    state_.recorder().record_leave(*session, reason);
    peer.machine.goodbye_sent();
    Peers::unbind(peer);
    wamp::Goodbye goodbye{{}, std::string(reason)};
    if (!message.empty()) goodbye.details.append("message", message);
    wamp::Frame frame = wamp::encode(peer.transport.serializer, goodbye);
    if (!message.empty() && frame.message().size() > peer.transport.peer_receives_max) {
        goodbye.details.erase("message");
        frame = wamp::encode(peer.transport.serializer, goodbye);
    }
    out.push_back(wamp::effect::Send{peer.id, std::move(frame)});
    state_.peers.set_due(peer, now + state_.limits.leave_timeout);
}

void Door::turn_away(wamp::Outbox& out) {
    for (Peer* const peer : state_.peers.without_session())
        joining_.refuse(*peer, uris::system_shutdown, out);
}

void Door::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    pace_.on_deadline(now, out);
    join_pace_.on_deadline(now, out);
    state_.recorder().set_time(now);
    state_.recorder().on_deadline(now);
    delivery_.on_deadline(now, out);
    while (Peer* const peer = state_.peers.next_due(now)) {
        if (peer->is_leaving()) {
            state_.peers.close(*peer, out);  // nothing is sent after GOODBYE (W-SES-08)
        } else {
            joining_.refuse(*peer, uris::timeout, out);
        }
    }
}

// Requests
// ------------------------------------------------------------------------------------------------

template <class Message>
Door::Event Door::judge_request(Peer& peer, Message&& request, wamp::Instant now,
                                wamp::Outbox& out) {
    Session& session = *peer.session;
    const Requester requester = requester_of(session, peer.trust, request.options);
    Judge::Verdict verdict = state_.judge.judge(requester, request, now);
    if (!verdict.permit) {
        if (peer.trust == Trust::client) pace_.count(peer, now);
        if (wants_answer(request))
            delivery_.refuse(session, request.type, request.request, verdict.error, out,
                             verdict.cause);
        return {};
    }
    Event event(std::in_place_type<Request>, Request{&session,
                                                     *std::move(verdict.permit),
                                                     {},
                                                     requester.conveyed,
                                                     requester.origin,
                                                     {},
                                                     {},
                                                     std::move(verdict.lease)});
    Request& passed = std::get<Request>(event);
    if (requester.conveyed) {
        passed.origin_authid = requester.subject.authid;
        passed.origin_role = requester.subject.authrole;
    }
    passed.message = std::forward<Message>(request);
    return event;
}

Door::Event Door::dispatch(Peer& peer, Message&& message, wamp::Instant now, wamp::Outbox& out) {
    Session* const session = peer.session;
    return std::visit(
        [&]<class Received>(Received& m) -> Event {
            if constexpr (requires { question_of(m); }) {
                return judge_request(peer, std::move(m), now, out);
            } else if constexpr (std::is_same_v<Received, wamp::Yield>) {
                if (has_its_payload(m)) return Followup{session, std::move(m)};
                const std::string error(uris::invalid_argument);  // this ends the call as well
                return Followup{session,
                                wamp::Error{MessageType::invocation, m.request, {}, error, {}}};
            } else if constexpr (std::is_same_v<Received, wamp::Error>) {
                if (has_its_payload(m)) return Followup{session, std::move(m)};
                return Followup{session,
                                wamp::Error{m.request_type, m.request, {}, std::move(m.uri), {}}};
            } else {
                if constexpr (std::is_same_v<Received, wamp::Unsubscribe>)
                    if (peer.latest) state_.judge.latest().on_unsubscribe(session->id, m);
                return Followup{session, std::move(m)};
            }
        },
        message);
}

/// The caller has been authorized with the first CALL (W-PCI-10). What may differ in this one is
/// judged: its size and arguments, the rate, and all of it after a reload.
Door::Event Door::proceed(Peer& peer, wamp::Call&& further, wamp::Instant now) {
    Session* const session = peer.session;
    peer.machine.freeze(further);
    const Requester requester = requester_of(*session, peer.trust, further.options);
    const std::string_view error = state_.judge.judge_further(requester, further, now);
    if (error.empty()) return Followup{session, std::move(further)};
    if (peer.trust == Trust::client) pace_.count(peer, now);
    const wamp::Dict options{{"mode", "killnowait"}};
    return Followup{session, wamp::Cancel{further.request, options}, error};
}

std::string_view Door::may_publish(const Session& session, wamp::Publish publication) {
    publication.options.set("acknowledge", true);  // a denial is then answered
    return state_.judge.may_publish(session, publication);
}

std::optional<Door::Request> Door::publish(Session& session, wamp::Publish&& publication,
                                           wamp::Instant now) {
    state_.recorder().set_time(now);
    Judge::Verdict verdict = state_.judge.judge(Requester(session), publication, now);
    if (!verdict.permit) return std::nullopt;
    return Request{
        &session, *std::move(verdict.permit), std::move(publication), false, session.id, {}, {},
        {}};
}

// Reload
// --------------------------------------------------------------------------------------------------

std::vector<Door::Ended> Door::ended_by(std::span<const DoorRealm> realms) const {
    std::vector<Ended> ended;
    state_.peers.for_each([&](const Peer& peer) {
        if (peer.session == nullptr) return;
        const Session& session = *peer.session;
        const DoorRealm* const realm = find_realm(realms, session.policy->realm());
        if (realm == nullptr) {
            ended.push_back({session.id, uris::close_realm});
        } else if (peer.trust == Trust::client &&
                   !realm->terms->admits(session.principal, session.dynamic)) {
            ended.push_back({session.id, uris::killed});
        }
    });
    std::sort(ended.begin(), ended.end(),
              [](const Ended& a, const Ended& b) { return a.session < b.session; });
    return ended;
}

void Door::reload(std::vector<DoorRealm> realms, wamp::Outbox& out) {
    for (const RealmPolicy* const policy : state_.realms.replace(std::move(realms))) {
        state_.recorder().record_reload(*policy);
        wamp::note(out, Level::info, "realm ", policy->realm(), ": policy ",
                   policy->hash().substr(0, 12), " is now active");
    }
    state_.peers.for_each([&](Peer& peer) {
        if (peer.session == nullptr) return;
        const auto realm = state_.realms.find(peer.session->policy->realm());
        if (realm == nullptr) return;
        peer.realm = realm;
        Session& session = *peer.session;
        session.policy = realm->policy;
        session.counts = realm->counts;
        session.role = session.policy->role(session.principal.role);
    });
    auth_calls_.reload();
}

}  // namespace sallyport::policy
