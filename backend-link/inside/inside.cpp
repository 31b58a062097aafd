#include "backend-link/inside/inside.h"

#include <algorithm>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/text.h"
#include "wamp/codec/codec.h"
#include "wamp/message/history.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using policy::Door;
using wamp::PeerId;
using Level = wamp::effect::Note::Level;

namespace {

/// The topic of an event for pattern subscriptions; "" for exact ones, which were authorized at
/// SUBSCRIBE.
std::string_view pattern_topic(const wamp::Message& message) noexcept {
    const auto* const event = std::get_if<wamp::Event>(&message);
    return event == nullptr ? std::string_view() : event->details.get_string("topic");
}

/// The features of this router (W-FEA-01): events are kept if the configuration says which.
wamp::Dict inside_roles(const InsideConfig& config) {
    wamp::Dict roles = wamp::router_roles();
    if (config.history.empty()) return roles;
    auto* const broker = roles.find("broker")->get_if<wamp::Dict>();
    broker->find("features")->get_if<wamp::Dict>()->set("event_history", true);
    return roles;
}

/// Services may nest twice as deep and send twice as much as callers outside, as they wrap what
/// those have sent.
policy::DoorLimits for_services(policy::DoorLimits limits) noexcept {
    limits.message.depth = std::min(limits.message.depth * 2, wamp::depth_max);
    limits.message.elements *= 2;
    return limits;
}

}  // namespace

Inside::Inside(InsideConfig config, const wamp::Random::Seed& seed)
    : random_(wamp::Random(seed).fork()),
      gate_(config.realms, for_services(config.limits), wamp::Random(seed), random_,
            inside_roles(config)),
      config_(std::move(config)) {
    for (const auto& realm : config_.realms) realms_.emplace(realm.policy.get(), new_realm());
    for (const InsideLink& link : config_.links)
        add_link(link, !config_.embedded || links_.size() + 1 < config_.links.size());
}

void Inside::add_link(const InsideLink& link, bool dialled) {
    links_.push_back({link.name, Backoff(random_.fork()), Pulse(link.pulse, dialled)});
    links_.back().dialled = dialled;
}

wamp::Realm Inside::new_realm() {
    wamp::Realm realm(random_.fork());
    realm.limit_held_bytes(config_.caller_bytes_max);
    realm.name_conveyed_callers(config_.names_conveyed_callers);
    if (!config_.history.empty()) {
        const std::size_t realms = std::max<std::size_t>(config_.realms.size(), 1);
        realm.keep_history(config_.history, config_.history_bytes_max / realms);
    }
    return realm;
}

void Inside::start(wamp::Instant now, wamp::Outbox& out) {
    for (std::uint32_t i = 0; i < links_.size(); ++i) {
        links_[i].changed = now;
        out.push_back(wamp::effect::Dial{i});
    }
}

// Services and the gateway
// --------------------------------------------------------------------------------

wamp::Reading Inside::on_open(PeerId peer, const policy::Transport& transport, wamp::Instant now,
                              wamp::Outbox& out) {
    gate_.on_open(peer, transport, policy::Trust::client, now, out);
    return gate_.take_paused() ? wamp::Reading::pause : wamp::Reading::go_on;
}

wamp::Reading Inside::on_message(PeerId peer, std::string_view bytes, wamp::Instant now,
                                 wamp::Outbox& out) {
    if (Link* const link = with_second(peer))
        take_second(*link, "silent; replaced by a newer connection", now, out);
    const auto found = link_peers_.find(peer);
    if (found == link_peers_.end()) {
        reading_ = peer;
        act_on(gate_.on_message(peer, bytes, now, out), now, out);
        reading_ = wamp::no_peer;
        if (gate_.take_paused()) return wamp::Reading::pause;
        if (exceeds_links(peer)) {
            waiting_.push_back(peer);
            return wamp::Reading::pause;
        }
        return outruns_callees(peer) ? wamp::Reading::pause : wamp::Reading::go_on;
    }
    Link& link = links_[found->second];
    link.pulse.on_alive(now);
    act_on(gate_.on_message(peer, bytes, now, out), now, out);
    if (!gate_.door().has_peer(peer)) lose(link, "closed by us", now, out);
    return wamp::Reading::go_on;
}

