#include "policy/door/door.h"

#include <algorithm>
#include <type_traits>

#include "policy/door/door_asked.h"
#include "policy/engine/option_grants.h"
#include "wamp/base/check.h"
#include "wamp/base/text.h"
#include "wamp/base/uri.h"
#include "wamp/codec/passthru_payload.h"
#include "wamp/message/match.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::Message;
using wamp::MessageType;
using wamp::PeerId;
using Level = wamp::effect::Note::Level;
using Verdict = wamp::ServerSession::Verdict;

namespace {

/// Whether the request may name that URI at all (W-URI-03, 06, 07); what it may do there is for the
/// policy.
bool is_nameable(Action action, std::string_view uri, wamp::MatchPolicy match) noexcept {
    if (!wamp::is_valid_pattern(uri, match)) return false;
    switch (action) {
        case Action::register_:
            return !wamp::reaches_reserved(uri, match);
        case Action::publish:
            return !wamp::is_reserved(uri);
        case Action::call:
        case Action::subscribe:
            return true;
    }
    return false;
}

/// Whether a message in payload passthru mode carries what it says (W-PPT-03). Others do.
template <class Said>
bool has_its_shape(const Said& said) noexcept {
    if constexpr (requires {
                      said.payload;
                      said.options;
                  }) {
        return !wamp::is_passthru(said.options) ||
               wamp::is_passthru_payload(said.options, said.payload);
    } else if constexpr (requires {
                             said.payload;
                             said.details;
                         }) {
        return !wamp::is_passthru(said.details) ||
               wamp::is_passthru_payload(said.details, said.payload);
    }
    return true;
}

constexpr std::string_view not_passthru = "ppt_scheme without the one argument that goes with it";

}  // namespace

Door::Door(std::vector<DoorRealm> realms, DoorLimits limits, wamp::Random random, wamp::Dict roles)
    : limits_(limits),
      random_(random),
      roles_(std::move(roles)),
      passthru_(wamp::read_features({{"roles", roles_}})
                    .has(wamp::Feature::dealer_payload_passthru_mode)),
      rule_limits_(random_.next()),
      failures_(random_),
      audit_(limits.audit) {
    random_.fill(decoy_key_);
    for (auto& realm : realms) {
        std::string name(realm.policy->realm());
        std::vector<std::uint64_t> hits(realm.policy->rules().size());
        realms_.emplace(std::move(name),
                        std::make_shared<Realm>(Realm{std::move(realm), std::move(hits)}));
    }
}

const RealmPolicy* Door::realm(std::string_view name) const noexcept {
    const auto found = realms_.find(name);
    return found == realms_.end() ? nullptr : found->second->policy.get();
}

std::vector<std::string_view> Door::realm_names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, realm] : realms_) names.push_back(name);
    return names;
}

std::span<const std::uint64_t> Door::hits(std::string_view name) const noexcept {
    const auto found = realms_.find(name);
    return found == realms_.end() ? std::span<const std::uint64_t>() : found->second->hits;
}