void Inside::on_alive(PeerId peer, wamp::Instant now) noexcept {
    const auto link = link_peers_.find(peer);
    if (link != link_peers_.end()) links_[link->second].pulse.on_alive(now);
}

void Inside::on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out) {
    act_on(gate_.on_auth_answer(packet, now, out), now, out);
}

void Inside::on_authenticator_lost(wamp::Instant now, wamp::Outbox& out) {
    gate_.on_authenticator_lost(now, out);
}

void Inside::on_closed(PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    if (Link* const link = with_second(peer)) {
        link->second = wamp::no_peer;
        link->pulse.on_dial_failed(now, link->backoff.after_no_answer());
        return;
    }
    act_on(gate_.on_closed(peer, why, now, out), now, out);
    const auto link = link_peers_.find(peer);
    if (link != link_peers_.end()) lose(links_[link->second], why, now, out);
}

void Inside::act_on(policy::Gate::Step&& step, wamp::Instant now, wamp::Outbox& out) {
    for (; policy::is_due(step); step = gate_.next(now, out)) {
        if (auto* request = std::get_if<Door::Request>(&step)) {
            route(std::move(*request), now, out);
        } else if (auto* followup = std::get_if<Door::Followup>(&step)) {
            follow_up(std::move(*followup), now, out);
        } else if (const auto* joined = std::get_if<Door::Joined>(&step)) {
            join(joined->session, now, out);
        } else {
            dispose(std::get<Door::Left>(step).session, now, out);
        }
    }
}

// The only path of a request to the router: its permit is consumed here.
void Inside::route(Door::Request&& request, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session& session = *request.session;
    const policy::Permit permit = std::move(request.permit);
    const bool covered = std::visit(
        [&](const auto& received) {
            if constexpr (requires { policy::question_of(received); })
                return permit.covers(session.id, policy::question_of(received));
            return false;
        },
        request.message);
    SALLYPORT_CHECK(covered);
    const wamp::Origin origin =
        request.conveyed
            ? wamp::Origin{request.origin_session, request.origin_authid, request.origin_role}
            : wamp::Origin{session.id, session.principal.authid, session.principal.role};
    if (const auto* call = std::get_if<wamp::Call>(&request.message);
        call != nullptr && call->procedure == uris::get_events) {
        return answer_history(session, *call, origin, now, out);
    }
    act(session, std::move(request.message), origin,
        {permit.limits().timeout, std::move(request.lease)}, now, out);
}

void Inside::join(wamp::SessionId id, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session& session = *gate_.sessions().find(id);
    const auto link = link_peers_.find(session.peer);
    const bool is_link = link != link_peers_.end();
    realm_of(session).join({session.id, session.principal.authid, session.principal.role,
                            session.features, 0, is_link});
    realm_of(session).set_room(id, has_room(session));
    if (is_link) {
        links_[link->second].session = id;
        ++links_[link->second].ups;
        links_[link->second].changed = now;
        links_[link->second].reason.clear();
        links_[link->second].backoff.up(now);
        links_[link->second].failures.forget();
        gate_.publish_link(session.policy->realm(), links_[link->second].name, true, now, out);
    }
}

void Inside::act(const policy::Session& from, wamp::Message&& message, const wamp::Origin& origin,
                 wamp::CallLimits&& limits, wamp::Instant now, wamp::Outbox& out) {
    wamp::Realm& realm = realm_of(from);
    realm.handle(from.id, std::move(message), origin, std::move(limits), now, deliveries_);
    flush(realm, now, out);
}

void Inside::follow_up(Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session& session = *followup.session;
    wamp::Realm& realm = realm_of(session);
    if (auto* further = std::get_if<wamp::Call>(&followup.message)) {
        realm.proceed(session.id, std::move(*further), now, deliveries_);
        return flush(realm, now, out);
    }
    if (followup.reason != uris::canceled) {
        const auto& cancel = std::get<wamp::Cancel>(followup.message);
        realm.end_call(session.id, cancel.request, followup.reason, now, deliveries_);
        return flush(realm, now, out);
    }
    act(session, std::move(followup.message),
        {session.id, session.principal.authid, session.principal.role}, {}, now, out);
}

void Inside::dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session& leaving = *gate_.sessions().find(session);
    const auto link = std::find_if(links_.begin(), links_.end(),
                                   [&](const Link& each) { return each.session == session; });
    if (link != links_.end()) {
        gate_.publish_link(leaving.policy->realm(), link->name, false, now, out);
    }
    wamp::Realm& realm = realm_of(leaving);
    realm.leave(session, now, deliveries_);
    flush(realm, now, out);
}

wamp::Realm& Inside::realm_of(const policy::Session& session) {
    return realms_.at(session.policy.get());
}

bool Inside::has_room(const policy::Session& session) noexcept {
    return session.connection == nullptr || !session.connection->full;
}

void Inside::flush(wamp::Realm& realm, wamp::Instant now, wamp::Outbox& out, Crossing crossing) {
    for (;; crossing = Crossing::in_turn) {
        undelivered_.clear();
        only_receivable(deliveries_);
        if (crossing == Crossing::in_turn) hold_for_links();
        gate_.deliver(deliveries_, undelivered_, now, out);
        deliveries_.clear();
        for (const wamp::SessionId full : gate_.take_full()) {
            if (const policy::Session* session = gate_.sessions().find(full))
                realm_of(*session).set_room(full, has_room(*session));
        }
        for (const auto& [session, id, call] : gate_.take_overruns()) {
            if (call) {
                realm.end_call(session, id, uris::too_slow, now, deliveries_);
            } else {
                realm.revoke({session, false, id, {}, {}}, uris::too_slow, deliveries_);
            }
        }
        gate_.note_holdings(realm.holding_changes(), now, out);
        slow_down_callers(realm, out);
        if (undelivered_.empty() && deliveries_.empty()) return pump_links(now, out);
        for (const auto& [callee, invocation, error] : std::exchange(undelivered_, {})) {
            const policy::Session* const session = gate_.sessions().find(callee);
            if (session == nullptr) continue;
            wamp::Error failure{
                wamp::MessageType::invocation, invocation, {}, std::string(error), {}};
            realm.handle(callee, std::move(failure),
                         {session->id, session->principal.authid, session->principal.role}, {}, now,
                         deliveries_);
        }
    }
}

void Inside::only_receivable(wamp::Deliveries& checked) {
    const auto receivable = [&](wamp::SessionId to, std::string_view topic) {
        const policy::Session* const session = gate_.sessions().find(to);
        return session != nullptr && gate_.judge().may_deliver(*session, topic);
    };
    const auto& entries = checked.entries();
    const bool needed = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
        const auto topic = pattern_topic(entry.message);
        const auto receivers = checked.receivers(entry);
        return !topic.empty() && !std::all_of(receivers.begin(), receivers.end(),
                                              [&](auto to) { return receivable(to, topic); });
    });
    if (!needed) return;
    wamp::Deliveries kept;
    std::vector<wamp::SessionId> receivers;
    for (const auto& entry : entries) {
        const auto all = checked.receivers(entry);
        const auto topic = pattern_topic(entry.message);
        receivers.clear();
        std::copy_if(all.begin(), all.end(), std::back_inserter(receivers),
                     [&](auto to) { return topic.empty() || receivable(to, topic); });
        kept.add(receivers, entry.message, entry.origin);
    }
    checked = std::move(kept);
}

// Links
// ---------------------------------------------------------------------------------------------------

void Inside::on_link_open(std::uint32_t number, PeerId peer, const policy::Transport& transport,
                          wamp::Instant now, wamp::Outbox& out, std::string_view) {
    Link& link = links_.at(number);
    link.pulse.on_dialled(now);
    const bool needed = link.peer == wamp::no_peer || !link.dialled || link.pulse.is_suspect(now);
    if (!may_dial(link) || link.second != wamp::no_peer || !needed) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    link.second = peer;
    link.second_transport = transport;
    if (link.peer == wamp::no_peer || !link.dialled)
        take_second(link, "replaced by a newer connection", now, out);
}

void Inside::open_link(Link& link, PeerId peer, const policy::Transport& transport,
                       wamp::Instant now, wamp::Outbox& out) {
    link.peer = peer;
    link.pulse.begin(now);
    link.due = wamp::never;
    link_peers_[peer] = static_cast<std::uint32_t>(&link - links_.data());
    wamp::note(out, Level::info, "link ", link.name, ": connected");
    gate_.on_open(peer, transport, policy::Trust::link, now, out);
}