std::vector<wamp::SessionId> Door::session_ids() const {
    std::vector<wamp::SessionId> ids;
    for (const auto& [id, peer] : peers_) {
        if (peer.session != 0) ids.push_back(peer.session);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

void Door::on_open(PeerId id, const Transport& transport, Trust trust, wamp::Instant now,
                   wamp::Outbox& out) {
    if (trust == Trust::client && peers_.size() >= limits_.peers_max) {
        wamp::note(out, Level::warning, "refused a connection: ", limits_.peers_max,
                   " are open already", wamp::on_circuit(transport.circuit));
        out.push_back(wamp::effect::Close{id});
        return;
    }
    Peer& peer = peers_[id];
    peer.transport = transport;
    peer.trust = trust;
    peer.machine = wamp::ServerSession(wamp::IdRule::strict, passthru_);
    await(id, peer, limits_.join_timeout, now);
}

Door::Event Door::on_message(PeerId id, std::string_view bytes, wamp::Instant now,
                             wamp::Outbox& out) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return {};
    Peer& peer = found->second;
    auto message = wamp::decode(peer.transport.serializer, bytes, limits_.message);
    if (message.has_error()) {
        if (peer.machine.state() == wamp::ServerSession::State::shutting_down) return {};
        wamp::note(out, Level::info, "protocol violation: ", to_string(message.error()),
                   wamp::of_session(peer.session), wamp::on_circuit(peer.transport.circuit));
        return abort(id, peer, uris::protocol_violation, out);
    }
    switch (peer.machine.judge(*message)) {
        case Verdict::join:
            return join(id, peer, std::get<wamp::Hello>(*message), now, out);
        case Verdict::authenticate:
            return authenticate(id, peer, std::get<wamp::Authenticate>(*message), now, out);
        case Verdict::dispatch:
            return dispatch(peer, std::move(*message), now, out);
        case Verdict::ignore:
            return {};
        case Verdict::goodbye: {
            const wamp::Goodbye reply{{}, std::string(uris::goodbye_and_out)};
            out.push_back(wamp::effect::Send{id, wamp::encode(peer.transport.serializer, reply)});
            record_leave(peer, "left");
            await(id, peer, limits_.join_timeout, now);  // it may join again (W-SES-16)
            return Left{std::exchange(peer.session, 0)};
        }
        case Verdict::ended:
            drop(id, out);
            return {};
        case Verdict::close: {
            const wamp::SessionId session = peer.session;
            if (session != 0) record_leave(peer, "aborted by the peer");
            drop(id, out);
            return session == 0 ? Event{} : Left{session};
        }
        case Verdict::violation:
            wamp::note(out, Level::info, "protocol violation: ", peer.machine.why(),
                       wamp::of_session(peer.session), wamp::on_circuit(peer.transport.circuit));
            return abort(id, peer, uris::protocol_violation, out);
    }
    return {};
}

Door::Event Door::on_closed(PeerId id, std::string_view why) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return {};
    const wamp::SessionId session = found->second.session;
    if (session != 0) {
        record_leave(found->second, "connection lost: " + std::string(why));
    }
    peers_.erase(found);
    return session == 0 ? Event{} : Left{session};
}

// Leaving
// -------------------------------------------------------------------------------------------------

Door::Event Door::abort(PeerId id, Peer& peer, std::string_view reason, wamp::Outbox& out) {
    const wamp::Abort message{{}, std::string(reason), {}};
    out.push_back(wamp::effect::Send{id, wamp::encode(peer.transport.serializer, message)});
    const wamp::SessionId session = peer.session;
    if (session != 0) record_leave(peer, reason);
    drop(id, out);
    return session == 0 ? Event{} : Left{session};
}

void Door::drop(PeerId id, wamp::Outbox& out) {
    out.push_back(wamp::effect::Close{id});
    peers_.erase(id);
}

void Door::dismiss(wamp::SessionId session, std::string_view reason, wamp::Instant now,
                   wamp::Outbox& out) {
    Session* const leaving = sessions_.find(session);
    if (leaving == nullptr) return;
    const auto found = peers_.find(leaving->peer);
    if (found == peers_.end()) return;
    Peer& peer = found->second;
    record_leave(peer, reason);
    peer.machine.goodbye_sent();
    peer.session = 0;
    const wamp::Goodbye message{{}, std::string(reason)};
    out.push_back(
        wamp::effect::Send{found->first, wamp::encode(peer.transport.serializer, message)});
    await(found->first, peer, limits_.leave_timeout, now);
}

// Time
// ----------------------------------------------------------------------------------------------------

void Door::await(PeerId id, Peer& peer, wamp::Duration timeout, wamp::Instant now) {
    peer.due = now + timeout;
    const bool leaving = peer.machine.state() == wamp::ServerSession::State::shutting_down;
    (leaving ? leaving_ : joining_).emplace_back(peer.due, id);
}

void Door::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    for (auto* queue : {&joining_, &leaving_}) {
        while (!queue->empty() && queue->front().first <= now) {
            const auto [due, id] = queue->front();
            queue->pop_front();
            const auto found = peers_.find(id);
            if (found == peers_.end() || found->second.due != due) continue;
            if (found->second.machine.state() == wamp::ServerSession::State::shutting_down) {
                drop(id, out);  // nothing more is said after GOODBYE (W-SES-08)
            } else {
                refuse_join(id, found->second, uris::timeout, out);
            }
        }
    }
}

wamp::Instant Door::deadline() const noexcept {
    wamp::Instant earliest = wamp::never;
    for (const auto* queue : {&joining_, &leaving_}) {
        if (!queue->empty()) earliest = std::min(earliest, queue->front().first);
    }
    return earliest;
}

// The ways to a denial differ by some nanoseconds even so; that drowns in up to two microseconds of
// work for nothing (docs/decisions/0004).
void Door::blur() noexcept {
    constexpr std::uint64_t rounds_max = 1536;  // of four or five cycles
    for (std::uint64_t rounds = random_.below(rounds_max); rounds > 0; --rounds) {
        blurred_ = (blurred_ ^ rounds) * 0xBF58476D1CE4E5B9U;
    }
}

// Requests
// ------------------------------------------------------------------------------------------------

Door::Event Door::dispatch(Peer& peer, Message&& message, wamp::Instant now, wamp::Outbox& out) {
    return std::visit(
        [&]<class M>(M&& m) -> Event {
            using Asked = std::remove_cvref_t<M>;
            if constexpr (std::is_same_v<Asked, wamp::Call>) {
                return decide(peer, Action::call, std::move(m), m.procedure, now, out);
            } else if constexpr (std::is_same_v<Asked, wamp::Register>) {
                return decide(peer, Action::register_, std::move(m), m.procedure, now, out);
            } else if constexpr (std::is_same_v<Asked, wamp::Publish>) {
                return decide(peer, Action::publish, std::move(m), m.topic, now, out);
            } else if constexpr (std::is_same_v<Asked, wamp::Subscribe>) {
                return decide(peer, Action::subscribe, std::move(m), m.topic, now, out);
            } else if constexpr (std::is_same_v<Asked, wamp::Yield>) {
                if (has_its_shape(m)) return Followup{peer.session, std::move(m)};
                const std::string error(uris::invalid_argument);  // it ends the call all the same
                return Followup{peer.session,
                                wamp::Error{MessageType::invocation, m.request, {}, error, {}}};
            } else if constexpr (std::is_same_v<Asked, wamp::Error>) {
                if (has_its_shape(m)) return Followup{peer.session, std::move(m)};
                return Followup{peer.session,
                                wamp::Error{m.request_type, m.request, {}, std::move(m.uri), {}}};
            } else {
                return Followup{peer.session, std::move(m)};
            }
        },
        std::move(message));
}

Door::Speaker Door::speaker_of(const Session& session) noexcept {
    const Principal& who = session.principal;
    return {session.role, session.id, who.authid,      who.role,
            false,        session.id, session.circuit, session.peer};
}

template <class Message>
Door::Ruling Door::judge(const Speaker& speaker, const Matter& matter, Message& asked, bool counts,
                         wamp::Instant now) {
    const auto deny = [](Outcome outcome, RuleIndex rule, std::string_view reason,
                         std::string_view error) {
        return Ruling{outcome, std::nullopt, rule, reason, error, {}};
    };
    const Action action = matter.action;
    if (!is_nameable(action, matter.uri, matter.match))
        return deny(Outcome::invalid, no_rule, {}, uris::invalid_uri);
    if (!has_its_shape(asked))
        return deny(Outcome::invalid, no_rule, not_passthru, uris::invalid_argument);

    const wamp::Payload* payload = nullptr;
    if constexpr (requires { asked.payload; }) payload = &asked.payload;
    const bool opaque = payload != nullptr && wamp::is_passthru(asked.options);  // W-PPT-01
    const Subject subject{speaker.role, speaker.authid, speaker.role_name};
    const Question question{action,  matter.uri, matter.match, matter.payload_bytes,
                            payload, opaque};
    const Decision decision = matter.policy.decide(subject, question);
    if (counts && matter.policy.has_shadows()) {
        record_shadow(speaker, matter, subject, question, std::holds_alternative<Permit>(decision));
    }
    if (const auto* denial = std::get_if<Denial>(&decision)) {
        const bool too_big = denial->reason == Denial::Reason::payload_too_big;
        return deny(Outcome::deny, denial->rule, to_string(denial->reason),
                    too_big ? uris::payload_size_exceeded : uris::not_authorized);
    }
    const Permit& permit = std::get<Permit>(decision);
    if (const auto ungranted = check_options(permit, asked); !ungranted.error.empty()) {
        return deny(Outcome::deny, permit.rule(), ungranted.reason, ungranted.error);
    }
    Ruling ruling{Outcome::allow, permit, permit.rule(), {}, {}, {}};
    if (!counts) return ruling;
    // What counts for a session counts for its connection: joining again makes nothing fresh.
    const auto connection = static_cast<std::uint64_t>(speaker.peer);
    const Counted counted{
        speaker.conveyed ? speaker.session : connection, speaker.authid,
        speaker.conveyed ? speaker.session : circuit_of(speaker.circuit, speaker.peer)};
    switch (rule_limits_.admit(matter.policy.rule(permit.rule()).id, permit.limits(), counted,
                               action == Action::call, now, ruling.lease)) {
        case RuleLimits::Verdict::over_rate:
            return deny(Outcome::over_rate, permit.rule(), {}, uris::unavailable);
        case RuleLimits::Verdict::over_in_flight:
            return deny(Outcome::over_in_flight, permit.rule(), {}, uris::unavailable);
        case RuleLimits::Verdict::within:
            break;
    }
    return ruling;
}