Inside::Link* Inside::with_second(PeerId peer) noexcept {
    if (peer == wamp::no_peer) return nullptr;
    const auto found = std::find_if(links_.begin(), links_.end(),
                                    [&](const Link& link) { return link.second == peer; });
    return found == links_.end() ? nullptr : &*found;
}

void Inside::take_second(Link& link, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    const PeerId second = std::exchange(link.second, wamp::no_peer);
    if (const PeerId first = link.peer; first != wamp::no_peer) {
        out.push_back(wamp::effect::Close{first});
        on_closed(first, why, now, out);
    }
    open_link(link, second, link.second_transport, now, out);
}

void Inside::on_link_unreachable(std::uint32_t link, std::string_view why, wamp::Instant now,
                                 wamp::Outbox& out) {
    on_dial_failed(links_.at(link), false, why, now, out);
}

void Inside::on_link_failed(std::uint32_t link, std::string_view why, wamp::Instant now,
                            wamp::Outbox& out) {
    on_dial_failed(links_.at(link), true, why, now, out);
}

void Inside::note_failure(Link& link, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    if (const auto more = link.failures.note(why, now))
        wamp::note(out, Level::warning, "link ", link.name, ": ", wamp::printable(why), *more);
}

void Inside::on_dial_failed(Link& link, bool reached, std::string_view why, wamp::Instant now,
                            wamp::Outbox& out) {
    // The first connection has not ended, and either answers or is given up soon.
    if (link.peer != wamp::no_peer)
        return link.pulse.on_dial_failed(now, link.backoff.after_no_answer());
    link.reason = wamp::printable(why);
    note_failure(link, why, now, out);
    const wamp::Duration wait =
        reached ? link.backoff.after_end(now) : link.backoff.after_no_answer();
    link.due = may_dial(link) ? now + wait : wamp::never;
}

void Inside::lose(Link& link, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    note_failure(link, why, now, out);
    if (link.session != 0) link.changed = now;
    link.reason = wamp::printable(why);
    link_peers_.erase(link.peer);
    link.peer = wamp::no_peer;
    link.pulse.end();
    link.session = 0;
    link.egress.clear();
    resume_services(out);
    const wamp::Duration wait = link.backoff.after_end(now);
    link.due = may_dial(link) ? now + wait : wamp::never;
}

void Inside::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    act_on(gate_.on_deadline(now, out), now, out);
    for (auto& [policy, realm] : realms_) {
        if (realm.deadline() > now) continue;
        realm.on_deadline(now, deliveries_);
        flush(realm, now, out);
    }
    act_on(gate_.next(now, out), now, out);
    for (Link& link : links_) check_link(link, now, out);
}

void Inside::check_link(Link& link, wamp::Instant now, wamp::Outbox& out) {
    const auto number = static_cast<std::uint32_t>(&link - links_.data());
    // For a peer that the door has just closed, the transport does not report on_closed().
    if (link.peer != wamp::no_peer && !gate_.door().has_peer(link.peer))
        lose(link, "closed by us", now, out);
    if (link.peer == wamp::no_peer) {
        if (link.second != wamp::no_peer) return take_second(link, {}, now, out);
        if (link.due > now) return;
        link.due = wamp::never;  // on_link_open() or on_dial_failed() follows
        out.push_back(wamp::effect::Dial{number});
        return;
    }
    // The first one has said something: the second one is not needed.
    if (link.second != wamp::no_peer && !link.pulse.is_suspect(now))
        out.push_back(wamp::effect::Close{std::exchange(link.second, wamp::no_peer)});
    const Pulse::Due due = link.pulse.on_deadline(now);
    if (due == Pulse::Due::dead) {
        const PeerId peer = link.peer;
        out.push_back(wamp::effect::Close{peer});
        on_closed(peer, "no data received in time", now, out);
        if (link.second != wamp::no_peer) take_second(link, {}, now, out);
        return;
    }
    if (due == Pulse::Due::probe || due == Pulse::Due::probe_and_dial)
        out.push_back(wamp::effect::Ping{link.peer});
    if (due == Pulse::Due::dial || due == Pulse::Due::probe_and_dial)
        out.push_back(wamp::effect::Dial{number});
}

wamp::Instant Inside::deadline() const noexcept {
    wamp::Instant earliest = gate_.deadline();
    for (const auto& [policy, realm] : realms_) earliest = std::min(earliest, realm.deadline());
    for (const Link& link : links_)
        earliest = std::min({earliest, link.due, link.pulse.deadline()});
    return earliest;
}

void Inside::stop(wamp::Instant now, wamp::Outbox& out) {
    gate_.begin_stop();
    act_on(gate_.next(now, out), now, out);
    for (Link& link : links_) {
        link.due = wamp::never;
        if (link.second != wamp::no_peer)
            out.push_back(wamp::effect::Close{std::exchange(link.second, wamp::no_peer)});
    }
}

wamp::Realm::Counts Inside::counts() const noexcept {
    wamp::Realm::Counts sum{};
    for (const auto& [policy, realm] : realms_) {
        const auto counts = realm.counts();
        sum.sessions += counts.sessions;
        sum.subscriptions += counts.subscriptions;
        sum.registrations += counts.registrations;
        sum.calls += counts.calls;
        sum.invocations += counts.invocations;
        sum.retained += counts.retained;
        sum.retained_bytes += counts.retained_bytes;
        sum.held_bytes += counts.held_bytes;
        sum.history_bytes += counts.history_bytes;
    }
    return sum;
}

std::size_t Inside::egress_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Link& link : links_) bytes += link.egress.bytes();
    return bytes;
}

std::size_t Inside::held_bytes() const noexcept {
    const auto sum = counts();
    return sum.retained_bytes + sum.history_bytes + sum.held_bytes + egress_bytes() +
           gate_.meta().bytes() + gate_.door().judge().latest().bytes() +
           (sum.subscriptions + sum.registrations) * policy::entry_bytes +
           sum.calls * policy::call_bytes;
}

std::size_t Inside::held_of_peers() const noexcept {
    std::size_t entries = 0;
    for (const auto& [policy, realm] : realms_) {
        const auto counts = realm.counts();
        entries += counts.subscriptions + counts.registrations;
    }
    for (const Link& link : links_) entries -= std::min(entries, entries_of(link.session));
    return entries * policy::entry_bytes + gate_.door().judge().latest().bytes();
}

std::size_t Inside::held_of(PeerId peer) const {
    const policy::Session* const session = gate_.door().session_of(peer);
    if (session == nullptr || link_peers_.contains(peer)) return 0;
    return entries_of(session->id) * policy::entry_bytes +
           gate_.door().judge().latest().bytes_of(session->id);
}

std::size_t Inside::entries_of(wamp::SessionId id) const {
    const policy::Session* const session = gate_.sessions().find(id);
    return session == nullptr ? 0 : realms_.at(session->policy.get()).entries_of(id);
}

std::vector<LinkSnapshot> Inside::link_snapshots() const {
    std::vector<LinkSnapshot> snapshots;
    for (const Link& link : links_) {
        if (link.removed) continue;
        LinkSnapshot snapshot;
        snapshot.name = link.name;
        snapshot.up = link.session != 0;
        snapshot.ups = link.ups;
        snapshot.round_trip = link.pulse.round_trip();
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

std::string Inside::status_json(const wamp::Dict& extra) {
    wamp::List links;
    for (const Link& link : links_) {
        if (link.removed) continue;
        links.push_back(wamp::Dict{{"name", link.name},
                                   {"up", link.session != 0},
                                   {"since", wamp::to_rfc3339(gate_.civil_time().at(link.changed))},
                                   {"reason", link.reason}});
    }
    const auto sum = counts();
    wamp::Dict status{{"connections", std::uint64_t{gate_.door().peers()}},
                      {"sessions", std::uint64_t{sum.sessions}},
                      {"subscriptions", std::uint64_t{sum.subscriptions}},
                      {"registrations", std::uint64_t{sum.registrations}},
                      {"calls", std::uint64_t{sum.calls}},
                      {"decisions", gate_.decisions_status()},
                      {"events", gate_.events_status()},
                      {"joins", gate_.joins_status()},
                      {"links", std::move(links)}};
    for (const auto& [name, value] : extra) status.set(name, value);
    return wamp::encode_value(wamp::Serializer::json, status);
}

}  // namespace sallyport::backend_link