template <class Message>
Door::Event Door::decide(Peer& peer, Action action, Message&& asked, std::string_view uri,
                         wamp::Instant now, wamp::Outbox& out) {
    const Session& session = *sessions_.find(peer.session);
    const bool answers = action != Action::publish || asked.options.get_bool("acknowledge", false);
    const bool has_match = action == Action::subscribe || action == Action::register_;
    const auto match = has_match ? match_of(asked.options) : wamp::MatchPolicy::exact;
    Speaker speaker = speaker_of(session);
    if (peer.trust == Trust::link) {
        // The first of the chain is the original client (W-R2R-01).
        const wamp::List* const chain = asked.options.get_list("forward_for");
        const wamp::Dict* const origin =
            chain == nullptr || chain->empty() ? nullptr : chain->front().get_if<wamp::Dict>();
        if (origin != nullptr) {
            speaker.role_name = origin->get_string("authrole");
            speaker.role = session.policy->role(speaker.role_name);
            speaker.session = origin->get_uint("session", 0);
            speaker.authid = origin->get_string("authid");
            speaker.conveyed = true;
        }
    }
    std::size_t payload_bytes = 0;
    if constexpr (requires { asked.payload; }) payload_bytes = asked.payload.bytes();
    const Matter matter{*peer.realm, *session.policy, action, uri, match, payload_bytes};
    Ruling ruling = judge(speaker, matter, asked, true, now);
    record(ruling.outcome, speaker, matter, ruling.rule, ruling.reason);
    if (!ruling.permit) {
        blur();
        if (answers) refuse(session.id, asked.type, asked.request, ruling.error, out);  // W-PUB-04
        return {};
    }
    Request request{session.id, *ruling.permit,         {}, speaker.conveyed, speaker.session, {},
                    {},         std::move(ruling.lease)};
    if (speaker.conveyed) {
        request.origin_authid = speaker.authid;
        request.origin_role = speaker.role_name;
    }
    request.message = std::forward<Message>(asked);
    return request;
}

// What sessions leave to be published
// ---------------------------------------------------------------------

std::string_view Door::may_publish(const Session& session, wamp::Publish publication,
                                   wamp::Instant now) {
    const auto realm = realms_.find(session.policy->realm());
    if (realm == realms_.end()) return uris::not_authorized;
    publication.options.set("acknowledge", true);  // whoever asks is answered
    const Speaker speaker = speaker_of(session);
    const Matter matter{*realm->second,    *session.policy,          Action::publish,
                        publication.topic, wamp::MatchPolicy::exact, publication.payload.bytes()};
    const Ruling ruling = judge(speaker, matter, publication, false, now);
    if (ruling.permit) return {};
    record(ruling.outcome, speaker, matter, ruling.rule, ruling.reason);
    blur();
    return ruling.error;
}

std::optional<Door::Request> Door::publish(const Session& session, wamp::Publish&& publication,
                                           wamp::Instant now) {
    const auto realm = realms_.find(session.policy->realm());
    if (realm == realms_.end()) return std::nullopt;
    const Speaker speaker = speaker_of(session);
    const Matter matter{*realm->second,    *session.policy,          Action::publish,
                        publication.topic, wamp::MatchPolicy::exact, publication.payload.bytes()};
    const Ruling ruling = judge(speaker, matter, publication, true, now);
    record(ruling.outcome, speaker, matter, ruling.rule, ruling.reason);
    if (!ruling.permit) return std::nullopt;
    Request request{session.id, *ruling.permit, {}, false, session.id, {}, {}, {}};
    request.message = std::move(publication);
    return request;
}

}  // namespace sallyport::policy
